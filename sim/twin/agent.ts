/** The twin of the host agent's shell: watches, heartbeats, reconciliation, what it publishes. */
import {
  armingOf, clusterKey, heartbeatIntervalMs,
  type ClusterRecord, type HostRecord, type Observed, type PoolRecord, type Reply,
} from '@holdfast/contracts';
import {
  doomed, lastAckedMs, noContact, reconcile, restedUntil, withAck, withSent,
  type Contact, type FoundDomain,
} from '@holdfast/host-agent/core';
import type { Size } from '../check/bounds.js';
import { Process } from '../engine/process.js';
import { Pulse, type Heard } from '../engine/pulse.js';
import { AgentMemory } from './agent-memory.js';
import type { AgentParts } from './agent-parts.js';
import { TwinCopies } from './copies.js';
import { TwinGuestWatches } from './guest-watches.js';
import { foundDomain, noStaleCopies, staleCopy } from './found-domain.js';
import { meterLoad } from './load-meter.js';
import { probePeer } from './peer-probe.js';
import { TwinProjection, startAll } from './projection.js';
import { TwinReports } from './reports.js';
import { TwinSelfFence } from './self-fence.js';
import { TwinStorageWatch } from './storage-watch.js';
import { TwinWatchdog } from './watchdog.js';

const resyncMs = 5000;
const retryMs = 500;
const listMs = 4;
/** An acknowledgement on its way. */
const ackMs = 1;
/** A stop, a start and a move may stand in line for one VM; a command that comes again joins none. */
const maxLine = 8;
const maxRemembered = 1024;
const lastReportWithinMs = 5000;

export class TwinAgent {
  readonly process: Process;
  /** That of its configuration when it was started. */
  incarnation = '';
  bootId = '';
  private memory!: AgentMemory;
  private copies!: TwinCopies;
  private guests!: TwinGuestWatches;
  private record!: TwinProjection<HostRecord>;
  private pools!: TwinProjection<PoolRecord>;
  private cluster!: TwinProjection<ClusterRecord>;
  private endings = new Map<string, string>();
  private stale: FoundDomain[] = [];
  private flags = { syncing: false, syncAgain: false, ready: false };
  private reports!: TwinReports;
  private isLeaving = false;
  private startedAtMs = 0;
  private sequence = 0;
  private contact: Contact = noContact;
  /** Its beats would all be like this one since then. */
  private restsSinceMs: number | null = null;
  private selfFence!: TwinSelfFence;
  private watchdog: TwinWatchdog | null = null;
  private pulse!: Pulse;
  private watch!: TwinStorageWatch;
  private readonly addresses: Observed['addresses'];

  constructor(private readonly parts: AgentParts) {
    const { name } = parts.machine;
    this.addresses = { management: name, storage: name };
    this.process = new Process(parts.machine, `agent/${parts.machine.name}`);
  }

  /** A start of the program; what it remembers is on its disk. */
  start(bootId: string): void {
    const { process, parts } = this;
    const { bus, machine } = parts;
    this.bootId = bootId;
    process.start();
    this.incarnation = parts.incarnation;
    this.startedAtMs = process.nowMs();
    this.endings = new Map();
    this.stale = [];
    this.isLeaving = false;
    this.reports = new TwinReports(process, bus, () => this.report());
    this.contact = noContact;
    this.restsSinceMs = null;
    this.flags = { syncing: false, syncAgain: false, ready: false };
    this.memory = AgentMemory.load(parts.disk, process, this.incarnation, parts.planted);
    const currentEpoch = (done: (epoch: number | null) => void): void =>
      bus.bucket<HostRecord>('hosts').get(process, machine.name, (outcome) =>
        done(outcome.ok ? (this.own(outcome.value?.value ?? null)?.epoch ?? null) : null),
      );
    const { hypervisor, planted } = parts;
    const given = { process, hypervisor, planted, memory: this.memory, incarnation: this.incarnation, currentEpoch };
    this.copies = new TwinCopies({
      ...given,
      capacity: parts.capacity,
      isBootKnown: () => parts.planted.beginsInUnknownBoot || this.ownRecord()?.bootId === this.bootId,
      changed: () => {
        this.publish();
        this.guests.look();
      },
    });
    const changed = (): void => this.publish();
    this.guests = new TwinGuestWatches({ ...given, busy: () => this.copies.busy(), changed });
    const nodes = (): string[] => [...this.pools.values()].map(({ node }) => node);
    this.selfFence = new TwinSelfFence({
      ...given,
      copies: this.copies,
      isBusConnected: () => bus.isConnected(machine.name),
      isArmed: () => this.isArmed,
      ackedAtMs: () => lastAckedMs(this.contact, nodes()),
      epochFloor: () => this.contact.epochFloor,
    });
    this.watchdog = parts.watchdog && new TwinWatchdog({
      ...{ loop: process.loop, timer: parts.watchdog, bootId, nodes, changed },
      contact: () => this.contact,
      record: () => this.ownRecord(),
      isArmed: () => this.isArmed,
    });
    this.record = new TwinProjection<HostRecord>(process, bus.bucket('hosts'), machine.name);
    this.pools = new TwinProjection<PoolRecord>(process, bus.bucket('pools'));
    this.cluster = new TwinProjection<ClusterRecord>(process, bus.bucket('cluster'));
    const { pools, memory, copies } = this;
    const ownEpoch = (): number | undefined => this.ownRecord()?.epoch;
    this.watch = new TwinStorageWatch({ ...parts, process, pools, memory, copies, ownEpoch, changed });
    parts.hypervisor.onEvent = (event) =>
      process.run(() => {
        if (event.kind === 'changed' && event.detail === 'rebooted') {
          this.guests.sawReset(event.vm);
          this.copies.sawReboot(event.vm);
        }
        if (event.kind === 'changed' && event.detail === 'stopped') this.endings.set(event.vm, event.ending);
        this.sync();
        this.publish();
      });
    bus.serve('host-agent', machine.name, {
      process,
      handle: (name, request, reply) => this.handle(name, request, reply),
    });
    process.after(150, () => startAll([this.record, this.pools, this.cluster], () => this.begin()));
  }

  private begin(): void {
    const { process, parts } = this;
    this.flags.ready = true;
    for (const [vm, { copy }] of Object.entries(this.memory.state.vms)) {
      if (copy?.state === 'migrating') parts.hypervisor.abortMigration(vm);
    }
    this.copies.callOffStarts();
    this.copies.leaving.goOn();
    this.record.onChange(() => this.sync());
    this.pulse = new Pulse(process, heartbeatIntervalMs, (beforeMs) => this.beat(beforeMs));
    this.pools.onChange(() => this.pulse.wake());
    if (this.watchdog) for (const watched of [this.record, this.cluster]) watched.onChange(() => this.pulse.wake());
    this.pulse.run();
    this.watch.start();
    const wanted = parts.wantedCpus();
    if (wanted) meterLoad({ process, bus: parts.bus, wanted, copies: () => this.runningCopies() });
    this.resync();
  }

  private *runningCopies(): Generator<[string, number]> {
    for (const [vm, { copy }] of Object.entries(this.memory.state.vms)) {
      if (copy?.state === 'running') yield [vm, copy.generation];
    }
  }

  /** It has begun, and people have not disarmed the cluster, as far as it knows. */
  get isArmed(): boolean {
    return this.flags.ready && armingOf(this.cluster.value(clusterKey), this.incarnation).armed;
  }

  /** It has met the bus since it started: before, nobody can hear it on any path. */
  get hasBegun(): boolean {
    return this.flags.ready;
  }

  /**
   * The host's operating system goes down: stops every VM and says so; then the machine may be switched off. If the
   * agent dies meanwhile nobody is told: the machine waits for it no longer than it likes.
   */
  leave(done: () => void): void {
    const { process } = this;
    if (!process.alive || !this.flags.ready || this.isLeaving) {
      done();
      return;
    }
    process.run(() => {
      this.isLeaving = true;
      this.publish();
      this.copies.leaving.begin(() => this.reports.sayLast(process.nowMs() + lastReportWithinMs, done));
    });
  }

  *sizes(): Iterable<Size> {
    const { name } = this.process;
    if (!this.process.alive) return;
    yield { what: `actions in line at ${name}`, size: this.copies.longestLine(), bound: maxLine };
    yield { what: `VMs that ${name} remembers`, size: Object.keys(this.memory.state.vms).length, bound: maxRemembered };
  }

  private handle(name: string, request: unknown, reply: (reply: Reply<unknown>) => void): void {
    if (name === 'probe-peer') probePeer(this.process, this.parts, (request as { host: string }).host, reply);
    else if (this.flags.ready) this.copies.handle(name, request, reply);
    else reply({ ok: false, refusal: { code: 'unavailable', message: 'the agent is starting' } });
  }

  private beat(beforeMs: number): Heard<unknown>[] | null {
    const { process, parts } = this;
    if (this.restsSinceMs !== null) {
      this.contact = restedUntil(this.contact, this.restsSinceMs, beforeMs);
      this.selfFence.restedUntil(beforeMs);
      this.watchdog?.restedUntil(beforeMs);
      this.restsSinceMs = null;
    }
    this.sequence += 1;
    const message = {
      host: parts.machine.name,
      uuid: parts.uuid,
      bootId: this.bootId,
      epoch: this.memory.state.epoch,
      sequence: this.sequence,
      sentAtMs: process.nowMs(),
    };
    this.contact = withSent(this.contact, this.sequence, process.loop.nowMs, message.epoch);
    let heard = parts.bus.broadcast(process, 'heartbeat', message);
    for (const { node } of this.pools.values()) {
      if (!parts.network.carries(parts.machine.name, node, 'storage')) continue;
      const answer = parts.storage(node)?.hear(parts.machine.name, this.memory.state.epoch);
      if (answer) heard?.push(answer.heard);
      else heard = null;
      if (answer && parts.network.carries(node, parts.machine.name, 'storage')) {
        this.acknowledged(node, answer.epochFloor);
      }
    }
    if (!this.selfFence.look()) heard = null;
    if (this.watchdog?.look() === false) heard = null;
    if (heard) this.restsSinceMs = process.loop.nowMs;
    if (heard) this.watchdog?.rest(this.pulse);
    return heard;
  }

  private acknowledged(node: string, epochFloor: number): void {
    const { epochFloor: before } = this.contact;
    const floor = this.parts.planted.ignoresRevocation ? 0 : epochFloor;
    this.contact = withAck(this.contact, { node, sequence: this.sequence, epochFloor: floor }) ?? this.contact;
    if (this.contact.epochFloor > before) this.process.after(ackMs, () => this.sync());
  }

  /** A record from a backup says nothing of this host's epoch or boot. */
  private own(record: HostRecord | null): HostRecord | null {
    return record?.incarnation === this.incarnation ? record : null;
  }

  private ownRecord(): HostRecord | null {
    return this.own(this.record.value(this.parts.machine.name));
  }

  private sync(): void {
    const { flags, process } = this;
    if (flags.syncing) {
      flags.syncAgain = true;
      return;
    }
    flags.syncing = true;
    flags.syncAgain = false;
    const busyBefore = this.copies.busy();
    const done = (): void => {
      flags.syncing = false;
      if (flags.syncAgain) this.sync();
    };
    if (!this.parts.hypervisor.connected) {
      done();
      return;
    }
    const domains = this.parts.hypervisor.list();
    this.watch.saw(domains);
    const found = domains.map(foundDomain);
    process.after(listMs, () => this.syncWith(found, busyBefore, done));
  }

  private syncWith(found: FoundDomain[], busyBefore: ReadonlySet<string>, done: () => void): void {
    const { parts, memory, process } = this;
    const record = this.ownRecord();
    const epoch = Math.max(record?.epoch ?? 0, memory.state.epoch, this.contact.epochFloor);
    process.loop.stepCount += 1;
    const alsoBusy = new Set([...busyBefore, ...this.copies.busy()]);
    const { local, stale } = reconcile(memory.state, found, {
      epoch,
      busy: alsoBusy,
      endings: this.endings,
      nowMs: process.nowMs(),
    });
    this.endings.clear();
    const seen = parts.planted.keepsStaleCopies ? [] : stale;
    const going = doomed(seen, this.incarnation, record !== null);
    memory.set(local, () => {
      this.guests.found(alsoBusy);
      this.guests.look();
      this.stale = seen;
      if (seen.length > 0 && going.length === 0) {
        this.publish();
        done();
        return;
      }
      if (going.length > 0) {
        this.publish();
        let left = going.length;
        for (const domain of going) {
          this.copies.destroyStale(domain, () => {
            left -= 1;
            if (left > 0) return;
            this.flags.syncAgain = true;
            done();
          });
        }
        return;
      }
      const isNewer = record !== null && record.epoch > local.epoch && record.bootId === this.bootId;
      if (!isNewer) {
        this.publish();
        done();
        return;
      }
      // Work begun under an older epoch could still bring a copy about: it ends first.
      const busy = this.copies.busy();
      if (busy.size > 0) {
        for (const vm of busy) parts.hypervisor.abortMigration(vm);
        process.after(retryMs, () => this.sync());
        done();
        return;
      }
      this.pulse.wake();
      memory.set({ ...memory.state, epoch: record.epoch }, () => {
        this.publish();
        done();
      });
    });
  }

  private resync(): void {
    this.sync();
    this.process.after(resyncMs, () => this.resync());
  }

  private publish(): void {
    this.reports.publish();
  }

  private report(): Observed {
    const { parts, memory, process } = this;
    const { name } = parts.machine;
    const report: Observed = {
      host: name,
      uuid: parts.uuid,
      bootId: this.bootId,
      incarnation: this.incarnation,
      epoch: memory.state.epoch,
      startedAtMs: this.startedAtMs,
      sealKey: 'sealed',
      capacity: parts.capacity,
      addresses: this.addresses,
      probePort: 1,
      hypervisor: parts.hypervisor.connected ? 'connected' : 'disconnected',
      leaving: this.isLeaving,
      vms: this.watch.copiesOf(memory.state.vms),
      ...this.watch.lostPools(),
      ...(this.watchdog ? { watchdog: this.watchdog.told() } : {}),
      ...(memory.state.former ? { former: memory.state.former } : {}),
      staleCopies: this.stale.length === 0 ? noStaleCopies : this.stale.map(staleCopy),
      atMs: process.nowMs(),
    };
    return parts.planted.report?.(report, this.record.value(name)) ?? report;
  }
}
