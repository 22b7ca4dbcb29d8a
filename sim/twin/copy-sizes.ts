/** The twin of what makes copies larger while they run. */
import type { agentResize, NextSize, ObservedVm, Reply, VmSize } from '@holdfast/contracts';
import {
  admitResize, afterResize, roomFor, type LocalState, type Resize, type VmAdmission,
} from '@holdfast/host-agent/core';
import type { HypervisorResult, Identity } from '../world/hypervisor.js';
import type { Size } from '../world/growth.js';
import type { CopiesParts } from './copies-parts.js';

export type ResizeRequest = typeof agentResize.request._output;
type Answer = (reply: Reply<unknown>) => void;
export type Ask<Value> = (answer: (result: HypervisorResult<Value>) => void) => void;

/** What the holder of the copies does for it. */
export interface Hands {
  known(vm: string): LocalState;
  isBusy(vm: string): boolean;
  isLeaving(): boolean;
  identity(vm: string, copy: ObservedVm): Identity;
  carryOut(vm: string, admission: VmAdmission, reply: Answer, act: (copy: ObservedVm, end: () => void) => void): void;
  command<Value>(
    kind: string, identity: Identity, act: Ask<Value>, done: (result: HypervisorResult<Value>) => void,
  ): void;
}

export class TwinCopySizes {
  constructor(
    private readonly parts: CopiesParts,
    private readonly hands: Hands,
  ) {}

  resize(request: ResizeRequest, reply: Answer): void {
    const { parts, hands } = this;
    const { memory, capacity, hypervisor } = parts;
    const { vm, cpus, memoryMiB } = request;
    const found = roomFor(memory.state, { vm, spec: {} }, capacity, hands.isLeaving());
    const room = parts.planted.hasEndlessRoom ? { ...found, freeMemoryMiB: Infinity } : found;
    const admission = admitResize(hands.known(vm), vm, request, room);
    if (admission.action && hands.isBusy(vm)) return reply({ ok: true, value: { state: 'in-progress' } });
    hands.carryOut(vm, admission, reply, (copy, end) => {
      const identity = hands.identity(vm, copy);
      const grow: Ask<unknown> = (answer) => hypervisor.growth.resize(identity, { cpus, memoryMiB }, answer);
      hands.command('resize', identity, grow, (result) => {
        if (result.ok) return this.told(request, copy, { result: 'done', reason: '' }, end);
        if (result.code === 'timeout') return end();
        const ask: Ask<Size> = (answer) => hypervisor.growth.sizeOf(identity, answer);
        hands.command('size', identity, ask, (size) => {
          if (!size.ok) return end();
          const has = size.value;
          const isDone = has.cpus >= cpus && has.memoryMiB >= memoryMiB;
          const told = isDone ? { result: 'done' as const, reason: '' } : failedWith(result.message, has);
          this.told(request, copy, told, end);
        });
      });
    });
  }

  private told(
    { vm, operation }: ResizeRequest, copy: ObservedVm, result: Omit<Resize, 'operation'>, end: () => void,
  ): void {
    const { memory, changed } = this.parts;
    const known = memory.state.vms[vm];
    if (known?.uid !== copy.uid || known.copy?.generation !== copy.generation) return end();
    memory.setVm(vm, afterResize(known, result, operation), () => {
      changed();
      end();
    });
  }
}

const failedWith = (reason: string, has: Size): Omit<Resize, 'operation'> => ({ result: 'failed', reason, has });

export function sizeOf({ cpus, memoryMiB, maxCpus, maxMemoryMiB }: VmSize & Partial<NextSize>): NextSize {
  return { cpus, memoryMiB, maxCpus, maxMemoryMiB };
}
