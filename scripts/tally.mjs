/**
 * The counts at the end of what mocha's spec reporter printed, summed over its suites. A run that counted nothing, or
 * ended badly without a failed test, counts as one failure: a crash must not look like an empty suite.
 */
export function tally({ code, output }) {
  const text = output.replace(/\u001b\[[0-9;]*m/g, '');
  const sum = (word) =>
    [...text.matchAll(new RegExp(`^ {2}(\\d+) ${word}\\b`, 'gm'))].reduce((total, [, n]) => total + Number(n), 0);
  const counts = { passed: sum('passing'), failed: sum('failing'), skipped: sum('pending') };
  const saidNothing = !/^ {2}\d+ passing/m.test(text);
  if (counts.failed === 0 && (code !== 0 || saidNothing)) counts.failed = 1;
  return counts;
}

/** What mocha said of its failed tests, over all its suites; empty when none failed. At most 200 lines of each. */
export function failuresOf(output) {
  const text = output.replace(/\u001b\[[0-9;]*m/g, '');
  const parts = text.split(/^ {2}\d+ failing$/m).slice(1);
  const said = parts.map((part) => part.split(/^ {2}\d+ passing\b/m, 1)[0].trimEnd());
  return said.map((part) => part.split('\n').slice(0, 200).join('\n')).join('\n');
}
