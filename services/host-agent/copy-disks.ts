/** Gives copies disks while they run, and takes them back. */
import { accepted, type agentPlug, type ObservedVm, type Reply } from '@holdfast/contracts';
import { admitPlug, afterPlug, type Plug } from './core/index.js';
import type { CopiesDeps } from './copies.js';
import type { CopyHands } from './copy-sizes.js';
import { HypervisorError, type DomainIdentity } from './ports.js';

export type PlugRequest = typeof agentPlug.request._output;
type Work = Reply<{ state: 'started-work' | 'in-progress' | 'already-done' }>;

/** What a guest is given to let go of a disk. */
const letGoWithinMs = 20_000;
const lookEveryMs = 500;

export class CopyDisks {
  constructor(
    private readonly deps: Pick<CopiesDeps, 'memory' | 'hypervisor' | 'secrets' | 'clock' | 'changed'>,
    private readonly hands: CopyHands,
  ) {}

  /** It may be asked for again while that is in hand. */
  async plug(request: PlugRequest): Promise<Work> {
    const { memory, changed } = this.deps;
    const { vm, plug: id, change } = request;
    const admission = admitPlug(memory.state, vm, request);
    if (admission.action && this.hands.state(vm).isBusy) return accepted({ state: 'in-progress' });
    return await this.hands.carryOut(vm, admission, async (copy) => {
      const identity = this.hands.identity(vm, copy);
      const told = change.to === 'there' ? await this.give(identity, change) : await this.take(identity, change.volume);
      const known = memory.state.vms[vm];
      if (!isOf(known?.copy ?? null, copy) || !known) return;
      await memory.setVm(vm, afterPlug(known, { id, ...told }));
      changed();
    });
  }

  /** @throws HypervisorError when the hypervisor may still do it: then it is asked again */
  private async give(
    identity: DomainIdentity, { disk, diskMBs }: Extract<PlugRequest['change'], { to: 'there' }>,
  ): Promise<Omit<Plug, 'id'>> {
    const { hypervisor, secrets, clock } = this.deps;
    const values = await secrets.await([disk], clock);
    if (!values) throw new HypervisorError('refused', 'its CHAP secret did not arrive');
    try {
      await hypervisor.plug(identity, disk, values, diskMBs);
    } catch (error) {
      const reason = reasonOf(error);
      // Asked for twice, the second may be refused because the first was heeded.
      const isThere = (await hypervisor.volumesOf(identity)).includes(disk.volume);
      return isThere ? done : { result: 'failed', reason };
    }
    return done;
  }

  /** QEMU asks the guest, and does it once that has let go. */
  private async take(identity: DomainIdentity, volume: string): Promise<Omit<Plug, 'id'>> {
    const { hypervisor, clock } = this.deps;
    const isThere = async (): Promise<boolean> => (await hypervisor.volumesOf(identity)).includes(volume);
    if (!(await isThere())) return done;
    const deadlineMs = clock.nowMs() + letGoWithinMs;
    let reason = `its guest did not let go of it within ${letGoWithinMs / 1000} s; is it in use, or has it not booted?`;
    try {
      await hypervisor.unplug(identity, volume);
    } catch (error) {
      reason = reasonOf(error);
    }
    while (await isThere()) {
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
