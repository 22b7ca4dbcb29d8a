/** Gives copies disks and NICs while they run, and takes them back. */
import { accepted, type agentPlug, type ObservedVm, type Reply } from '@holdfast/contracts';
import { admitPlug, afterPlug, type Plug } from './core/index.js';
import type { CopiesDeps } from './copies.js';
import type { CopyMemory } from './copy-memory.js';
import type { CopyHands } from './copy-sizes.js';
import { HypervisorError, type DeviceName, type DomainIdentity, type NewDevice } from './ports.js';

export type PlugRequest = typeof agentPlug.request._output;
type Change = Exclude<PlugRequest['change'], { to: 'memory' }>;
type Work = Reply<{ state: 'started-work' | 'in-progress' | 'already-done' }>;

/** What a guest is given to let go of a device. */
const letGoWithinMs = 20_000;
const lookEveryMs = 500;

export class CopyDevices {
  constructor(
    private readonly deps: Pick<CopiesDeps, 'memory' | 'hypervisor' | 'secrets' | 'bridge' | 'clock' | 'changed'>,
    private readonly hands: CopyHands,
    private readonly memory: CopyMemory,
  ) {}

  /** It may be asked for again while that is in hand. */
  async plug(request: PlugRequest): Promise<Work> {
    const { memory, changed } = this.deps;
    const { vm, plug: id, change } = request;
    const admission = admitPlug(memory.state, vm, request);
    if (admission.action && this.hands.state(vm).isBusy) return accepted({ state: 'in-progress' });
    return await this.hands.carryOut(vm, admission, async (copy) => {
      if (change.to === 'memory') return await this.memory.store(request, copy, change);
      const told = await this.carryOut(this.hands.identity(vm, copy), change);
      const known = memory.state.vms[vm];
      if (!isOf(known?.copy ?? null, copy) || !known) return;
      await memory.setVm(vm, afterPlug(known, { id, ...told }));
      changed();
    });
  }

  /** @throws HypervisorError when the hypervisor may still do it: then it is asked again */
  private async carryOut(identity: DomainIdentity, change: Change): Promise<Omit<Plug, 'id'>> {
    if (change.to === 'gone') return await this.take(identity, { volume: change.volume });
    if (change.to === 'nic-gone') return await this.take(identity, { macAddress: change.macAddress });
    if (change.to === 'nic-there') {
      const { network, macAddress, netMbits } = change;
      const bridge = this.deps.bridge(network);
      if (bridge === null) return { result: 'failed', reason: `this host is not on the network ${network}` };
      return await this.give(identity, { nic: { bridge, macAddress }, netMbits }, { macAddress });
    }
    const { disk, diskMBs } = change;
    const secrets = await this.deps.secrets.await([disk], this.deps.clock);
    if (!secrets) throw new HypervisorError('refused', 'its CHAP secret did not arrive');
    return await this.give(identity, { disk, secrets, diskMBs }, { volume: disk.volume });
  }

  private async give(identity: DomainIdentity, device: NewDevice, name: DeviceName): Promise<Omit<Plug, 'id'>> {
    const { hypervisor } = this.deps;
    try {
      await hypervisor.plug(identity, device);
    } catch (error) {
      const reason = reasonOf(error);
      // Asked for twice, the second may be refused because the first was heeded.
      return (await hypervisor.hasDevice(identity, name)) ? done : { result: 'failed', reason };
    }
    return done;
  }

  /** QEMU asks the guest, and does it once that has let go. */
  private async take(identity: DomainIdentity, device: DeviceName): Promise<Omit<Plug, 'id'>> {
    const { hypervisor, clock } = this.deps;
    if (!(await hypervisor.hasDevice(identity, device))) return done;
    const deadlineMs = clock.nowMs() + letGoWithinMs;
    let reason = `its guest did not let go of it within ${letGoWithinMs / 1000} s; is it in use, or has it not booted?`;
    try {
      await hypervisor.unplug(identity, device);
    } catch (error) {
      reason = reasonOf(error);
    }
    while (await hypervisor.hasDevice(identity, device)) {
      if (clock.nowMs() >= deadlineMs) return { result: 'failed', reason };
      await new Promise<void>((resolve) => void clock.after(lookEveryMs, resolve));
    }
    return done;
  }
}

const done = { result: 'done', reason: '' } as const;

const isOf = (known: ObservedVm | null, copy: ObservedVm): boolean =>
  known?.uid === copy.uid && known.generation === copy.generation;

/** @throws HypervisorError when it may still be done */
function reasonOf(error: unknown): string {
  if (!(error instanceof HypervisorError) || error.code === 'timeout' || error.code === 'disconnected') throw error;
  return error.message.slice(0, 900);
}
