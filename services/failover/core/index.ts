export { admitArm, firstCluster, stepCluster, type ArmRequest } from './arming.js';
export { judge } from './confirm.js';
export { isCleared, stepHost } from './host-health.js';
export { admitConfirmDead, admitHostAdmin, firstRecord, powerChecked } from './host-request.js';
export type { HostEffect, HostStep, HostView, ProbeKind, StorageView } from './host-view.js';
export { silentForMs } from './host-view.js';
export { saysMore } from './ledger.js';
export { countSilence, noSilence, type Silence } from './silence.js';
export { defaultTiming, type Timing } from './timing.js';
