/** Makes copies larger while they run. */
import type { agentResize, ObservedVm, Reply } from '@holdfast/contracts';
import { accepted } from '@holdfast/contracts';
import { admitResize, afterResize, roomFor, type Resize, type VmAdmission } from './core/index.js';
import type { CopiesDeps } from './copies.js';
import { HypervisorError, type DomainIdentity } from './ports.js';

export type ResizeRequest = typeof agentResize.request._output;
type Work = Reply<{ state: 'started-work' | 'in-progress' | 'already-done' }>;

/** What whoever holds the copies does for it. */
export interface CopyHands {
  state(vm: string): { isBusy: boolean; isLeaving: boolean };
  identity(vm: string, copy: ObservedVm): DomainIdentity;
  carryOut(vm: string, admission: VmAdmission, act: (copy: ObservedVm) => Promise<void>): Promise<Work>;
}

export class CopySizes {
  constructor(
    private readonly deps: Pick<CopiesDeps, 'memory' | 'hypervisor' | 'capacity' | 'changed'>,
    private readonly hands: CopyHands,
  ) {}

  /** It may be asked for again while that is in hand. */
  async resize(request: ResizeRequest): Promise<Work> {
    const { memory, capacity, changed } = this.deps;
    const { vm, operation } = request;
    const { isBusy, isLeaving } = this.hands.state(vm);
    const hugePages = memory.state.vms[vm]?.hugePages;
    const room = roomFor(memory.state, { vm, spec: { ...(hugePages && { hugePages }) } }, capacity(), isLeaving);
    const admission = admitResize(memory.state, vm, request, room);
    if (admission.action && isBusy) return accepted({ state: 'in-progress' });
    return await this.hands.carryOut(vm, admission, async (copy) => {
      const result = await this.grow(this.hands.identity(vm, copy), request);
      const known = memory.state.vms[vm];
      if (known?.uid !== copy.uid || known.copy?.generation !== copy.generation) return;
      await memory.setVm(vm, afterResize(known, result, operation));
      changed();
    });
  }

  /** @throws HypervisorError when the hypervisor may still do it: then it is asked again */
  private async grow(identity: DomainIdentity, { cpus, memoryMiB }: ResizeRequest): Promise<Omit<Resize, 'operation'>> {
    const { hypervisor } = this.deps;
    try {
      await hypervisor.resize(identity, { cpus, memoryMiB });
      return { result: 'done', reason: '' };
    } catch (error) {
      if (!(error instanceof HypervisorError) || error.code === 'timeout' || error.code === 'disconnected') throw error;
      const has = await hypervisor.sizeOf(identity);
      // Asked for twice, the second may be refused because the first was heeded.
      if (has.cpus >= cpus && has.memoryMiB >= memoryMiB) return { result: 'done', reason: '' };
      return { result: 'failed', reason: error.message.slice(0, 900), has };
    }
  }
}
