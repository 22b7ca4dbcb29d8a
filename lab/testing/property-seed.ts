/**
 * Before each file of unit tests: properties draw the same cases in every run, so that a run tells whether a change
 * broke something. `HOLDFAST_PROPERTY_SEED=N` draws others, `random` others each time; a failure names its seed.
 */
import fc from 'fast-check';

const { HOLDFAST_PROPERTY_SEED: wanted = '1' } = process.env;
if (wanted !== 'random') {
  const seed = Number(wanted);
  if (!Number.isInteger(seed)) throw new Error(`HOLDFAST_PROPERTY_SEED: ${wanted} is no whole number; or say random`);
  fc.configureGlobal({ seed });
}
