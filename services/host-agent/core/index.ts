export { afterRestart, doomed, pruned, recalled, reconcile, type FoundDomain, type Reconciliation } from './agent.js';
export { lastAckedMs, noContact, withAck, withSent, type Contact } from './contact.js';
export {
  admitBegin,
  admitLeave,
  admitMigrate,
  admitReboot,
  admitResume,
  admitStop,
  cleanUpAgainMs,
  cleanUpAttempts,
  hostShutdownReason,
  isLeftStopping,
  isLive,
  wentOn,
  type LocalState,
  type LocalVm,
  type VmAction,
  type VmAdmission,
} from './vm.js';
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
