export { afterRestart, doomed, pruned, recalled, reconcile, type FoundDomain, type Reconciliation } from './agent.js';
export { lastAckedMs, lastRenewedMs, noContact, restedUntil, withAck, withSent, type Contact } from './contact.js';
export {
  defaultIsolationTiming,
  endedWhenCutOff,
  noIsolation,
  selfFencedReason,
  stepIsolation,
  type Isolation,
  type IsolationTiming,
} from './isolation.js';
export { loadBetween, type CountersAt } from './load.js';
export { timingRefusal } from './isolation-timing.js';
export {
  guestProbes,
  heard,
  judged,
  lookAt,
  toldByGuest,
  wasReset,
  withHealth,
  type GuestProbe,
  type GuestWatch,
  type Look,
  type ProbeOutcome,
} from './guest-health.js';
export { isReportDue, tellAgainMs, toldNow, type ToldReport } from './report.js';
export {
  admitBegin,
  admitLeave,
  admitMigrate,
  admitPause,
  admitReboot,
  admitResume,
  admitStop,
  admitWatch,
  cleanUpAgainMs,
  cleanUpAttempts,
  hostShutdownReason,
  isHeld,
  isLeftStopping,
  isLive,
  wentOn,
  type LocalState,
  type LocalVm,
  type VmAction,
  type VmAdmission,
} from './vm.js';
export { admitPlug, afterPlug, type Plug, type PlugCommand } from './vm-plug.js';
export { admitResize, afterResize, type Resize, type ResizeCommand } from './vm-resize.js';
export { roomFor } from './room.js';
export {
  asksEveryLooks,
  isInTrouble,
  looked,
  lookEveryMs,
  lossOf,
  lostPoolsOf,
  nothingLooked,
  type CopyLook,
  type DiskLook,
  type StorageMemory,
} from './storage-watch.js';
export {
  firstWatchdog,
  mayClose,
  releasedBinding,
  stepWatchdog,
  toldOf,
  type WatchdogDeviceFacts,
  type WatchdogState,
  type WatchdogTiming,
} from './watchdog.js';
