/** Whether an Accept header prefers OpenMetrics to the text format; text wins a tie and serves whoever does not say. */
export function prefersOpenMetrics(accept: string | undefined): boolean {
  const ranges = (accept ?? '').split(',').slice(0, 32).map(parse);
  const open = Math.max(0, ...ranges.filter(({ type }) => type === 'application/openmetrics-text').map(({ q }) => q));
  const text = Math.max(
    0,
    ...ranges.filter(({ type }) => type === 'text/plain' || type === 'text/*').map(({ q }) => q),
  );
  return open > text;
}

function parse(range: string): { type: string; q: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const version = parameters.find((parameter) => parameter.startsWith('version='));
  const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  const isServed =
    type !== 'application/openmetrics-text' || version === undefined || /^version="?(1\.0\.0|0\.0\.1)"?$/.test(version);
  return { type, q: isServed && quality >= 0 && quality <= 1 ? quality : 0 };
}
