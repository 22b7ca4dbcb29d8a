export { invariants, type Violation } from './check/checker.js';
export { faultKinds } from './faults/kinds.js';
export { replay, type ReplayResult } from './run/replay.js';
export { reportOf, totalsOf } from './run/report.js';
export { runMany, type BrokenSeed, type Totals } from './run/run-many.js';
export { defaultSeedOptions, runSeed, type SeedOptions, type SeedResult } from './run/run-seed.js';
export { parseScenario, ScenarioError, type Scenario } from './run/scenario.js';
export { scenarioText } from './run/shrink-plain.js';
export { defaultShrinkRuns, shrinkScenario, shrinkSeed, type Shrunk, type ShrinkOptions } from './run/shrink.js';
