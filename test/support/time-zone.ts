/** Runs the tests of the surrounding `describe` in a time zone, for `Date` and SQLite alike. */
export function inTimeZone(zone: string): void {
  const was = process.env['TZ'];
  before(() => {
    process.env['TZ'] = zone;
  });
  after(() => {
    if (was === undefined) delete process.env['TZ'];
    else process.env['TZ'] = was;
  });
}
