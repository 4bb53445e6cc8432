/**
 * Loaded before every test file: what fast-check makes up is the same each time, so that a failure is the change's and
 * comes back. `HAIOS_TEST_SEED=random` looks for new ones, `HAIOS_TEST_SEED=7` for those of another seed.
 */
import fc from 'fast-check';

const given = process.env['HAIOS_TEST_SEED'] ?? '20261126';
const seed = given === 'random' ? Date.now() % 2 ** 31 : Number(given);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
