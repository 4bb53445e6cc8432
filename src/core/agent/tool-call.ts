import type { LaneName } from '../../catalogue/lanes.ts';
import { isAbort, HaiosError, isHaiosError, messageOf } from '../errors.ts';
import { workerCall } from '../lanes/worker-call.ts';
import type { FileChange, Tool, ToolCall, ToolContext, ToolOutput, ToolResultMessage } from '../ports.ts';
import type { Span } from '../trace.ts';
import type { Task } from './task.ts';

/**
 * Runs one tool call in its tool's lane. What goes wrong inside the tool is told to the model, which goes on; a
 * cancelled run, a budget stop and a full queue are thrown.
 */
export async function callTool(task: Task, parent: Span, call: ToolCall): Promise<ToolResultMessage> {
  const tool = task.context.tools.find(({ spec }) => spec.name === call.name);
  if (tool === undefined) return failed(task, call, unknownTool(task, call));
  if (call.invalid !== undefined) {
    return failed(
      task,
      call,
      new HaiosError('TOOL_ARGUMENTS', `The arguments of “${call.name}” are no JSON object: ${call.invalid}`),
    );
  }
  try {
    const { text } = await runTool(task, parent, tool, call.arguments, call.name);
    return { id: call.id, name: call.name, text, isError: false };
  } catch (error) {
    if (task.signal.aborted || !isToolFailure(error)) throw error;
    return failed(task, call, error);
  }
}

/** A tool inside its lane, under `worker_call:{lane}` → `execute_tool {name}`. Throws what the tool throws. */
export async function runTool(
  task: Task,
  parent: Span,
  tool: Tool,
  input: unknown,
  name: string,
  lane = tool.lane,
): Promise<ToolOutput> {
  return task.context.stop.through(task, null, () => inLane(task, parent, tool, input, name, lane));
}

async function inLane(
  task: Task,
  parent: Span,
  tool: Tool,
  input: unknown,
  name: string,
  lane: LaneName,
): Promise<ToolOutput> {
  const { context } = task;
  const { run, tracer, services } = context;
  const secret = context.policy.secret(input);
  if (secret !== null) {
    throw new HaiosError(
      'DENIED',
      `The arguments of “${name}” hold a secret that ${secret} blocks, so it was not called; leave the secret out.`,
    );
  }
  const done = await task.mayCall(lane);
  run.countCall();
  return workerCall(
    {
      lane,
      what: name,
      priority: run.row().priority,
      scope: task.scope,
      tracer,
      parent,
      signal: task.signal,
      timeouts: context.timeouts,
      run: async (work) => {
        task.mayBegin();
        const toolSpan = tracer.start({
          name: `execute_tool ${name}`,
          kind: 'tool',
          parent: work.span,
          attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name },
        });
        const toolContext: ToolContext = {
          runId: run.id,
          taskId: task.state.taskId,
          workspace: context.workspace ?? '',
          trusted: context.trusted(),
          policy: context.policy,
          signal: work.signal,
          traceparent: toolSpan.traceparent(),
          spillDir: context.spillDir,
          approve: (request) => work.offTheClock(() => context.approve(request, work.signal)),
          onKill: (kill) => work.onKill(kill),
          wrote: (change) => recordWrite(task, toolSpan, change),
          used: (use) => task.add({ cpuSeconds: use.cpuSeconds, memBytes: use.memBytes }),
        };
        try {
          const output = await tool.run(input, toolContext);
          toolSpan.end({
            status: 'ok',
            attributes: { 'haios.output_bytes': new TextEncoder().encode(output.text).length },
            payload: context.captureContent ? { input: JSON.stringify(input) ?? '', output: output.text } : null,
          });
          return output;
        } catch (error) {
          toolSpan.end({ status: isAbort(error) ? 'cancelled' : 'error', error: messageOf(error) });
          throw error;
        }
      },
    },
    services,
  ).finally(done);
}

function recordWrite(task: Task, parent: Span, change: FileChange): void {
  const { tracer, services, run, workspace } = task.context;
  const span = tracer.start({
    name: 'file_write',
    kind: 'file_write',
    parent,
    attributes: {
      'haios.file.path': change.path,
      'haios.file.bytes': change.sizeAfter ?? 0,
      'haios.file.sha256': change.sha256 ?? '',
      'haios.lock_wait_ms': change.lockWaitMs,
    },
  });
  span.end({ status: 'ok' });
  services.observe({ type: 'lock_waited', waitMs: change.lockWaitMs });
  // What lies in `.haios/` is the runtime's own place and no part of what the run leaves in the workspace.
  if (!change.path.startsWith('.haios/')) task.add({ diskBytes: (change.sizeAfter ?? 0) - (change.sizeBefore ?? 0) });
  if (change.sha256 === null) return;
  task.wroteFile(change.path);
  services.observe({
    type: 'artefact',
    artefact: {
      path: change.path,
      sha256: change.sha256,
      size: change.sizeAfter ?? 0,
      g: run.row().g,
      runId: run.id,
      taskId: task.state.taskId,
      traceId: tracer.traceId,
      workspace,
      at: services.clock.now(),
    },
  });
}

function isToolFailure(error: unknown): boolean {
  const codes = [
    'TOOL_ARGUMENTS',
    'TOOL_FAILED',
    'TOOL_UNKNOWN',
    'PATH_DENIED',
    'DENIED',
    'UNTRUSTED',
    'TOOL_SERVER',
    'TIMEOUT',
    'INTERNAL',
  ] as const;
  if (!(error instanceof HaiosError)) return true;
  return codes.some((code) => isHaiosError(error, code));
}

function failed(task: Task, call: ToolCall, error: unknown): ToolResultMessage {
  const message = messageOf(error);
  const category = error instanceof HaiosError ? error.code : 'TOOL_FAILED';
  task.context.services.observe({
    type: 'failure',
    category,
    runId: task.context.run.id,
    message: `${call.name}: ${message}`,
  });
  return { id: call.id, name: call.name, text: message, isError: true };
}

function unknownTool(task: Task, call: ToolCall): HaiosError {
  const names = task.context.tools.map(({ spec }) => spec.name).join(', ');
  return new HaiosError(
    'TOOL_UNKNOWN',
    `There is no tool “${call.name}”; the tools are: ${names === '' ? 'none' : names}.`,
  );
}
