/**
 * The hypervisor of one host: domains that live on while their agent dies, starts and moves that take time and can come
 * to life late, guests that write through their targets.
 */
import type { Machine } from '../engine/process.js';
import {
  failed,
  isSame,
  noDomain,
  succeeded,
  unanswered,
  usualTimes,
  type Domain,
  type DomainWatcher,
  type Ending,
  type Failure,
  type HypervisorEvent,
  type HypervisorResult,
  type Identity,
  type Migration,
} from './domain.js';
import { Growth } from './growth.js';
import { GuestDisks } from './guest-disks.js';
import { LibvirtDaemon } from './libvirt-daemon.js';
import { LiveMigration } from './live-migration.js';
import type { Network } from './network.js';
import { Plugs } from './plugs.js';
import { StoredMemory } from './stored-memory.js';
import { logOut, type Session } from './target.js';
import { answerOf, bootMs, freshGuest, type GuestAnswer, type GuestTrouble } from './guest.js';
import type { TargetStores } from './target-store.js';

const newborn = {
  isGone: false, isOutrun: false, isLinkUp: true, isSelfFenced: false, doomedAtMs: null, loginsInHand: 0,
};
const guestAnswersMs = 2;

export { isSame, usualTimes, type Domain, type DomainWatcher, type Ending, type HypervisorResult, type Identity };
export type { HypervisorTimes, Migration } from './domain.js';

export class Hypervisor {
  readonly domains = new Map<string, Domain>();
  /** The share of starts that fail, and of those that fail but come to life all the same. */
  startFailures = 0;
  lateStarts = 0;
  /** The share of guests that ignore the power button. */
  deafGuests = 0;
  /** Everything takes so many times as long. */
  slowness = 1;
  /** The share of logins that freeze after CHAP, for up to so long. */
  frozenLogins = 0;
  frozenLoginMs = 20_000;
  /** The share of moves whose last word is lost: the guest has arrived, and the source lets its own run on. */
  lostAnswers = 0;
  /** Volumes whose targets do not answer this host. */
  readonly lostLuns = new Set<string>();
  onEvent: (event: HypervisorEvent) => void = () => undefined;
  readonly disks: GuestDisks;
  readonly growth: Growth;
  readonly plugs: Plugs;
  readonly memories: StoredMemory;
  private readonly moves: LiveMigration;
  private readonly starting = new Map<string, Identity>();
  private readonly daemon: LibvirtDaemon;

  constructor(
    readonly machine: Machine,
    readonly world: {
      network: Network;
      stores: TargetStores;
      watcher: DomainWatcher;
      hypervisor(host: string): Hypervisor | null;
      /** VMs whose guest gets into trouble each time that it has booted. */
      sickGuests?: ReadonlyMap<string, GuestTrouble>;
    },
    private readonly times = usualTimes,
  ) {
    this.daemon = new LibvirtDaemon(machine);
    this.disks = new GuestDisks(this, this.daemon, world);
    this.growth = new Growth(this, this.daemon);
    this.plugs = new Plugs(this, this.daemon);
    this.memories = new StoredMemory(this, this.daemon, world.stores);
    this.moves = new LiveMigration(this, this.daemon, world, times);
  }

  /** Nothing starts by itself. */
  powerOn(): void {
    this.daemon.powerOn();
  }

  /** Power is cut: everything ends at once. */
  powerOff(): void {
    for (const domain of [...this.domains.values()]) this.end(domain, 'power');
    this.starting.clear();
    this.moves.powerOff();
    this.memories.powerOff();
    this.daemon.powerOff();
  }

  list(): Domain[] {
    return [...this.domains.values()];
  }

  /** A copy of it is here, or about to be. */
  has(vm: string): boolean {
    return this.domains.has(vm) || this.starting.has(vm);
  }

  start(
    spec: Pick<Domain, 'identity' | 'volumes' | 'nics' | 'memoryMiB' | 'cpus' | 'maxCpus' | 'maxMemoryMiB'> & {
      hasPanicDevice?: boolean;
      /** The volume that its memory comes from; left out: it boots. */
      from?: string;
    },
    done: (result: HypervisorResult) => void,
  ): void {
    const { vm } = spec.identity;
    if (this.domains.has(vm) || this.starting.has(vm)) {
      done(failed('conflict', `a copy of ${vm} already runs on this host`));
      return;
    }
    this.starting.set(vm, spec.identity);
    const random = this.random('start');
    const fails = random.next() < this.startFailures;
    const isLate = random.next() < this.lateStarts;
    const answer = this.daemon.unlessItHangs(done, unanswered);
    const isInHand = (): boolean => this.starting.get(vm) === spec.identity;
    const destroyed = failed('internal', 'it was destroyed while it was being started');
    const ended = (refusal: Failure | null, sessions: Session[]): void => {
      const isWanted = isInHand();
      if (!isWanted || refusal !== null || this.domains.has(vm)) {
        sessions.forEach(logOut);
        if (isWanted) this.starting.delete(vm);
        answer(isWanted ? (refusal ?? failed('conflict', 'a copy runs already')) : destroyed);
        return;
      }
      this.starting.delete(vm);
      const guest = freshGuest(spec.hasPanicDevice === true);
      const { hasPanicDevice: _, from, ...given } = spec;
      const domain = this.put({ ...given, guest, state: 'running', incoming: null, sessions });
      this.boot(domain);
      if (from !== undefined) this.world.watcher.restored(domain, from);
      this.world.watcher.running(domain, 'started');
      this.disks.write(domain);
      answer(succeeded);
      this.tell({ kind: 'changed', vm, detail: 'started' });
    };
    this.pass(this.times.startMs, () => {
      if (isLate) answer(unanswered);
      this.daemon.later(isLate ? 3000 : 0, () => {
        if (!isInHand()) answer(destroyed);
        else if (fails) ended(failed('internal', 'the guest could not be started'), []);
        else this.disks.logIn(spec, ended);
      });
    });
  }

  /** Asks the guest; some do not listen. */
  shutdown(vm: string): HypervisorResult {
    const domain = this.domains.get(vm);
    if (!domain) return noDomain(vm);
    if (this.random('deaf').next() >= this.deafGuests && domain.guest.state === 'well') {
      this.pass(this.times.shutdownMs, () => this.end(domain, 'guest-shutdown'));
    }
    return succeeded;
  }

  /** Asks the guest to reboot, or resets it; an event tells when it was reset, if ever. */
  reboot(vm: string, force: boolean): HypervisorResult {
    const domain = this.domains.get(vm);
    if (!domain) return noDomain(vm);
    if (force || (this.random('deaf').next() >= this.deafGuests && domain.guest.state === 'well')) {
      this.pass(force ? [10, 50] : this.times.shutdownMs, () => {
        if (domain.isGone) return;
        this.boot(domain);
        this.tell({ kind: 'changed', vm, detail: 'rebooted' });
      });
    }
    return succeeded;
  }

  /** True once the QEMU of exactly this copy has exited, or when there is none; false when nobody answers. */
  destroy(identity: Identity, done: (isGone: boolean) => void): void {
    const answer = this.daemon.unlessItHangs(done, false);
    const domain = this.domains.get(identity.vm);
    if (domain && isSame(domain.identity, identity)) domain.doomedAtMs ??= this.machine.loop.nowMs;
    if (this.daemon.isHung) this.daemon.later(0, () => this.destroyNow(identity, answer));
    else this.destroyNow(identity, answer);
  }

  private destroyNow(identity: Identity, done: (isGone: boolean) => void): void {
    const domain = this.domains.get(identity.vm);
    if (!domain || !isSame(domain.identity, identity)) {
      // A start of it that the hypervisor still has in hand comes to nothing.
      const inHand = this.starting.get(identity.vm);
      if (inHand && isSame(inHand, identity)) this.starting.delete(identity.vm);
      done(true);
      return;
    }
    this.pass(this.times.destroyMs, () => {
      this.end(domain, 'destroyed');
      done(true);
    });
  }

  /** From the beginning: it answers a while later, or is in trouble again by then. */
  private boot(domain: Domain): void {
    const takesMs = bootMs(domain.identity);
    const guest = { ...domain.guest, state: 'well' as const, answersFromMs: this.machine.loop.nowMs + takesMs };
    domain.guest = guest;
    const trouble = this.world.sickGuests?.get(domain.identity.vm);
    if (trouble === undefined) return;
    this.daemon.laterInQemu(takesMs, () => {
      if (domain.guest === guest) this.troubleGuest(domain.identity.vm, trouble);
    });
  }

  /** The sessions of a copy end, and its QEMU does not log in again. */
  loseSessions(vm: string): void {
    const domain = this.domains.get(vm);
    if (!domain) return;
    domain.isAdrift = true;
    for (const session of domain.sessions) if (session) logOut(session);
  }

  /** The guest hangs, or its kernel panics; its QEMU lives on. */
  troubleGuest(vm: string, trouble: GuestTrouble): void {
    const domain = this.domains.get(vm);
    if (domain?.state !== 'running') return;
    domain.guest = { ...domain.guest, state: trouble, wasTroubled: true };
    if (trouble === 'panicked' && domain.guest.hasPanicDevice) this.tell({ kind: 'changed', vm, detail: 'crashed' });
  }

  /** What hung goes on; what has panicked does not. */
  healGuest(vm: string): void {
    const domain = this.domains.get(vm);
    if (domain?.guest.state === 'hung') domain.guest = { ...domain.guest, state: 'well' };
  }

  /** One question to the guest, over the network or through the daemon. */
  askGuest(vm: string, by: 'network' | 'daemon', limitMs: number, done: (answer: GuestAnswer) => void): void {
    const answer = answerOf(this.domains.get(vm), this.machine.loop.nowMs);
    if (answer === 'unknown' || (by === 'daemon' && this.daemon.isHung)) done('unknown');
    else this.daemon.laterInQemu(answer === 'passed' ? guestAnswersMs : limitMs, () => done(answer));
  }

  setLink(vm: string, up: boolean): HypervisorResult {
    const domain = this.domains.get(vm);
    if (!domain) return noDomain(vm);
    domain.isLinkUp = up;
    return succeeded;
  }

  /** Told to checkers: what its agent does with it next, it does because it is cut off. */
  selfFenced(vm: string): void {
    const domain = this.domains.get(vm);
    if (!domain) return;
    domain.isSelfFenced = true;
    this.world.watcher.witnessed('self-fenced');
  }

  /** The guest dies by itself. */
  crash(vm: string, ending: Ending): void {
    const domain = this.domains.get(vm);
    if (domain) this.end(domain, ending);
  }

  /** Live migration: the guest pauses here and arrives there, paused if so asked; then its half here goes. */
  migrate(
    vm: string,
    to: { host: string; identity: Identity; paused: boolean },
    done: (result: HypervisorResult<Migration>) => void,
  ): void {
    this.moves.begin(vm, to, done);
  }

  abortMigration(vm: string): void {
    this.moves.abort(vm);
  }

  /** A guest that has arrived goes on; so does one that was paused, and one that runs does. */
  resume(identity: Identity, done: (result: HypervisorResult) => void): void {
    const answer = this.daemon.unlessItHangs(done, unanswered);
    const askedAtMs = this.machine.loop.nowMs;
    this.daemon.later(2, () => {
      const domain = this.domains.get(identity.vm);
      if (!domain || !isSame(domain.identity, identity) || domain.incoming === 'receiving') {
        answer(noDomain(identity.vm));
        return;
      }
      if (domain.state === 'paused') this.goOn(domain, askedAtMs);
      answer(succeeded);
    });
  }

  /** A guest that runs stands still; its QEMU is there, and what it has in flight to its disks comes to its end. */
  suspend(identity: Identity, done: (result: HypervisorResult) => void): void {
    const answer = this.daemon.unlessItHangs(done, unanswered);
    this.daemon.later(2, () => {
      const domain = this.domains.get(identity.vm);
      if (!domain || !isSame(domain.identity, identity) || domain.incoming === 'receiving') {
        answer(noDomain(identity.vm));
        return;
      }
      if (domain.state === 'running') {
        Object.assign(domain, { state: 'paused', isPausedByHand: true });
        this.tell({ kind: 'changed', vm: domain.identity.vm, detail: 'suspended' });
      }
      answer(succeeded);
    });
  }

  goOn(domain: Domain, askedAtMs = this.machine.loop.nowMs): void {
    const hasArrived = domain.incoming !== null;
    this.world.watcher.running(domain, hasArrived ? 'moved' : 'resumed', askedAtMs);
    Object.assign(domain, { state: 'running', incoming: null, haltedByDisk: false, isPausedByHand: false });
    if (hasArrived) this.disks.write(domain);
    this.tell({ kind: 'changed', vm: domain.identity.vm, detail: 'resumed' });
  }

  put(spec: Omit<Domain, keyof typeof newborn | 'host'>): Domain {
    const made = { host: this.machine.name, ...newborn };
    const domain: Domain = { ...spec, ...made };
    this.domains.set(spec.identity.vm, domain);
    return domain;
  }

  end(domain: Domain, why: Ending | 'power'): void {
    if (domain.isGone) return;
    domain.isGone = true;
    for (const session of domain.sessions) if (session) logOut(session);
    if (this.domains.get(domain.identity.vm) === domain) this.domains.delete(domain.identity.vm);
    this.world.watcher.ended(domain, why);
    if (why !== 'power') this.tell({ kind: 'changed', vm: domain.identity.vm, detail: 'stopped', ending: why });
  }

  /** A daemon that hangs tells nothing; the agent looks once it answers again. */
  tell(event: HypervisorEvent): void {
    if (!this.daemon.isHung) this.onEvent(event);
  }

  pass([least, most]: [number, number], then: () => void): void {
    this.daemon.later((least + this.random('times').integer(most - least)) * this.slowness, then);
  }

  get connected(): boolean {
    return !this.daemon.isHung;
  }

  hang(isHung: boolean): void {
    if (this.daemon.isHung === isHung) return;
    this.daemon.hang(isHung);
    if (this.machine.powered) this.onEvent({ kind: isHung ? 'disconnected' : 'connected' });
  }

  random(what: string): { next(): number; integer(bound: number): number } {
    return this.machine.loop.random(`hypervisor/${this.machine.name}/${what}`);
  }
}
