/** Ends copies with their memory stored, and lets them go on where that cannot be. */
import { suspendedReason, type ObservedVm } from '@holdfast/contracts';
import { afterPlug } from './core/index.js';
import type { CopiesDeps } from './copies.js';
import type { PlugRequest } from './copy-devices.js';
import type { CopyHands } from './copy-sizes.js';
import { HypervisorError } from './ports.js';

type Storing = Extract<PlugRequest['change'], { to: 'memory' }>;

export class CopyMemory {
  constructor(
    private readonly deps: Pick<CopiesDeps, 'memory' | 'hypervisor' | 'secrets' | 'clock' | 'changed'>,
    private readonly hands: CopyHands,
    private readonly refuseIfOut: (hostEpoch: number) => Promise<void>,
  ) {}

  /** @throws HypervisorError where its own look at what is here has to tell what became of it */
  async store({ vm, plug: id }: PlugRequest, copy: ObservedVm, { disk, disks }: Storing): Promise<void> {
    const { hypervisor, secrets, clock, memory } = this.deps;
    const identity = this.hands.identity(vm, copy);
    const values = await secrets.await([disk, ...disks], clock);
    if (!values) throw new HypervisorError('refused', 'its CHAP secrets did not arrive');
    try {
      await hypervisor.store(identity, disk, values, memory.state.vms[vm]?.memoryMiB ?? 0);
    } catch (error) {
      if (!(error instanceof HypervisorError) || error.code === 'disconnected') throw error;
      await this.refuseIfOut(copy.hostEpoch);
      await hypervisor.takeBack(identity, disks, values);
      await this.told(vm, copy, { plug: { id, result: 'failed', reason: error.message.slice(0, 900) } });
      return;
    }
    const ended = { state: 'stopped' as const, reason: suspendedReason, sinceMs: clock.nowMs() };
    await this.told(vm, copy, { plug: { id, result: 'done', reason: '' }, ...ended });
  }

  private async told(
    vm: string, { uid, generation }: ObservedVm,
    { plug, ...patch }: Pick<Required<ObservedVm>, 'plug'> & Partial<ObservedVm>,
  ): Promise<void> {
    const { memory, changed } = this.deps;
    const known = memory.state.vms[vm];
    if (known?.uid !== uid || known.copy?.generation !== generation) return;
    const plugged = afterPlug(known, plug);
    await memory.setVm(vm, plugged.copy ? { ...plugged, copy: { ...plugged.copy, ...patch } } : plugged);
    changed();
  }
}
