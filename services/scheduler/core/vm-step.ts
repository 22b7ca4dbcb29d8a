import { unlessDisarmed } from './disarmed.js';
import { stepVm as stepLifecycle } from './vm-lifecycle.js';
import type { VmStep, VmView } from './vm-record.js';

/** The next step of one VM. */
export function stepVm(view: VmView): VmStep {
  return unlessDisarmed(view, stepLifecycle(view));
}
