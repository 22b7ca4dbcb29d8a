/** The twin of what ends copies with their memory stored. */
import { suspendedReason, type agentPlug, type ObservedVm } from '@holdfast/contracts';
import { afterPlug, type Plug } from '@holdfast/host-agent/core';
import type { CopiesParts } from './copies-parts.js';
import type { Ask, Hands } from './copy-sizes.js';

type PlugRequest = typeof agentPlug.request._output;
type Storing = Extract<PlugRequest['change'], { to: 'memory' }>;

export class TwinCopyMemory {
  constructor(
    private readonly parts: CopiesParts,
    private readonly hands: Hands,
  ) {}

  store({ vm, plug: id }: PlugRequest, copy: ObservedVm, { disk }: Storing, end: () => void): void {
    const { parts, hands } = this;
    const { memories } = parts.hypervisor;
    const identity = hands.identity(vm, copy);
    const store: Ask<unknown> = (answer) =>
      memories.store(identity, { volume: disk.volume, node: disk.portalAddress }, answer);
    hands.command('store', identity, store, (result) => {
      if (result.ok) {
        const patch = { state: 'stopped' as const, reason: suspendedReason, sinceMs: parts.process.nowMs() };
        return this.told(vm, copy, { id, result: 'done', reason: '' }, patch, end);
      }
      if (result.code === 'timeout') return end();
      parts.currentEpoch((epoch) => {
        if (epoch !== copy.hostEpoch && !parts.planted.asksNobody) return end();
        const takeBack: Ask<unknown> = (answer) => memories.takeBack(identity, answer);
        hands.command('take-back', identity, takeBack, (back) => {
          if (back.ok) this.told(vm, copy, { id, result: 'failed', reason: result.message }, {}, end);
          else end();
        });
      });
    });
  }

  private told(vm: string, copy: ObservedVm, plug: Plug, patch: Partial<ObservedVm>, end: () => void): void {
    const { memory, changed } = this.parts;
    const known = memory.state.vms[vm];
    if (known?.uid !== copy.uid || known.copy?.generation !== copy.generation) return end();
    const plugged = afterPlug(known, plug);
    memory.setVm(vm, plugged.copy ? { ...plugged, copy: { ...plugged.copy, ...patch } } : plugged, () => {
      changed();
      end();
    });
  }
}
