/**
 * Loaded before every test file: what fast-check makes up is the same each time, so that a failure is the change's and
 * comes back. `HAIOS_TEST_SEED=random` looks for new ones, `HAIOS_TEST_SEED=7` for those of another seed.
 */
import fc from 'fast-check';

const seed = process.env['HAIOS_TEST_SEED'] ?? '20261126';
if (seed !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
