/** The twin of what gives copies disks and NICs while they run, and takes them back. */
import type { agentPlug, ObservedVm, Reply } from '@holdfast/contracts';
import { admitPlug, afterPlug, type Plug } from '@holdfast/host-agent/core';
import type { Identity } from '../world/hypervisor.js';
import type { Device, Plugs } from '../world/plugs.js';
import type { CopiesParts } from './copies-parts.js';
import { TwinCopyMemory } from './copy-memory.js';
import type { Ask, Hands } from './copy-sizes.js';

export type PlugRequest = typeof agentPlug.request._output;
type Told = (told: Omit<Plug, 'id'> | null) => void;
type NewDevice = Parameters<Plugs['plug']>[1];

const letGoWithinMs = 20_000;
const lookEveryMs = 500;
const done = { result: 'done', reason: '' } as const;

export class TwinCopyDevices {
  private readonly memory: TwinCopyMemory;

  constructor(
    private readonly parts: CopiesParts,
    private readonly hands: Hands,
  ) {
    this.memory = new TwinCopyMemory(parts, hands);
  }

  plug(request: PlugRequest, reply: (reply: Reply<unknown>) => void): void {
    const { hands } = this;
    const { vm, change } = request;
    const admission = admitPlug(hands.known(vm), vm, request);
    if (admission.action && hands.isBusy(vm)) return reply({ ok: true, value: { state: 'in-progress' } });
    hands.carryOut(vm, admission, reply, (copy, end) => {
      if (change.to === 'memory') return this.memory.store(request, copy, change, end);
      const identity = hands.identity(vm, copy);
      const told: Told = (result) => (result ? this.told(request, copy, result, end) : end());
      if (change.to === 'gone') return this.take(identity, { volume: change.volume }, told);
      if (change.to === 'nic-gone') return this.take(identity, { macAddress: change.macAddress }, told);
      if (change.to === 'nic-there') return this.give(identity, { macAddress: change.macAddress }, told);
      const { volume, portalAddress: node } = change.disk;
      this.give(identity, { volume, node }, told);
    });
  }

  private give(identity: Identity, device: NewDevice, told: Told): void {
    const { plugs } = this.parts.hypervisor;
    const plug: Ask<unknown> = (answer) => plugs.plug(identity, device, answer);
    this.hands.command('plug', identity, plug, (result) => {
      if (result.ok) return told(done);
      if (result.code === 'timeout') return told(null);
      this.look(identity, device, (isThere) => {
        told(isThere === null ? null : isThere ? done : { result: 'failed', reason: result.message });
      });
    });
  }

  private take(identity: Identity, device: Device, told: Told): void {
    const { parts, hands } = this;
    const deadlineMs = parts.process.nowMs() + letGoWithinMs;
    const look = (reason: string): void =>
      this.look(identity, device, (isThere) => {
        if (isThere === null) told(null);
        else if (!isThere) told(done);
        else if (parts.process.nowMs() >= deadlineMs) told({ result: 'failed', reason });
        else parts.process.after(lookEveryMs, () => look(reason));
      });
    this.look(identity, device, (isThere) => {
      if (isThere !== true) return told(isThere === null ? null : done);
      const unplug: Ask<unknown> = (answer) => parts.hypervisor.plugs.unplug(identity, device, answer);
      hands.command('unplug', identity, unplug, (result) => {
        if (result.ok) look('its guest did not let go of it');
        else if (result.code === 'timeout') told(null);
        else look(result.message);
      });
    });
  }

  /** Null where nobody says. */
  private look(identity: Identity, device: Device, then: (isThere: boolean | null) => void): void {
    const { plugs } = this.parts.hypervisor;
    const ask: Ask<boolean> = (answer) => plugs.hasDevice(identity, device, answer);
    this.hands.command('devices', identity, ask, (result) => then(result.ok ? result.value : null));
  }

  private told({ vm, plug: id }: PlugRequest, copy: ObservedVm, result: Omit<Plug, 'id'>, end: () => void): void {
    const { memory, changed } = this.parts;
    const known = memory.state.vms[vm];
    if (known?.uid !== copy.uid || known.copy?.generation !== copy.generation) return end();
    memory.setVm(vm, afterPlug(known, { id, ...result }), () => {
      changed();
      end();
    });
  }
}
