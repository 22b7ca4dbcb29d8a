import type { Clock, RunnerLog } from '@holdfast/runtime';
import { HypervisorError, type Hypervisor } from './ports.js';

const retryMs = 500;

/** What the hypervisor has to offer. It may come up after us: asked until it answers, or nobody wants to know. */
export async function connectTo(
  { hypervisor, clock, log }: { hypervisor: Hypervisor; clock: Clock; log: RunnerLog },
  isWanted: () => boolean,
): Promise<Awaited<ReturnType<Hypervisor['capacity']>> | null> {
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
