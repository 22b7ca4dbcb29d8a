export {
  benchFailover,
  type FailoverBench,
  type FailoverBenchOptions,
  type FailoverCase,
  type FailoverRun,
} from './failover.js';
export { failoverFaults, defaultFaults, type FailoverFault } from './fault.js';
export type { Phases } from './phases.js';
export { spreadOf, type Spread } from './spread.js';
