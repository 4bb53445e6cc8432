/**
 * Every error code a person, a script or a log may meet. `exit` is the CLI's exit code when a command ends
 * with this error (CATALOGUE §1); `remedy` is what the documentation says to do.
 */
export const errors = {
  USAGE: {
    exit: 2,
    meaning: 'A flag, argument or command is unknown or has a wrong value.',
    remedy: 'Run `haios --help`, or `haios <command> --help`.',
  },
  CONFIG_INVALID: {
    exit: 2,
    meaning: 'The configuration file or a setting is wrong; the last good one stays in force.',
    remedy: 'Correct the field that the message names.',
  },
  WORKSPACE_INVALID: {
    exit: 2,
    meaning: 'The workspace folder is missing, not a folder or cannot be read.',
    remedy: 'Give an existing folder with `--workspace DIR`.',
  },
  PROMPT_INVALID: {
    exit: 2,
    meaning: 'The prompt is empty or too long.',
    remedy: 'Give a prompt of 1 to 200,000 characters.',
  },
  MODEL_UNKNOWN: {
    exit: 2,
    meaning: 'No model of that id is configured.',
    remedy: 'Use one of the ids that the message lists, or add it under `models` in haios.config.json.',
  },
  RUN_NOT_FOUND: {
    exit: 2,
    meaning: 'No run of that id or number is in the database.',
    remedy: '`haios runs` lists them.',
  },
  RUN_NOT_RESUMABLE: {
    exit: 2,
    meaning: 'The run ended well, was cancelled, or is still running.',
    remedy: 'Start a new run.',
  },
  POLICY: {
    exit: 2,
    meaning: 'A rule under `policies` forbids the run; nothing was begun.',
    remedy: 'Do what the message says, or change the rule that it names.',
  },
  LABEL_REQUIRED: {
    exit: 2,
    meaning: '`policies.labels.required` asks for a label that the run does not have; nothing was begun.',
    remedy: 'Give the label with `--label`.',
  },
  LABEL_DENIED: {
    exit: 2,
    meaning: 'The run has a label that `policies.labels` forbids; nothing was begun.',
    remedy: 'Start it without that label.',
  },
  RUNS_FULL: {
    exit: 2,
    meaning: 'As many runs wait, or started within the hour, as `policies` allows; nothing was begun.',
    remedy: 'Start it again later: the message says when, if that is known.',
  },
  CALL_NOT_FOUND: {
    exit: 2,
    meaning: 'The ledger has no call of that id.',
    remedy: '`haios report --format json` lists the calls.',
  },
  API_KEY_MISSING: {
    exit: 2,
    meaning: 'The model needs an API key and none was found.',
    remedy: 'Run “HAiOS: Set Model API Key…”, or set the environment variable that the message names.',
  },
  EDITOR_ONLY: {
    exit: 2,
    meaning: 'The model is one of the editor’s own, and the run was started outside the editor.',
    remedy: 'Start it in the editor, or choose another model.',
  },
  BUDGET_EXCEEDED: {
    exit: 3,
    meaning: 'A budget does not allow the next call; it was not sent.',
    remedy: 'Raise the budget and resume the run, or wait for its window.',
  },
  BUDGET_DECISION: {
    exit: 2,
    meaning:
      'A decision on a budget cannot be carried out: the run does not wait for one, or the amount is not enough.',
    remedy: 'The message says what can be decided; the run waits on.',
  },
  UNPRICED: {
    exit: 3,
    meaning: 'The model has no known price and a usd budget is in force.',
    remedy: 'Set a token budget, or give the model’s prices under `models`.',
  },
  LEDGER_UNAVAILABLE: {
    exit: 3,
    meaning: 'The ledger cannot be written, so no paid call is admitted.',
    remedy: 'Run `haios doctor`; free disk space or close the program that holds the file.',
  },
  LEDGER_DAMAGED: {
    exit: 3,
    meaning:
      'The ledger file is damaged; paid calls are refused until a person restores its backup or agrees to a new one.',
    remedy:
      'Run `haios doctor --restore-ledger` to put its backup back, or `haios doctor --new-ledger` (budgets then start at zero); the editor offers both.',
  },
  DATABASE_DAMAGED: {
    exit: 1,
    meaning: 'The history database was damaged; it was set aside and a new one begun.',
    remedy: 'Nothing; the old file is kept beside the new one.',
  },
  DATABASE_NEWER: {
    exit: 2,
    meaning: 'The database was written by a newer version.',
    remedy: 'Update HAiOS, or give another file with `--db FILE`.',
  },
  DATABASE_UNAVAILABLE: {
    exit: 2,
    meaning: 'The database file cannot be opened or created.',
    remedy: 'Give a path that can be written with `--db FILE`.',
  },
  PORT_INVALID: {
    exit: 2,
    meaning: 'The port is not a number from 1024 to 65535 (or 0).',
    remedy: 'Give another port with `--port N`.',
  },
  PROVIDER_UNAVAILABLE: {
    exit: 4,
    meaning: 'The model provider cannot be reached or stays overloaded.',
    remedy: 'Check the address and the provider’s status page, then resume the run.',
  },
  PROVIDER_AUTH: {
    exit: 4,
    meaning: 'The provider refused the API key, or a person the use of a model of the editor.',
    remedy: 'Set the key again, or resume the run and allow the use when the editor asks.',
  },
  PROVIDER_REJECTED: { exit: 1, meaning: 'The provider refused the request.', remedy: 'The message says why.' },
  PROVIDER_PROTOCOL: {
    exit: 1,
    meaning: 'The provider answered with something that is not its protocol.',
    remedy: 'Check `base_url` and the provider kind.',
  },
  PROVIDER_STALLED: {
    exit: 4,
    meaning: 'The answer did not start or stopped in the middle.',
    remedy: 'Resume the run; raise `timeouts.model_idle_ms` for slow local models.',
  },
  TOOL_UNKNOWN: {
    exit: 1,
    meaning: 'The model asked for a tool that does not exist.',
    remedy: 'Nothing; the model is told and goes on.',
  },
  TOOL_ARGUMENTS: {
    exit: 1,
    meaning: 'The model gave a tool wrong arguments.',
    remedy: 'Nothing; the model is told and goes on.',
  },
  TOOL_FAILED: { exit: 1, meaning: 'A tool could not do its work.', remedy: 'The message says why.' },
  PATH_DENIED: {
    exit: 1,
    meaning: 'A path leads out of the workspace or to a protected place.',
    remedy: 'Give a path inside the workspace.',
  },
  DENIED: {
    exit: 1,
    meaning: 'A person, or the approval mode, did not allow the action.',
    remedy: 'Run with approvals on a terminal, or `--approve all`.',
  },
  UNTRUSTED: {
    exit: 1,
    meaning: 'The workspace is not trusted, so nothing runs or writes in it.',
    remedy: 'Trust the workspace first.',
  },
  QUEUE_FULL: { exit: 1, meaning: 'A lane’s queue is full.', remedy: 'Wait, or raise the lane’s limit.' },
  LANE_DRAINING: {
    exit: 1,
    meaning: 'The lane takes no new call while it is drained.',
    remedy: 'Resume the lane.',
  },
  LANE_CYCLE: {
    exit: 1,
    meaning: 'A call made from inside another one would wait for a slot that only its own end can free.',
    remedy: 'Raise the limit of the lanes that the message names, or make the call outside.',
  },
  QUOTA_EXCEEDED: {
    exit: 3,
    meaning: 'A task has done all that `quotas.task` allows; its next call was not made.',
    remedy: 'Raise the quota and resume the run.',
  },
  AGENTS_FULL: {
    exit: 1,
    meaning: 'As many agents as `agents.capacity` allows are at work.',
    remedy: 'Wait for some to end, or raise `agents.capacity`.',
  },
  AGENT_UNKNOWN: {
    exit: 1,
    meaning: 'A message was for an agent that is not at work in the run.',
    remedy: 'Nothing; an agent that ended reads no more messages.',
  },
  TOOL_SERVER: {
    exit: 1,
    meaning: 'A tool server of `mcp.servers` cannot be started, hangs or broke its protocol.',
    remedy: 'Check its command; the message says what it printed.',
  },
  TIMEOUT: { exit: 1, meaning: 'A call took longer than its limit.', remedy: 'Raise `timeouts.default_ms`.' },
  MEMORY_LIMIT: {
    exit: 1,
    meaning: 'The runtime’s memory is over its limit; no new call starts.',
    remedy: 'Wait for running calls to end, or raise `memory.max_rss_mb`.',
  },
  CANCELLED: { exit: 130, meaning: 'A person stopped it.', remedy: 'Nothing.' },
  RUNTIME_LOST: {
    exit: 1,
    meaning: 'The runtime process ended unexpectedly.',
    remedy: 'Its runs can be resumed; `haios doctor` and the log say more.',
  },
  INTERNAL: { exit: 1, meaning: 'A defect of HAiOS.', remedy: 'Please report it with the log.' },
} as const satisfies Record<string, { exit: 0 | 1 | 2 | 3 | 4 | 130; meaning: string; remedy: string }>;

export type ErrorCode = keyof typeof errors;
