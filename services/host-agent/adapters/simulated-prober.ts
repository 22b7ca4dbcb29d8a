import { setTimeout as sleep } from 'node:timers/promises';
import type { GuestProbe, ProbeOutcome } from '../core/index.js';
import type { GuestProber } from '../ports.js';
import type { SimulatedWorld } from './simulated-world.js';

/** Every port of a simulated guest answers as long as the guest does, and none after that. */
export class SimulatedProber implements GuestProber {
  constructor(
    private readonly world: SimulatedWorld,
    private readonly hostName: string,
  ) {}

  async ask(vm: string, probe: GuestProbe): Promise<ProbeOutcome> {
    const domain = this.world.host(this.hostName).domains.get(vm);
    if (!domain || (probe.kind === 'agent' && !domain.spec.probeDevices?.agent)) return { result: 'unknown' };
    if (domain.isAnswering) return { result: 'passed' };
    await sleep(probe.timing.timeoutSeconds * 1000);
    return { result: 'failed', reason: 'it does not answer' };
  }
}
