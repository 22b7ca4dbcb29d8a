export { invariants, type Violation } from './check/checker.js';
export { faultKinds } from './faults/kinds.js';
export { judgeFiles, scenarioFiles, type Judgement } from './run/judge-folder.js';
export { replay, type ReplayResult } from './run/replay.js';
export { reportOf, totalsOf, type ReportLine } from './run/report.js';
export { runMany, type BrokenSeed, type Totals } from './run/run-many.js';
export { defaultSeedOptions, runSeed, type SeedOptions, type SeedResult } from './run/run-seed.js';
export { parseScenario, ScenarioError, type Scenario } from './run/scenario.js';
export { policyOf } from './run/scenario-policy.js';
export { scenarioText } from './run/shrink-plain.js';
export {
  defaultShrinkRuns, NotShrinkable, shrinkScenario, shrinkSeed, type Shrunk, type ShrinkOptions,
} from './run/shrink.js';
export { loseEach, type Loss, type LossReport, type VmOutcome } from './run/topology.js';
export { parseTopology, TopologyError, type Topology } from './run/topology-file.js';
