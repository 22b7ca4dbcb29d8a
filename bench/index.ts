export {
  benchFailover,
  type FailoverBench,
  type FailoverBenchOptions,
  type FailoverCase,
  type FailoverRun,
} from './failover.js';
export { failoverFaults, type FailoverFault } from './fault.js';
export type { Phases } from './phases.js';
export type { Spread } from '@holdfast/lab';
export { benchAgents, cpuLimitPercent, type AgentsBench, type AgentsGroup } from './agents.js';
export { benchSuspicion, type HostEvent, type SuspicionBench } from './suspicion.js';
export { stresses, type Stress } from './stress.js';
export { benchManyVms, maxManyVms, type ManyVmsBench, type RecoveredVm } from './many-vms.js';
export { compared, refuseIncomparable, type PeerComparison } from './peer/compare.js';
export { peerModes, type PeerMode, type PeerSetting } from './peer/modes.js';
export { benchPacemaker, type PacemakerBench, type PeerCase, type PeerRun } from './peer/pacemaker.js';
export type { Range } from './peer/range.js';
export { drawChart, type Panel } from './chart.js';
export { benchApi, type ApiBench } from './api.js';
export { benchChurn, type ChurnBench } from './churn.js';
export type { CommitsBench } from './commits.js';
export { benchPlace, placeLimits, type PlaceBench, type PlaceGroup } from './place.js';
export type { OnePlacement } from './hail.js';
export { benchCapacity, type CapacityBench } from './capacity.js';
export { benchReassign, type ReassignBench, type ReassignRun } from './reassign/bench.js';
export { BadFile } from './reassign/numbers.js';
export { benchRebalance, type RebalanceBench, type RebalanceGroup, type RebalanceResult } from './rebalance.js';
export { benchRecover, timesAsFast, type RecoverBench, type RecoverCase } from './recover.js';
