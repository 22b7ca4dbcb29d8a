export { afterRestart, pruned, reconcile, type FoundDomain, type Reconciliation } from './agent.js';
export {
  admitBegin,
  admitMigrate,
  admitReboot,
  admitStop,
  isLive,
  type LocalState,
  type LocalVm,
  type VmAction,
  type VmAdmission,
} from './vm.js';
