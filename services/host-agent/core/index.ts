export { afterRestart, doomed, pruned, recalled, reconcile, type FoundDomain, type Reconciliation } from './agent.js';
export {
  admitBegin,
  admitLeave,
  admitMigrate,
  admitReboot,
  admitStop,
  hostShutdownReason,
  isLeftStopping,
  isLive,
  type LocalState,
  type LocalVm,
  type VmAction,
  type VmAdmission,
} from './vm.js';
