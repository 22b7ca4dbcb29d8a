/** Looks at every step of a run and says when something that must never be is. */
import type { AttachmentRecord, HostRecord, Observed, Transition, VmRecord } from '@holdfast/contracts';
import { hash32 } from '@holdfast/kernel';
import type { Loop } from '../engine/loop.js';
import type { Bus } from '../world/bus.js';
import type { Domain, Ending, Hypervisor, Identity } from '../world/hypervisor.js';
import type { TargetStore } from '../world/target-store.js';
import { watchArming, watchShadow } from './arming.js';
import { GuestCheck } from './guests.js';
import type { Invariant } from './invariants.js';
import { watchOvercommit } from './overcommit.js';
import { againstPolicy } from './policies.js';
import { isWanted, keepsEpoch, olderCopies } from './record-checks.js';
import { RuleCheck } from './rules.js';
import { NameCheck } from './names.js';
import { cutOffBySleep } from './sleep.js';

export { invariants, type Invariant } from './invariants.js';

/** Between the look at its targets and the order to go on. */
const goesOnLateMs = 3000;

export interface Violation {
  invariant: Invariant;
  atMs: number;
  text: string;
}

export interface LogEntry {
  atMs: number;
  event: string;
  text: string;
  data: Record<string, string | number | boolean | null>;
}

export interface Recovery {
  vm: string;
  from: string;
  to: string;
  faultAtMs: number;
  runningAtMs: number;
}

/** What the checker may look at besides what it is told. */
export interface CheckedWorld {
  hypervisors(): Iterable<Hypervisor>;
  memoryMiB(host: string): number;
  store(node: string): TargetStore;
  stores(): Iterable<TargetStore>;
  isHealthy(host: string): boolean;
  isPowerLiar(host: string): boolean;
}

export const maxLog = 20_000;

export class Checker {
  readonly violations: Violation[] = [];
  readonly log: LogEntry[] = [];
  readonly recoveries: Recovery[] = [];
  /** When something last happened to a host. */
  readonly faultAtMs = new Map<string, number>();
  /** How often something rare has happened. */
  readonly witnesses: Record<string, number> = {};
  traceHash = 0;
  eventCount = 0;
  private records: Bus | null = null;
  private putBackAtMs = Number.NEGATIVE_INFINITY;
  private readonly newestWrite = new Map<string, { generation: number; host: string }>();
  /** The newest copy of each VM that was started, by uid. */
  private readonly newest = new Map<string, { generation: number; atMs: number }>();
  /** The volume that the memory of a VM is in, by uid, as long as it has not run since. */
  private readonly standing = new Map<string, string>();
  private readonly ranOn = new Map<string, { host: string; sinceMs: number }>();
  /** The largest numbers that were ever in use, whatever the records say after a restore. */
  private readonly accepted = new Map<string, { epoch: number; incarnation: string }>();
  private readonly newestOpened = new Map<string, number>();
  private readonly told = new Set<string>();
  private readonly names = new NameCheck();
  private rules: RuleCheck | null = null;
  private readonly guests: GuestCheck;
  /** The largest that any settings allowed, on any host. */
  private mostOvercommit = 1;
  private readonly fencedHealthy = new Set<string>();

  constructor(
    private readonly loop: Loop,
    private readonly world: CheckedWorld,
  ) {
    const on = (host: string): Hypervisor | null =>
      [...world.hypervisors()].find(({ machine }) => machine.name === host) ?? null;
    this.guests = new GuestCheck(
      on,
      (text) => this.broken('guests', text),
      (what) => this.witnessed(what),
    );
  }

  watch(bus: Bus): void {
    const broken = (text: string): void => this.broken('rules', text);
    this.rules = new RuleCheck(this.loop, bus, () => this.world.hypervisors(), broken);
    watchOvercommit(bus, (ratio) => (this.mostOvercommit = Math.max(this.mostOvercommit, ratio)));
    this.records = bus;
    bus.bucket<VmRecord>('vms').onPutBack = (contents) => {
      this.putBackAtMs = this.loop.nowMs;
      this.names.putBack(contents);
    };
    bus.bucket<VmRecord>('vms').onWrite = (before, { key, value }) => this.vmWritten(key, before, value);
    bus.bucket<HostRecord>('hosts').onWrite = (before, { key, value }) => this.hostWritten(key, before, value);
    bus.bucket<Observed>('observed').onWrite = (before, { key, value }) => {
      if (value) this.guests.observedWritten(key, before, value);
      this.observedWritten(key, value);
    };
    bus.bucket<AttachmentRecord>('attachments').onWrite = (before, { key, value }) =>
      this.attachmentWritten(key, before, value);
    watchArming(bus, (text) => this.broken('armed-by-person', text));
    watchShadow(bus, () => this.loop.nowMs, (text) => this.broken('shadow-spares', text));
  }

  note(event: string, text: string, data: LogEntry['data'] = {}): void {
    const { nowMs } = this.loop;
    this.traceHash = hash32(`${this.traceHash}/${nowMs}/${event}/${text}`);
    this.eventCount += 1;
    if (this.log.length < maxLog) this.log.push({ atMs: nowMs, event, text, data });
    if (event !== 'plant.power-off') return;
    const record = this.records?.bucket<HostRecord>('hosts').value(text) ?? null;
    for (const vm of cutOffBySleep(this.world.hypervisors(), text, record)) {
      this.broken('sleep', `${text} is switched off to save power, and ${vm} runs there`);
    }
  }

  /** Published at least once by each replica; told once. */
  published(key: string, { number, atMs, event, text, data }: Transition): void {
    const id = `${event}/${key}/${number}/${atMs}`;
    if (this.told.has(id)) return;
    this.told.add(id);
    this.note(event, `${key}: ${text}`, { ...data, [event.split('.')[0] as string]: key });
  }

  broken(invariant: Invariant, text: string): void {
    if (this.violations.length < 20) this.violations.push({ invariant, atMs: this.loop.nowMs, text });
    this.note('invariant.broken', `${invariant}: ${text}`);
  }

  written(volume: string, generation: number, host: string): void {
    const newest = this.newestWrite.get(volume);
    if (newest && generation < newest.generation) {
      this.broken(
        'one-writer',
        `${host} wrote ${volume} at generation ${generation} after ${newest.host} had at ${newest.generation}`,
      );
    } else if (newest?.generation === generation && newest.host !== host) {
      this.broken('one-writer', `${newest.host} and ${host} write ${volume} at generation ${generation}`);
    }
    if (!newest || generation > newest.generation) this.newestWrite.set(volume, { generation, host });
  }

  opened(what: string): void {
    this.broken('one-writer', what);
  }

  /** Something rare has happened: tests look whether it ever does. */
  witnessed(what: string): void {
    this.witnesses[what] = (this.witnesses[what] ?? 0) + 1;
  }

  floorFell(what: string, from: number, to: number): void {
    this.broken('only-grows', `the durable floor of ${what} fell from ${from} to ${to}`);
  }

  found({ identity, host }: Domain): void {
    this.ranOn.set(identity.vm, { host, sinceMs: this.loop.nowMs });
  }

  running(domain: Domain, how: 'started' | 'moved' | 'resumed', askedAtMs = this.loop.nowMs): void {
    const { vm, uid, generation } = domain.identity;
    if (domain.isOutrun) this.broken('whole-memory', `${vm} g${generation} goes on, and had run on where it came from`);
    this.note(`copy.${how}`, `${vm} g${generation} runs on ${domain.host}`, { vm, host: domain.host, generation });
    // A half of a move may go on late, when storage has shut it out: it is an old copy then, and lives as such.
    this.checkNotShutOut(domain, how, askedAtMs);
    const isHarmless = how !== 'started' && !this.isDangerous(domain);
    for (const { domains } of isHarmless ? [] : this.world.hypervisors()) {
      for (const name of this.names.of(uid, vm)) {
        const other = domains.get(name);
        if (!other || other === domain || other.identity.uid !== uid || other.incoming) continue;
        if (!this.isDangerous(other)) continue;
        const lives = `g${other.identity.generation} lives on ${other.host}`;
        this.broken('proof-before-start', `${vm} g${generation} starts on ${domain.host} while ${lives}`);
      }
    }
    this.checkMemory(domain);
    this.standing.delete(uid);
    if (how === 'resumed') return;
    this.rules?.running(domain, how);
    this.noteRecovery(vm, domain.host);
  }

  stored({ uid, generation }: Identity, volume: string): void {
    if (generation >= (this.newest.get(uid)?.generation ?? 0)) this.standing.set(uid, volume);
    this.witnessed('memory stored');
  }

  restored({ identity: { vm, uid } }: Domain, volume: string): void {
    this.witnessed('memory used');
    if (this.standing.get(uid) !== volume) this.broken('whole-memory', `${vm} has run since ${volume} was stored`);
  }

  grown(domain: Domain): void {
    this.checkMemory(domain);
  }

  ended(domain: Domain, why: Ending | 'power'): void {
    const { vm, generation } = domain.identity;
    // What was asked before a backup was put back followed other records.
    const isOfBefore = domain.doomedAtMs !== null && domain.doomedAtMs < this.putBackAtMs;
    const isExcused = domain.isSelfFenced || isOfBefore || this.isRevoked(domain);
    if (why === 'destroyed' && !isExcused && this.records && isWanted(domain, this.records)) {
      this.broken('wanted-copies', `${vm} g${generation} was destroyed on ${domain.host}, where its record wants it`);
    }
    this.note('copy.ended', `${vm} g${generation} on ${domain.host}: ${why}`, { vm, host: domain.host });
  }

  /**
   * Nothing that a disk error has paused is told to go on once a newer copy has run for a while: storage has shut it
   * out. A daemon that hung may carry out late what it was told before.
   */
  private checkNotShutOut(
    { identity, haltedByDisk, host }: Domain,
    how: 'started' | 'moved' | 'resumed',
    askedAtMs: number,
  ): void {
    const { vm, uid, generation } = identity;
    const newest = this.newest.get(uid);
    if (how === 'started' && generation > (newest?.generation ?? 0)) {
      this.newest.set(uid, { generation, atMs: this.loop.nowMs });
    }
    if (how !== 'resumed' || !haltedByDisk || !newest) return;
    if (newest.generation > generation && askedAtMs - newest.atMs > goesOnLateMs) {
      this.broken('proof-before-start', `${vm} g${generation} goes on at ${host}, and g${newest.generation} runs`);
    }
  }

  /** Storage remembers that its host was fenced, though a backup may have brought back a record that does not. */
  private isRevoked({ identity, host }: Domain): boolean {
    for (const { floors } of this.world.stores()) if ((floors.hosts[host] ?? 0) > identity.hostEpoch) return true;
    return false;
  }

  private isDangerous(other: Domain): boolean {
    if (this.needsPower(other)) return !this.world.isPowerLiar(other.host);
    return other.volumes.some(({ volume, node }) =>
      this.world.store(node).canWrite(volume, other.identity.generation, other.host),
    );
  }

  /** Nobody can speak for it but who knows that it does not run; or its policy says that nobody else is enough. */
  private needsPower({ identity, volumes }: Domain): boolean {
    const vm = this.records?.bucket<VmRecord>('vms').value(identity.vm);
    return volumes.length === 0 || (vm?.uid === identity.uid && vm.spec.policy.proof !== 'storage');
  }

  private checkMemory({ host }: Domain): void {
    for (const hypervisor of this.world.hypervisors()) {
      if (hypervisor.machine.name !== host) continue;
      let usedMiB = 0;
      for (const { memoryMiB } of hypervisor.domains.values()) usedMiB += memoryMiB;
      const hasMiB = this.world.memoryMiB(host) * this.mostOvercommit;
      if (usedMiB > hasMiB) this.broken('memory', `${host} runs ${usedMiB} MiB and has ${hasMiB}`);
    }
  }

  private noteRecovery(vm: string, host: string): void {
    const before = this.ranOn.get(vm);
    const faultAtMs = before ? this.faultAtMs.get(before.host) : undefined;
    if (before && faultAtMs !== undefined && faultAtMs >= before.sinceMs && before.host !== host) {
      const recovery = { vm, from: before.host, to: host, faultAtMs, runningAtMs: this.loop.nowMs };
      this.recoveries.push(recovery);
    }
    this.ranOn.set(vm, { host, sinceMs: this.loop.nowMs });
  }

  private vmWritten(key: string, before: VmRecord | null, after: VmRecord | null): void {
    const misnamed = this.names.written(key, before, after);
    if (misnamed !== null) this.broken('one-record', misnamed);
    if (!after) return;
    this.rules?.vmWritten(before, after);
    this.guests.vmWritten(before, after);
    if (before?.uid === after.uid && after.generation < before.generation) {
      this.broken('only-grows', `VM ${key} went from generation ${before.generation} to ${after.generation}`);
    }
    const hasMoved = before?.assignment?.generation !== after.assignment?.generation;
    if (hasMoved && after.assignment && before?.uid === after.uid) {
      if (after.assignment.generation <= (before.assignment?.generation ?? 0)) {
        this.broken('only-grows', `VM ${key} is assigned at generation ${after.assignment.generation} again`);
      }
    }
    const against = before && againstPolicy(before, after);
    if (against) this.broken('policies', against);
    const { length } = after.transitions;
    if (length > 128) this.broken('bounds', `VM ${key} carries ${length} transitions`);
  }

  private hostWritten(key: string, before: HostRecord | null, after: HostRecord | null): void {
    if (!after) return;
    if (before && after.epoch < before.epoch) {
      this.broken('only-grows', `host ${key} went from epoch ${before.epoch} to ${after.epoch}`);
    }
    const proofs = after.incident?.proofs.length ?? 0;
    if (after.evidence.length > 16 || proofs > 64 || after.transitions.length > 128) {
      this.broken('bounds', `host ${key} has outgrown a list`);
    }
    this.checkProof(key, before, after);
    this.checkOnline(key, before, after);
    if (before && keepsEpoch(before, after)) {
      this.broken('only-grows', `host ${key} is ${after.health} in epoch ${after.epoch}, as it was ${before.health}`);
    }
    if (before?.health === 'joining' && after.health === 'online') this.checkClean(key, after);
    if (after.health === 'online') this.fencedHealthy.delete(key);
    if (after.health === 'fencing' && before?.health !== 'fencing' && this.world.isHealthy(key)) {
      this.fencedHealthy.add(key);
      this.note('host.fenced-though-healthy', key, { host: key });
      let hosts = 0;
      for (const _ of this.world.hypervisors()) hosts += 1;
      if (this.fencedHealthy.size * 2 > hosts) {
        this.broken('majority-spared', `healthy and fenced: ${[...this.fencedHealthy].join(', ')}`);
      }
    }
  }

  private checkClean(host: string, { epoch }: HostRecord): void {
    for (const vm of olderCopies(this.world.hypervisors(), host, epoch)) {
      this.broken('wanted-copies', `${host} counts as online with a copy of ${vm} from before epoch ${epoch}`);
    }
  }

  /** What the record calls proven must be so: no storage node lets the host write any more. */
  private checkProof(host: string, before: HostRecord | null, after: HostRecord): void {
    const proof = after.evidence.at(-1);
    if (!proof || after.evidence.length === before?.evidence.length) return;
    if (proof.kind === 'lease-expired') {
      this.witnessed('lease-expired');
      for (const vm of olderCopies(this.world.hypervisors(), host, proof.epoch)) {
        this.broken('proof-before-start', `the lease of ${host} is proven to be over, and ${vm} lives there`);
      }
    }
    if (proof.kind !== 'storage-revoked') return;
    for (const store of this.world.stores()) {
      const target = store.openBelow(host, proof.epoch);
      if (target) this.broken('proof-before-start', `${host} is proven revoked and writes through ${target}`);
    }
  }

  /** Also across a restore from a backup: what an agent has accepted is never given to it again. */
  private observedWritten(host: string, observed: Observed | null): void {
    if (!observed || observed.epoch <= (this.accepted.get(host)?.epoch ?? 0)) return;
    this.accepted.set(host, { epoch: observed.epoch, incarnation: observed.incarnation });
  }

  private checkOnline(key: string, before: HostRecord | null, after: HostRecord): void {
    if (after.health !== 'online' || before?.health === 'online') return;
    const used = this.accepted.get(key);
    if (!used || after.epoch > used.epoch) return;
    if (after.epoch === used.epoch && after.incarnation === used.incarnation) return;
    this.broken('only-grows', `host ${key} is online in epoch ${after.epoch} after it was in ${used.epoch}`);
  }

  private checkOpening(key: string, before: AttachmentRecord | null, after: AttachmentRecord): void {
    const newest = this.newestOpened.get(key) ?? 0;
    for (const { generation, phase, host } of after.holders) {
      const isNew = before?.holders.every((holder) => holder.generation !== generation) !== false;
      if (phase === 'opening' && isNew && generation <= newest) {
        const text = `volume ${key} is to be opened to ${host} at ${generation}`;
        this.broken('only-grows', `${text} after it was open at ${newest}`);
      }
      if (phase === 'open' && generation > newest) this.newestOpened.set(key, generation);
    }
  }

  private attachmentWritten(key: string, before: AttachmentRecord | null, after: AttachmentRecord | null): void {
    if (after) this.checkOpening(key, before, after);
    if (!after || !before) return;
    if (after.newest < before.newest && before.state === 'active' && before.vm === after.vm) {
      this.broken('only-grows', `attachment ${key} went from ${before.newest} to ${after.newest}`);
    }
    if (after.holders.length > 4 || after.transitions.length > 128) {
      this.broken('bounds', `attachment ${key}: ${after.holders.length} holders`);
    }
  }
}
