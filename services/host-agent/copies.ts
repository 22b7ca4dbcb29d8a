import type { Bus } from '@holdfast/bus';
import {
  accepted, refused, type agentMigrate, type agentPause, type agentReboot, type agentResume, type agentStart,
  type agentStop, type agentWatch, type HostCapacity, type ObservedVm, type Reply,
} from '@holdfast/contracts';
import { randomStream, type Env } from '@holdfast/kernel';
import { SerialQueue, type Clock, type RunnerLog } from '@holdfast/runtime';
import {
  admitBegin,
  admitLeave,
  admitMigrate,
  admitPause,
  admitReboot,
  admitResume,
  admitStop,
  admitWatch,
  hostShutdownReason,
  isHeld,
  isLeftStopping,
  isLive,
  roomFor,
  wentOn,
  type LocalVm,
  type VmAdmission,
} from './core/index.js';
import { makeSeed } from './cloud-init.js';
import { CopyDevices } from './copy-devices.js';
import { CopyMemory } from './copy-memory.js';
import { CopySizes, type CopyHands } from './copy-sizes.js';
import { domainSpec } from './domain-spec.js';
import { GuestPower, ignoreHypervisor } from './guest-power.js';
import type { HostSecrets } from './host-secrets.js';
import type { LocalMemory } from './local-state.js';
import { HypervisorError, type DomainIdentity, type Hypervisor, type SeedImages } from './ports.js';

export type BeginRequest = typeof agentStart.request._output;
export type StopRequest = typeof agentStop.request._output;
export type RebootRequest = typeof agentReboot.request._output;
export type PauseRequest = typeof agentPause.request._output;
export type ResumeRequest = typeof agentResume.request._output;
export type MigrateRequest = typeof agentMigrate.request._output;
export type WatchRequest = typeof agentWatch.request._output;
type Work = Reply<{ state: 'started-work' | 'in-progress' | 'already-done' }>;

const migrationTimeoutMs = 600_000;
/** What guests are given to power down when their host does. */
const leaveGraceSeconds = 30;
/** When they were forced, and still are not gone: the host cannot wait for ever. */
const leaveWithinMs = 45_000;

export interface BootFiles {
  kernel: string;
  initrd: string;
  commandLine: string;
}

export interface CopiesDeps {
  bus: Bus;
  clock: Clock;
  log: RunnerLog;
  incarnation: string;
  hypervisor: Hypervisor;
  memory: LocalMemory;
  secrets: HostSecrets;
  seeds: SeedImages;
  /** Boot files of an image, or null when this host does not have it. */
  image(name: string): BootFiles | null;
  bridge(network: string): string | null;
  /** Where the image of a CD-ROM is, if it is. */
  iso(name: string): string;
  capacity(): HostCapacity;
  /** The cluster knows of this boot: before that, the proof that it rebooted would cover what is begun in it. */
  isBootKnown(): boolean;
  /** The epoch the cluster gives this host now, asked anew; null when nobody answers. */
  currentEpoch(): Promise<number | null>;
  /** Something that is published about a copy has changed. */
  changed(): void;
}

/** Carries out what is admitted: one action at a time for each VM, remembered on disk before it begins. */
export class Copies {
  private readonly queue = new SerialQueue();
  /** Actions in hand by VM; the reconciler leaves those alone. */
  private readonly actions = new Map<string, number>();
  private readonly guests: GuestPower;
  private isLeaving = false;
  readonly sizes: CopySizes;
  readonly devices: CopyDevices;

  constructor(private readonly deps: CopiesDeps) {
    const hands: CopyHands = {
      state: (vm) => ({ isBusy: this.actions.has(vm), isLeaving: this.isLeaving }),
      identity: (vm, copy) => this.identity(vm, copy),
      carryOut: (vm, admission, act) => this.carryOut(vm, admission, act),
    };
    this.sizes = new CopySizes(deps, hands);
    this.devices = new CopyDevices(deps, hands, new CopyMemory(deps, hands, (epoch) => this.refuseIfOut(epoch)));
    this.guests = new GuestPower(deps.hypervisor, deps.clock);
  }

  busy(): ReadonlySet<string> {
    return new Set(this.actions.keys());
  }

  start(request: BeginRequest): Promise<Work> {
    return this.begin(request, 'start');
  }

  receive(request: BeginRequest): Promise<Work> {
    return this.begin(request, 'receive');
  }

  async stop(request: StopRequest): Promise<Work> {
    const { memory, hypervisor } = this.deps;
    const { vm } = request;
    const known = memory.state.vms[vm]?.copy;
    if (request.graceSeconds === 0) this.guests.force(vm);
    // A stop in hand takes up the force by itself; the answer is the same either way.
    if (known?.state === 'stopping' && this.actions.has(vm)) return accepted({ state: 'in-progress' });
    const admission = admitStop(memory.state, vm, request, this.env());
    return await this.carryOut(vm, admission, async (copy) => {
      const identity = this.identity(vm, copy);
      await this.guests.stop(identity, request.graceSeconds);
      await hypervisor.destroy(identity);
      await this.update(vm, copy, { state: 'stopped', reason: 'stopped as asked' });
    });
  }

  async reboot(request: RebootRequest): Promise<Work> {
    const { memory } = this.deps;
    const { vm, force, operation } = request;
    const admission = admitReboot(memory.state, vm, request);
    return await this.carryOut(vm, admission, async (copy) => {
      const isWanted = (): boolean => !this.isLeaving && memory.state.vms[vm]?.copy?.state === 'running';
      const result = await this.guests.reboot(vm, force, isWanted).catch((error: unknown) => {
        if (!(error instanceof HypervisorError)) throw error;
        return { result: 'failed' as const, reason: messageOf(error) };
      });
      await this.update(vm, copy, { reboot: { operation, ...result } });
    });
  }

  /** How its guest is looked at from now on. */
  watch(request: WatchRequest): Promise<Work> {
    const admission = admitWatch(this.deps.memory.state, request.vm, request);
    return this.carryOut(request.vm, admission, () => Promise.resolve());
  }

  /** The hypervisor told that the guest was reset. */
  sawReboot(vm: string): void {
    this.guests.sawReboot(vm);
  }

  async migrate(request: MigrateRequest): Promise<Work> {
    const { memory } = this.deps;
    const admission = admitMigrate(memory.state, request.vm, request, this.env());
    return await this.carryOut(request.vm, admission, (copy) => this.move(request, copy));
  }

  /** What has arrived goes on. It may be asked for again while that is in hand. */
  async resume(request: ResumeRequest): Promise<Work> {
    const { memory, hypervisor, clock } = this.deps;
    const { vm } = request;
    if (this.isLeaving) return refused('unavailable', 'the host is going down');
    const admission = admitResume(memory.state, vm, request);
    if (admission.action && this.actions.has(vm)) return accepted({ state: 'in-progress' });
    return await this.carryOut(vm, admission, async (copy) => {
      await hypervisor.resume(this.identity(vm, copy));
      await this.update(vm, copy, wentOn(copy, clock.nowMs()));
    });
  }

  /** It stands still until it is told to go on. It may be asked for again while that is in hand. */
  async pause(request: PauseRequest): Promise<Work> {
    const { memory, hypervisor } = this.deps;
    const { vm } = request;
    const admission = admitPause(memory.state, vm, request);
    if (admission.action && this.actions.has(vm)) return accepted({ state: 'in-progress' });
    return await this.carryOut(vm, admission, async (copy) => {
      await hypervisor.suspend(this.identity(vm, copy));
      await this.update(vm, copy, { state: 'paused', held: true });
    });
  }

  /** A start that an agent before this one had in hand could still bring a copy to life: it is called off first. */
  async callOffStarts(): Promise<void> {
    for (const [vm, { copy }] of Object.entries(this.deps.memory.state.vms)) {
      if (copy?.state !== 'starting') continue;
      const identity = this.identity(vm, copy);
      const isHere = await this.guests.isHere(identity).catch(ignoreHypervisor);
      if (isHere !== true) await this.deps.hypervisor.destroy(identity).catch(ignoreHypervisor);
    }
  }

  /** Destroys a copy that must not be here; known by its identity, never by its name alone. */
  async destroyStale(identity: DomainIdentity, reason = 'stale: destroyed'): Promise<void> {
    await this.deps.hypervisor.destroy(identity);
    const known = this.deps.memory.state.vms[identity.vm];
    if (known?.uid === identity.uid && known.copy?.generation === identity.generation) {
      const copy = { ...known.copy, state: 'stopped' as const, reason };
      await this.deps.memory.setVm(identity.vm, { ...known, copy });
    }
    this.deps.changed();
  }

  /**
   * The host goes down: begins nothing any more, and stops every copy, all at once. Resolves when nothing is live, or
   * when the time for it is over; what is not attested by then goes down with the host, unattested.
   */
  async leave(): Promise<void> {
    this.isLeaving = true;
    const live = Object.entries(this.deps.memory.state.vms).filter(([, { copy }]) => isLive(copy));
    const { clock, hypervisor } = this.deps;
    const cancelForce = clock.after(leaveGraceSeconds * 1000, () => {
      for (const [vm] of live) {
        this.guests.force(vm);
        void hypervisor.abortMigration(vm).catch(ignoreHypervisor);
      }
    });
    let cancelEnd = (): void => undefined;
    const end = new Promise<void>((resolve) => (cancelEnd = clock.after(leaveWithinMs, resolve)));
    await Promise.race([Promise.all(live.map(([vm]) => this.stopForLeaving(vm))), end]);
    cancelForce();
    cancelEnd();
  }

  /** What an agent before this one was stopping when it died is stopped to its end; nobody else would. */
  endLeaving(): void {
    for (const [vm, { copy }] of Object.entries(this.deps.memory.state.vms)) {
      if (isLeftStopping(copy)) void this.stopForLeaving(vm);
    }
  }

  /** In the VM's turn, so a start or a migration in hand has told what became of the copy. */
  private async stopForLeaving(vm: string): Promise<void> {
    this.actions.set(vm, (this.actions.get(vm) ?? 0) + 1);
    await this.queue.run(vm, async () => {
      const known = this.deps.memory.state.vms[vm];
      const leaving = known ? admitLeave(known, this.env()) : null;
      // What stands paused would not hear its power button.
      const standsStill = known?.copy?.state === 'arrived' || isHeld(known?.copy ?? null);
      const graceSeconds = standsStill ? 0 : leaveGraceSeconds;
      if (leaving) await this.stopNow(vm, leaving, graceSeconds);
      this.finished(vm);
    });
  }

  private async stopNow(
    vm: string,
    leaving: LocalVm & { copy: ObservedVm },
    graceSeconds: number,
  ): Promise<void> {
    const { memory, hypervisor, log } = this.deps;
    await memory.setVm(vm, leaving);
    this.deps.changed();
    const identity = this.identity(vm, leaving.copy);
    try {
      await this.guests.stop(identity, graceSeconds);
      await hypervisor.destroy(identity);
      await this.update(vm, leaving.copy, { state: 'stopped', reason: hostShutdownReason });
    } catch (error) {
      ignoreHypervisor(error);
      log.warn({ vm, generation: leaving.copy.generation, err: error }, 'the copy could not be stopped');
    }
  }

  private async begin(request: BeginRequest, kind: 'start' | 'receive'): Promise<Work> {
    const { memory, hypervisor } = this.deps;
    const { vm } = request;
    if (!this.deps.isBootKnown()) return refused('unavailable', 'this boot of the host is not known yet');
    const room = roomFor(memory.state, request, this.deps.capacity(), this.isLeaving);
    const admission = admitBegin(memory.state, vm, request, kind, room, this.env());
    return await this.carryOut(vm, admission, async (copy) => {
      const { memory: stored, disks } = request;
      const values = await this.deps.secrets.await(stored ? [stored, ...disks] : disks, this.deps.clock);
      if (!values) throw new HypervisorError('refused', 'its CHAP secrets did not arrive');
      await makeSeed(this.deps.seeds, request);
      await this.refuseIfOut(copy.hostEpoch);
      // Begun before the host was told to go down: its stop is next in this VM's queue.
      if (this.isLeaving) return;
      if (kind === 'receive') {
        await hypervisor.prepareIncoming(disks, values);
        return await this.update(vm, copy, { state: 'receiving' });
      }
      const spec = domainSpec(request, request.stamp, disks, this.deps);
      await (stored ? hypervisor.restore(spec, values, stored) : hypervisor.start(spec, values));
      // Ordered gone meanwhile, it is as good as gone: nobody is to rely on it.
      if (memory.state.vms[vm]?.copy?.state !== 'stopping') await this.update(vm, copy, { state: 'running' });
    });
  }

  /**
   * A command may have waited while the whole host was frozen: what the cluster thinks of the host is asked anew before
   * anything begins. A host that cannot ask begins nothing.
   */
  private async refuseIfOut(hostEpoch: number): Promise<void> {
    const epoch = await this.deps.currentEpoch();
    if (epoch === hostEpoch) return;
    const found = epoch === null ? 'the cluster cannot be asked' : `its epoch is ${epoch}`;
    throw new HypervisorError('refused', `the host may have been fenced meanwhile: ${found}`);
  }

  private async move(request: MigrateRequest, copy: ObservedVm): Promise<void> {
    const { vm, to } = request;
    const spec = domainSpec(request, to, to.disks, this.deps);
    const { generation } = to;
    try {
      const result = await this.deps.hypervisor.migrate(
        vm,
        { spec, address: to.address },
        { timeoutMs: migrationTimeoutMs },
      );
      const moved = { generation, result: 'moved' as const, reason: '' };
      await this.update(vm, copy, {
        state: 'stopped',
        reason: `moved to ${to.host}`,
        migration: { ...moved, downtimeMs: result.downtimeMs },
      });
    } catch (error) {
      const reason = messageOf(error);
      const failed = { generation, result: 'failed' as const, downtimeMs: null, reason };
      const stillHere = await this.guests.isHere(this.identity(vm, copy));
      const state = stillHere ? ('running' as const) : ('stopped' as const);
      await this.update(vm, copy, { state, reason: stillHere ? '' : reason, migration: failed });
    }
  }

  /** Remembers, acts in the VM's turn, and says what became of it; the answer does not wait for that. */
  private async carryOut(
    vm: string,
    admission: VmAdmission,
    act: (copy: ObservedVm) => Promise<void>,
  ): Promise<Work> {
    if (admission.action) this.actions.set(vm, (this.actions.get(vm) ?? 0) + 1);
    if (admission.vm) {
      // Admission and memory change together, before anything is awaited: a repeat finds the work in hand.
      const stored = this.deps.memory.setVm(vm, admission.vm);
      this.deps.changed();
      await stored;
    }
    const copy = (admission.vm ?? this.deps.memory.state.vms[vm])?.copy;
    if (admission.action && copy) {
      void this.queue.run(vm, async () => {
        this.deps.log.info({ vm, generation: copy.generation, state: copy.state }, 'does what it was told');
        try {
          await act(copy);
        } catch (error) {
          await this.failed(vm, copy, error);
        } finally {
          this.finished(vm);
        }
      });
    }
    return admission.reply;
  }

  private async failed(vm: string, copy: ObservedVm, error: unknown): Promise<void> {
    if (!(error instanceof HypervisorError)) throw error;
    this.deps.log.warn({ vm, generation: copy.generation, err: error }, 'the action failed');
    if (copy.state !== 'starting') {
      await this.update(vm, copy, {});
      return;
    }
    // "Failed" is an attestation that nothing of this generation runs, so it is made sure of first.
    const warn = (err: unknown): void => this.deps.log.warn({ vm, err }, 'a failed start could not be cleaned up yet');
    if (!(await this.guests.end(this.identity(vm, copy), warn))) return;
    await this.update(vm, copy, { state: 'failed', reason: messageOf(error) });
  }

  private finished(vm: string): void {
    const left = (this.actions.get(vm) ?? 1) - 1;
    if (left > 0) this.actions.set(vm, left);
    else {
      this.actions.delete(vm);
      this.guests.release(vm);
    }
    this.deps.changed();
  }

  private async update(vm: string, copy: ObservedVm, patch: Partial<ObservedVm>): Promise<void> {
    const known = this.deps.memory.state.vms[vm];
    if (known?.copy?.generation !== copy.generation || known.uid !== copy.uid) return;
    const sinceMs = this.deps.clock.nowMs();
    await this.deps.memory.setVm(vm, { ...known, copy: { ...known.copy, ...patch, sinceMs } });
    this.deps.changed();
  }

  private identity(vm: string, { uid, generation, hostEpoch }: ObservedVm): DomainIdentity {
    return { vm, uid, generation, hostEpoch, incarnation: this.deps.incarnation };
  }

  private env(): Env {
    const { clock, incarnation } = this.deps;
    return { nowMs: clock.nowMs(), random: randomStream('agent'), incarnation };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 900);
