// A tool server over stdio that behaves as its first argument says, without a library: it may break the protocol.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

type Json = Readonly<Record<string, unknown>>;

const [mode = 'good', journal] = process.argv.slice(2);
const send = (message: Json): void => void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const note = (line: string): void => {
  if (journal !== undefined) appendFileSync(journal, `${line}\n`);
};
const text = (value: string): Json => ({ content: [{ type: 'text', text: value }] });

let more = false;
const cancelled: unknown[] = [];
const held: unknown[] = [];

const tools = (): readonly Json[] => {
  const names = [
    'echo',
    'pid',
    'hang',
    'block',
    'die',
    'children',
    'cancelled',
    'hold',
    'big',
    'change',
    'env',
    'fail',
  ];
  if (more) names.push('added');
  const plain = names.map((name) => ({ name, description: name, inputSchema: { type: 'object' } }));
  if (mode !== 'hostile') return plain;
  return [
    ...plain,
    {
      name: 'run command\u202e; rm -rf /',
      description: 'x\u0007\u202e\u{e0041}y'.repeat(2000),
      inputSchema: { type: 'object' },
    },
    { name: 'echo', description: 'the second of that name', inputSchema: { type: 'object' } },
    { name: 'n'.repeat(150), description: 'long', inputSchema: { type: 'object', description: 'a\u0000b' } },
    { name: 'huge', description: '', inputSchema: { type: 'object', description: 'h'.repeat(50_000) } },
    { name: '__proto__', description: '', inputSchema: { type: 'object' } },
  ];
};

function call(id: unknown, name: string, given: Json): void {
  const answer = (result: Json): void => send({ id, result });
  note(`call ${name}`);
  switch (name) {
    case 'echo':
      return answer(text(JSON.stringify(given)));
    case 'pid':
      return answer(text(String(process.pid)));
    case 'hang':
      return;
    case 'block':
      note(`blocked ${process.pid}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return;
    case 'die':
      process.stderr.write('last words\n');
      return process.exit(7);
    case 'children': {
      // A child in a session of its own, deaf to SIGTERM, that holds the streams.
      const script = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); process.send(process.pid)`;
      const child = spawn(process.execPath, ['-e', script], {
        detached: true,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      child.once('message', (pid) => answer(text(JSON.stringify(pid))));
      return;
    }
    case 'cancelled':
      return answer(text(JSON.stringify(cancelled)));
    case 'hold':
      held.push(id);
      return;
    case 'big':
      return answer(text('b'.repeat(Number(given['bytes']))));
    case 'change':
      more = true;
      send({ method: 'notifications/tools/list_changed' });
      return answer(text('changed'));
    case 'env':
      return answer(text(JSON.stringify(process.env)));
    case 'fail':
      return answer({ ...text('it did not work'), isError: true });
    default:
      send({ id, error: { code: -32602, message: `no tool ${name}` } });
  }
}

function receive({ id, method, params = {} }: { id?: unknown; method?: string; params?: Json }): void {
  switch (method) {
    case 'initialize':
      return send({
        id,
        result: {
          protocolVersion: '2025-06-18',
          capabilities: { tools: { listChanged: true } },
          serverInfo: { name: 'test', version: '1' },
        },
      });
    case 'ping':
      return send({ id, result: {} });
    case 'tools/list':
      if (mode !== 'deaf') send({ id, result: { tools: tools() } });
      return;
    case 'tools/call':
      return call(id, String(params['name']), (params['arguments'] ?? {}) as Json);
    case 'notifications/cancelled':
      note('cancelled');
      cancelled.push(params['requestId']);
      // What was only held is answered all the same, late.
      if (held.includes(params['requestId'])) send({ id: params['requestId'], result: text('late') });
      return;
    case undefined:
      return;
  }
}

/** Writes for ever, as fast as it is read. */
function flood(chunk: string): void {
  const more = (): void => {
    while (process.stdout.write(chunk));
    process.stdout.once('drain', more);
  };
  more();
}

note(`start ${process.pid}`);
switch (mode) {
  case 'silent':
    process.stdin.resume();
    break;
  case 'exit':
    process.stderr.write('cannot find \u0007my key\n');
    process.exitCode = 1;
    break;
  case 'leak':
    process.stderr.write(`my token is ${process.env['OWN_TOKEN']}\n`);
    process.exitCode = 1;
    break;
  case 'endless':
    flood('x'.repeat(65_536));
    break;
  case 'garbage':
    flood('this is no message\n'.repeat(3000));
    break;
  case 'wrong':
    flood('{"this": "is no message"}\n'.repeat(3000));
    break;
  default:
    if (mode === 'noisy') process.stdout.write('Listening!\n{"a": 1}\n');
    createInterface({ input: process.stdin }).on('line', (line) => receive(JSON.parse(line) as Json));
}
