import type { Clock, RunnerLog } from '@holdfast/runtime';
import { HypervisorError, type Hypervisor, type HypervisorCapacity } from './ports.js';

const retryMs = 500;

/** What it has to offer by now: huge pages may be reserved while we run. Null: no answer. */
export async function capacityNow(hypervisor: Hypervisor): Promise<HypervisorCapacity | null> {
  try {
    return hypervisor.connected ? await hypervisor.capacity() : null;
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    return null;
  }
}

/** What the hypervisor has to offer. It may come up after us: asked until it answers, or nobody wants to know. */
export async function connectTo(
  { hypervisor, clock, log }: { hypervisor: Hypervisor; clock: Clock; log: RunnerLog },
  isWanted: () => boolean,
): Promise<HypervisorCapacity | null> {
  while (isWanted()) {
    try {
      await hypervisor.connect();
      return await hypervisor.capacity();
    } catch (error) {
      if (!(error instanceof HypervisorError)) throw error;
      log.info({ err: error }, 'the hypervisor does not answer yet');
      await new Promise<void>((resolve) => void clock.after(retryMs, resolve));
    }
  }
  return null;
}
