export { admitArm, firstCluster, stepCluster, type ArmRequest } from './arming.js';
export { judge } from './confirm.js';
export { beaten, type Rhythm } from './deadline.js';
export {
  canaryName,
  defaultDrillTiming,
  stepDrill,
  type DrillEffect,
  type DrillStep,
  type DrillTiming,
  type DrillView,
  type PowerFound,
} from './drill.js';
export { admitDrill, type DrillReply, type DrillRequest } from './drill-request.js';
export { admitFence } from './fence-order.js';
export { admitClear } from './flapping.js';
export { isCleared, stepHost } from './host-health.js';
export { admitHostLabel } from './host-label.js';
export {
  admitConfirmDead,
  admitHostAdmin,
  admitResume,
  firstRecord,
  powerChecked,
  powerUnchecked,
} from './host-request.js';
export type { HeardHost, HostEffect, HostStep, HostView, ProbeKind, StorageView } from './host-view.js';
export { heardNow, isLate, silentForMs } from './host-view.js';
export { admitWord, type HostWord } from './host-word.js';
export { leaseTimingRefusal } from './lease-proof.js';
export { saysMore } from './ledger.js';
export { peersOf, type PeerView } from './peers.js';
export { hostsOf, isLeftIsolated, needsPower, vmOn } from './power-need.js';
export {
  bmc,
  isPowerNews,
  verifiedLevels,
  type DeviceFailure,
  type PowerView,
  type PowerWord,
} from './power-word.js';
export { countSilence, noSilence, type Silence } from './silence.js';
export { defaultTiming, type Timing } from './timing.js';
