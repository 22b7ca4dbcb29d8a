/** The twin of the agent's hands: one action at a time for each VM, remembered on disk before it begins. */
import { accepted, nicsOf, refused, type ObservedVm, type Reply } from '@holdfast/contracts';
import {
  admitBegin, admitMigrate, admitPause, admitReboot, admitResume, admitStop, admitWatch, cleanUpAgainMs,
  cleanUpAttempts, isLive, roomFor, wentOn, type LocalState, type VmAdmission,
} from '@holdfast/host-agent/core';
import { deriveMacAddress, randomStream, type Env } from '@holdfast/kernel';
import { unanswered } from '../world/domain.js';
import { isSame, type HypervisorResult, type Identity, type Migration } from '../world/hypervisor.js';
import type * as parts from './copies-parts.js';
import { TwinCopyDevices, type PlugRequest } from './copy-devices.js';
import { sizeOf, TwinCopySizes, type Hands, type ResizeRequest } from './copy-sizes.js';
import { Leaving } from './leaving.js';

type Answer = (reply: Reply<unknown>) => void;
const stopPollMs = 100;
const secretsMs = 20;
const rebootWithinMs = 60_000;
const rebootPollMs = 200;
const hypervisorHangs = { afterMs: 3000, result: unanswered };
const random = randomStream('agent');

export class TwinCopies {
  private readonly tails = new Map<string, (() => void)[]>();
  private readonly actions = new Map<string, number>();
  private readonly forced = new Set<string>();
  private readonly rebooted = new Set<string>();
  readonly leaving: Leaving;
  private readonly sizes: TwinCopySizes;
  private readonly devices: TwinCopyDevices;

  constructor(private readonly parts: parts.CopiesParts) {
    this.leaving = new Leaving(parts, {
      inTurn: (vm, work) => this.inTurn(vm, work),
      stop: (vm, copy, graceSeconds, done) => this.stopNow(this.identity(vm, copy), graceSeconds, done),
      force: (vm) => this.forced.add(vm),
      update: (vm, copy, patch, done) => this.update(parts.memory.state, vm, copy, patch, done),
    });
    const hands: Hands = {
      known: (vm) => this.known(vm),
      isBusy: (vm) => this.actions.has(vm),
      isLeaving: () => this.leaving.hasBegun,
      identity: (vm, copy) => this.identity(vm, copy),
      carryOut: (vm, admission, reply, act) => this.carryOut(vm, admission, reply, act),
      command: (kind, identity, act, done) =>
        this.command(kind, identity, (answer) => act(this.inThisLife(answer)), done),
    };
    this.sizes = new TwinCopySizes(parts, hands);
    this.devices = new TwinCopyDevices(parts, hands);
  }

  busy(): ReadonlySet<string> {
    return new Set(this.actions.keys());
  }

  /** The most that one VM has in line. */
  longestLine(): number {
    let longest = 0;
    for (const waiting of this.tails.values()) longest = Math.max(longest, waiting.length + 1);
    return longest;
  }

  handle(name: string, told: unknown, reply: Answer): void {
    const request = this.parts.planted.command?.(name, told, this.parts.memory.state) ?? told;
    if (name === 'vm-start') this.begin(request as parts.BeginRequest, 'start', reply);
    else if (name === 'vm-receive') this.begin(request as parts.BeginRequest, 'receive', reply);
    else if (name === 'vm-stop') this.stop(request as parts.StopRequest, reply);
    else if (name === 'vm-reboot') this.reboot(request as parts.RebootRequest, reply);
    else if (name === 'vm-migrate') this.migrate(request as parts.MigrateRequest, reply);
    else if (name === 'vm-pause') this.pause(request as parts.PauseRequest, reply);
    else if (name === 'vm-resume') this.resume(request as parts.ResumeRequest, reply);
    else if (name === 'vm-resize') this.sizes.resize(request as ResizeRequest, reply);
    else if (name === 'vm-plug') this.devices.plug(request as PlugRequest, reply);
    else if (name === 'vm-watch') this.watch(request as parts.WatchRequest, reply);
    else reply(refused('not-found', `no command ${name}`));
  }

  private watch(request: parts.WatchRequest, reply: Answer): void {
    this.carryOut(request.vm, admitWatch(this.known(request.vm), request.vm, request), reply, (_copy, end) => end());
  }

  /** The hypervisor told that the guest was reset. */
  sawReboot(vm: string): void {
    this.rebooted.add(vm);
  }

  destroyStale(identity: Identity, done: () => void, reason = 'stale: destroyed'): void {
    const { memory } = this.parts;
    this.destroy(identity, (isGone) => {
      if (!isGone) {
        done();
        return;
      }
      const known = memory.state.vms[identity.vm];
      const end = (): void => {
        this.parts.changed();
        done();
      };
      if (known?.uid === identity.uid && known.copy?.generation === identity.generation) {
        const copy = { ...known.copy, state: 'stopped' as const, reason };
        memory.setVm(identity.vm, { ...known, copy }, end);
      } else end();
    });
  }

  /** True once it is gone; false when the hypervisor did not say so. */
  private destroy(identity: Identity, done: (isGone: boolean) => void): void {
    const { hypervisor, process } = this.parts;
    const act = (answer: (isGone: boolean) => void): void =>
      hypervisor.destroy(identity, this.inThisLife(answer));
    const key = `${identity.vm} g${identity.generation}`;
    process.perform({ kind: 'destroy', key, act, unanswered: { afterMs: 3000, result: false }, travels: false }, done);
  }

  private begin(request: parts.BeginRequest, kind: 'start' | 'receive', reply: Answer): void {
    const { memory, capacity, process } = this.parts;
    const { vm } = request;
    if (!this.parts.isBootKnown()) return reply(refused('unavailable', 'this boot of the host is not known yet'));
    const found = roomFor(memory.state, request, capacity, this.leaving.hasBegun);
    const room = this.parts.planted.hasEndlessRoom ? { ...found, freeMemoryMiB: Infinity } : found;
    const admission = admitBegin(this.known(vm), vm, request, kind, room, this.env());
    this.carryOut(vm, admission, reply, (copy, end) => {
      process.after(secretsMs, () =>
        this.parts.currentEpoch((epoch) => {
          const isAsked = !this.parts.planted.asksNobody;
          if (isAsked && epoch !== copy.hostEpoch) {
            this.failed(vm, copy, 'the host may have been fenced meanwhile', end);
          } else if (this.leaving.hasBegun) end();
          else if (kind === 'receive') {
            this.update(memory.state, vm, copy, { state: 'receiving' }, end);
          } else this.startNow(request, copy, end);
        }),
      );
    });
  }

  private startNow(request: parts.BeginRequest, copy: ObservedVm, end: () => void): void {
    const { memory, hypervisor } = this.parts;
    const { vm, uid, spec, disks, stamp, memory: stored } = request;
    const { generation, hostEpoch } = stamp;
    const identity = { vm, uid, generation, hostEpoch, incarnation: this.parts.incarnation };
    const volumes = disks.map(({ volume, portalAddress }) => ({ volume, node: portalAddress }));
    const nics = nicsOf(spec).map(({ nic }) => deriveMacAddress(uid, nic));
    const hasPanicDevice = request.watch?.probes.panic === true;
    const asked = { identity, volumes, nics, ...sizeOf(spec), hasPanicDevice };
    const act = (answer: (result: HypervisorResult) => void): void => {
      if (!stored) return hypervisor.start(asked, this.inThisLife(answer));
      const from = { volume: stored.volume, node: stored.portalAddress };
      hypervisor.memories.restore(asked, from, this.inThisLife(answer));
    };
    this.command('start', identity, act, (result) => {
      const isToStop = memory.state.vms[vm]?.copy?.state === 'stopping';
      if (result.ok) this.update(memory.state, vm, copy, isToStop ? {} : { state: 'running' }, end);
      else this.failed(vm, copy, result.message, end);
    });
  }

  private command<Value>(
    kind: string,
    { vm, generation }: Identity,
    act: (answer: (result: HypervisorResult<Value>) => void) => void,
    done: (result: HypervisorResult<Value>) => void,
  ): void {
    const key = `${vm} g${generation}`;
    this.parts.process.perform({ kind, key, act, unanswered: hypervisorHangs, travels: false }, done);
  }

  /** What the hypervisor says to an agent that has died meanwhile is said to nobody. */
  private inThisLife<T>(answer: (result: T) => void): (result: T) => void {
    const { process } = this.parts;
    const { life } = process;
    return (result) => process.goOn(() => answer(result), life);
  }

  private stop(request: parts.StopRequest, reply: Answer): void {
    const { memory } = this.parts;
    const { vm } = request;
    const known = memory.state.vms[vm]?.copy;
    if (request.graceSeconds === 0) this.forced.add(vm);
    if (known?.state === 'stopping' && this.actions.has(vm)) return reply(accepted({ state: 'in-progress' }));
    const admission = admitStop(this.known(vm), vm, request, this.env());
    this.carryOut(vm, admission, reply, (copy, end) => {
      this.stopNow(this.identity(vm, copy), request.graceSeconds, (isGone) => {
        const patch = isGone ? { state: 'stopped' as const, reason: 'stopped as asked' } : {};
        this.update(memory.state, vm, copy, patch, end);
      });
    });
  }

  private stopNow(identity: Identity, graceSeconds: number, done: (isGone: boolean) => void): void {
    this.stopGently(identity, graceSeconds, () => this.destroy(identity, done));
  }

  private reboot(request: parts.RebootRequest, reply: Answer): void {
    const { hypervisor, memory, process } = this.parts;
    const { vm, operation, force } = request;
    const admission = admitReboot(this.known(vm), vm, request);
    this.carryOut(vm, admission, reply, (copy, end) => {
      this.rebooted.delete(vm);
      const asked = hypervisor.reboot(vm, force);
      const deadlineMs = process.nowMs() + rebootWithinMs;
      const isWanted = (): boolean => !this.leaving.hasBegun && memory.state.vms[vm]?.copy?.state === 'running';
      const look = (): void => {
        const isReset = this.rebooted.delete(vm);
        const isOver = process.nowMs() >= deadlineMs || !isWanted();
        if (asked.ok && !isReset && !isOver) {
          process.after(rebootPollMs, look);
          return;
        }
        const result = isReset ? ('done' as const) : ('failed' as const);
        const reason = isReset ? '' : asked.ok ? 'the guest did not react' : asked.message;
        this.update(memory.state, vm, copy, { reboot: { operation, result, reason } }, end);
      };
      look();
    });
  }

  private migrate(request: parts.MigrateRequest, reply: Answer): void {
    const { hypervisor, memory } = this.parts;
    const { vm, uid, to } = request;
    const admission = admitMigrate(this.known(vm), vm, request, this.env());
    this.carryOut(vm, admission, reply, (copy, end) => {
      const { host, hostEpoch, generation } = to;
      const paused = !this.parts.planted.movesUnpaused;
      const identity = { vm, uid, generation, hostEpoch, incarnation: this.parts.incarnation };
      const act = (answer: (result: HypervisorResult<Migration>) => void): void =>
        hypervisor.migrate(vm, { host, identity, paused }, this.inThisLife(answer));
      this.command('migrate', identity, act, (result) => {
        if (result.ok) {
          const { downtimeMs } = result.value;
          const migration = { generation, result: 'moved' as const, downtimeMs, reason: '' };
          const patch = { state: 'stopped' as const, reason: `moved to ${host}`, migration };
          this.update(memory.state, vm, copy, patch, end);
          return;
        }
        if (!hypervisor.connected) {
          // Nobody can say whether the guest is still here: that is found out once the hypervisor answers.
          this.update(memory.state, vm, copy, {}, end);
          return;
        }
        const reason = result.message;
        const migration = { generation, result: 'failed' as const, downtimeMs: null, reason };
        const isHere = this.isHere(this.identity(vm, copy));
        const state = isHere ? ('running' as const) : ('stopped' as const);
        this.update(memory.state, vm, copy, { state, reason: isHere ? '' : reason, migration }, end);
      });
    });
  }

  private resume(request: parts.ResumeRequest, reply: Answer): void {
    if (this.leaving.hasBegun) return reply(refused('unavailable', 'the host is going down'));
    const admission = admitResume(this.known(request.vm), request.vm, request);
    this.switch('resume', request.vm, admission, reply, (copy) => wentOn(copy, this.env().nowMs));
  }

  private pause(request: parts.PauseRequest, reply: Answer): void {
    const admission = admitPause(this.known(request.vm), request.vm, request);
    this.switch('suspend', request.vm, admission, reply, () => ({ state: 'paused', held: true }));
  }

  private switch(
    how: 'suspend' | 'resume', vm: string, admission: VmAdmission, reply: Answer,
    after: (copy: ObservedVm) => Partial<ObservedVm>,
  ): void {
    const { hypervisor, memory } = this.parts;
    if (admission.action && this.actions.has(vm)) return reply({ ok: true, value: { state: 'in-progress' } });
    this.carryOut(vm, admission, reply, (copy, end) => {
      const identity = this.identity(vm, copy);
      const act = (answer: (result: HypervisorResult) => void): void =>
        hypervisor[how](identity, this.inThisLife(answer));
      const done = (patch: Partial<ObservedVm>): void => this.update(memory.state, vm, copy, patch, end);
      this.command(how, identity, act, ({ ok }) => done(ok ? after(copy) : {}));
    });
  }

  private carryOut(
    vm: string,
    admission: VmAdmission,
    reply: Answer,
    act: (copy: ObservedVm, end: () => void) => void,
  ): void {
    const copy = (admission.vm ?? this.parts.memory.state.vms[vm])?.copy;
    const go = (): void => {
      if (admission.action && copy) this.queued(vm, (next) => act(copy, this.ending(vm, next)));
      reply(admission.reply);
    };
    if (admission.action) this.actions.set(vm, (this.actions.get(vm) ?? 0) + 1);
    this.parts.process.loop.stepCount += 1;
    if (!admission.vm) return go();
    this.parts.memory.setVm(vm, admission.vm, go);
    this.parts.changed();
  }

  private inTurn(vm: string, work: (end: () => void) => void): void {
    this.actions.set(vm, (this.actions.get(vm) ?? 0) + 1);
    this.queued(vm, (next) => work(this.ending(vm, next)));
  }

  private ending(vm: string, next: () => void): () => void {
    return () => {
      this.finished(vm);
      next();
    };
  }

  /** One after another for each VM. */
  private queued(vm: string, work: (next: () => void) => void): void {
    const waiting = this.tails.get(vm);
    const run = (): void =>
      work(() => {
        const following = this.tails.get(vm)?.shift();
        if (following) this.parts.process.next(following);
        else this.tails.delete(vm);
      });
    if (waiting) waiting.push(run);
    else {
      this.tails.set(vm, []);
      this.parts.process.next(run);
    }
  }

  /** Until the hypervisor answers it must not count as one that runs: what was asked of it may still be done later. */
  private failed(vm: string, copy: ObservedVm, reason: string, end: () => void, attempt = 1): void {
    this.destroy(this.identity(vm, copy), (isGone) => {
      if (isGone) this.update(this.parts.memory.state, vm, copy, { state: 'failed', reason }, end);
      else if (attempt >= cleanUpAttempts) end();
      else this.parts.process.after(cleanUpAgainMs, () => this.failed(vm, copy, reason, end, attempt + 1));
    });
  }

  private finished(vm: string): void {
    const left = (this.actions.get(vm) ?? 1) - 1;
    if (left > 0) this.actions.set(vm, left);
    else {
      this.actions.delete(vm);
      this.forced.delete(vm);
    }
    this.parts.changed();
  }

  private update(
    state: LocalState,
    vm: string,
    copy: ObservedVm,
    patch: Partial<ObservedVm>,
    done: () => void,
  ): void {
    const known = state.vms[vm];
    if (known?.copy?.generation !== copy.generation || known.uid !== copy.uid) return done();
    const sinceMs = this.parts.process.nowMs();
    this.parts.memory.setVm(vm, { ...known, copy: { ...known.copy, ...patch, sinceMs } }, () => {
      this.parts.changed();
      done();
    });
  }

  private stopGently(identity: Identity, graceSeconds: number, then: () => void): void {
    const { process, hypervisor } = this.parts;
    if (graceSeconds === 0) return then();
    const deadlineMs = process.nowMs() + graceSeconds * 1000;
    hypervisor.shutdown(identity.vm);
    const look = (): void => {
      const isOver = process.nowMs() >= deadlineMs || this.forced.has(identity.vm);
      if (isOver || !hypervisor.connected || !this.isHere(identity)) then();
      else process.after(stopPollMs, look);
    };
    look();
  }

  private isHere(identity: Identity): boolean {
    return this.parts.hypervisor.list().some((domain) => isSame(domain.identity, identity));
  }

  /** A start that an agent before this one had in hand could still bring a copy to life: it is called off first. */
  callOffStarts(): void {
    for (const [vm, { copy }] of Object.entries(this.parts.memory.state.vms)) {
      if (copy?.state !== 'starting' || this.isHere(this.identity(vm, copy))) continue;
      this.parts.hypervisor.destroy(this.identity(vm, copy), () => undefined);
    }
  }

  private identity(vm: string, { uid, generation, hostEpoch }: ObservedVm): Identity {
    return { vm, uid, generation, hostEpoch, incarnation: this.parts.incarnation };
  }

  /** What admission looks at; the planted bug forgets which generations were ruled out. */
  private known(vm: string): LocalState {
    const { state } = this.parts.memory;
    const known = state.vms[vm];
    if (!known || !this.parts.planted.forgetsGenerations) return state;
    const copy = isLive(known.copy) ? known.copy : null;
    return { ...state, vms: { ...state.vms, [vm]: { ...known, floor: 0, copy } } };
  }

  private env(): Env {
    return { nowMs: this.parts.process.nowMs(), random, incarnation: this.parts.incarnation };
  }
}
