import { unlessDisarmed } from './disarmed.js';
import { withLeftovers } from './leftover.js';
import { stepVm as stepLifecycle } from './vm-lifecycle.js';
import type { VmStep, VmView } from './vm-record.js';
import { isForeign, restored } from './vm-restored.js';

/** The next step of one VM. */
export function stepVm(view: VmView): VmStep {
  if (isForeign(view)) return restored(view);
  return withLeftovers(view, unlessDisarmed(view, stepLifecycle(view)));
}
