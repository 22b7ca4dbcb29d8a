/**
 * The hypervisor of one host: domains that live on while their agent dies, starts and moves that take time and can come
 * to life late, guests that write through their targets.
 */
import type { Machine } from '../engine/process.js';
import { restUntilWoken } from '../engine/pulse.js';
import {
  areWritesSettled,
  failed,
  isSame,
  noDomain,
  stirredBy,
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
import { LibvirtDaemon } from './libvirt-daemon.js';
import type { Network } from './network.js';
import { logOut, type Session } from './target.js';
import type { TargetStores } from './target-store.js';

const writeEveryMs = 1000;
/** Between the two halves of a login. */
const loginMs = 2;

export { isSame, usualTimes, type Domain, type DomainWatcher, type Ending, type HypervisorResult, type Identity };
export type { HypervisorTimes, Migration } from './domain.js';

interface Halves {
  source: Domain;
  received: Domain;
  target: Hypervisor;
  beganAtMs: number;
}
const halfLost = failed('refused', 'it was aborted, or one half was lost');

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
  /** The share of migrations whose last word is lost: the target runs, and the source says that it failed. */
  lostAnswers = 0;
  onEvent: (event: HypervisorEvent) => void = () => undefined;
  /** By VM: the half that receives. */
  private readonly moving = new Map<string, Domain>();
  private readonly starting = new Map<string, Identity>();
  private readonly daemon: LibvirtDaemon;

  constructor(
    readonly machine: Machine,
    private readonly world: {
      network: Network;
      stores: TargetStores;
      watcher: DomainWatcher;
      hypervisor(host: string): Hypervisor | null;
    },
    private readonly times = usualTimes,
  ) {
    this.daemon = new LibvirtDaemon(machine);
  }

  /** Nothing starts by itself. */
  powerOn(): void {
    this.daemon.powerOn();
  }

  /** Power is cut: everything ends at once. */
  powerOff(): void {
    for (const domain of [...this.domains.values()]) this.end(domain, 'power');
    this.starting.clear();
    this.moving.clear();
    this.daemon.powerOff();
  }

  list(): Domain[] {
    return [...this.domains.values()];
  }

  start(
    spec: Pick<Domain, 'identity' | 'volumes' | 'memoryMiB'>,
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
    const ended = (refusal: Failure | null, sessions: Session[]): void => {
      if (!isInHand() || refusal !== null || this.domains.has(vm)) {
        sessions.forEach(logOut);
        if (!isInHand()) return;
        this.starting.delete(vm);
        answer(refusal ?? failed('conflict', 'a copy runs already'));
        return;
      }
      this.starting.delete(vm);
      const domain = this.put({ ...spec, state: 'running', incoming: false, sessions });
      this.world.watcher.running(domain, 'started');
      this.writes(domain);
      answer(succeeded);
      this.tell({ kind: 'changed', vm, detail: 'started' });
    };
    this.pass(this.times.startMs, () => {
      if (isLate) answer(unanswered);
      this.daemon.later(isLate ? 3000 : 0, () => {
        if (!isInHand()) return;
        if (fails) ended(failed('internal', 'the guest could not be started'), []);
        else this.logIn(spec, ended);
      });
    });
  }

  /** Asks the guest; some do not listen. */
  shutdown(vm: string): HypervisorResult {
    const domain = this.domains.get(vm);
    if (!domain) return noDomain(vm);
    if (this.random('deaf').next() >= this.deafGuests) {
      this.pass(this.times.shutdownMs, () => this.end(domain, 'guest-shutdown'));
    }
    return succeeded;
  }

  /** Asks the guest to reboot, or resets it; an event tells when it was reset, if ever. */
  reboot(vm: string, force: boolean): HypervisorResult {
    const domain = this.domains.get(vm);
    if (!domain) return noDomain(vm);
    if (force || this.random('deaf').next() >= this.deafGuests) {
      this.pass(force ? [10, 50] : this.times.shutdownMs, () => {
        if (!domain.isGone) this.tell({ kind: 'changed', vm, detail: 'rebooted' });
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

  /** The guest dies by itself. */
  crash(vm: string, ending: Ending): void {
    const domain = this.domains.get(vm);
    if (domain) this.end(domain, ending);
  }

  /** Live migration: the guest pauses here, runs there, and its half here goes. */
  migrate(
    vm: string,
    to: { host: string; identity: Identity },
    done: (result: HypervisorResult<Migration>) => void,
  ): void {
    const answer = this.daemon.unlessItHangs(done, unanswered);
    const source = this.domains.get(vm);
    const target = this.world.hypervisor(to.host);
    if (!source) {
      answer(noDomain(vm));
      return;
    }
    if (!target || !this.connects(to.host)) {
      answer(failed('refused', `no hypervisor answers at ${to.host}`));
      return;
    }
    if (target.domains.has(vm) || target.starting.has(vm) || this.moving.has(vm)) {
      answer(failed('refused', `a copy of ${vm} is already on ${to.host}, or on its way`));
      return;
    }
    const { volumes, memoryMiB } = source;
    const { identity } = to;
    const received = target.put({ identity, volumes, memoryMiB, state: 'paused', incoming: true, sessions: [] });
    this.moving.set(vm, received);
    const halves = { source, received, target, beganAtMs: this.machine.loop.nowMs };
    let found: Failure | null | undefined;
    target.logIn({ identity, volumes }, (refusal, sessions) => {
      if (received.isGone) sessions.forEach(logOut);
      else received.sessions = sessions;
      found = refusal;
    });
    const look = (): void => {
      if (this.isBroken(halves)) this.giveUp(halves, halfLost, answer);
      else if (found === undefined) this.daemon.later(50, look);
      else if (found === null) this.move(halves, answer);
      else this.giveUp(halves, found, answer);
    };
    this.daemon.later(10, look);
  }

  private isBroken({ source, received }: Halves): boolean {
    const isAborted = this.moving.get(source.identity.vm) !== received;
    return source.isGone || received.isGone || isAborted || !this.connects(received.host);
  }

  private move(halves: Halves, done: (result: HypervisorResult<Migration>) => void): void {
    const { source, received, target, beganAtMs } = halves;
    const { vm } = source.identity;
    const { loop } = this.machine;
    const isBroken = (): boolean => this.isBroken(halves);
    const giveUp = (): void => this.giveUp(halves, halfLost, done);
    this.pass(this.times.migrateMs, () => {
      if (isBroken()) return giveUp();
      source.state = 'paused';
      const pausedAtMs = loop.nowMs;
      this.drained(source, () => this.pass([50, 250], () => {
        if (isBroken()) return giveUp();
        this.moving.delete(vm);
        Object.assign(received, { state: 'running', incoming: false });
        this.end(source, 'migrated');
        this.world.watcher.running(received, 'moved');
        target.writes(received);
        target.tell({ kind: 'changed', vm, detail: 'resumed' });
        const isLost = this.lostAnswers > 0 && this.random('answers').next() < this.lostAnswers;
        if (isLost) this.world.watcher.witnessed('answer of a migration lost');
        const value = { durationMs: loop.nowMs - beganAtMs, downtimeMs: loop.nowMs - pausedAtMs };
        done(isLost ? failed('internal', 'the last word of the target was lost') : { ok: true, value });
      }));
    });
  }

  private giveUp({ source, received, target }: Halves, why: Failure, done: (result: Failure) => void): void {
    const { vm } = source.identity;
    if (this.moving.get(vm) === received) this.moving.delete(vm);
    if (!received.isGone) target.end(received, 'failed');
    if (!source.isGone) source.state = 'running';
    done(why);
  }

  /** A guest that is paused to be moved has no I/O in flight any more: its QEMU waits for that. */
  private drained(domain: Domain, then: () => void): void {
    const isBusy = domain.volumes.some(({ volume, node }) =>
      this.world.stores.at(node).isBusy(volume, domain.identity.generation),
    );
    if (isBusy && !domain.isGone) this.daemon.later(20, () => this.drained(domain, then));
    else then();
  }

  abortMigration(vm: string): void {
    this.moving.delete(vm);
  }

  private connects(host: string): boolean {
    const { network, hypervisor } = this.world;
    const other = hypervisor(host);
    return (
      other !== null &&
      !other.machine.frozen &&
      network.connects(this.machine.name, host, 'management')
    );
  }

  /**
   * Logs in to every volume, in two halves: CHAP, then the session. Between them a login may freeze, and goes on as if
   * nothing had happened.
   */
  private logIn(
    { identity, volumes }: Pick<Domain, 'identity' | 'volumes'>,
    done: (refusal: Failure | null, sessions: Session[]) => void,
  ): void {
    const host = this.machine.name;
    const sessions: Session[] = [];
    const next = (index: number): void => {
      const disk = volumes[index];
      if (!disk) {
        done(null, sessions);
        return;
      }
      const { volume, node } = disk;
      const refuse = (): void => done(failed('refused', `the target of ${volume} refuses the login`), sessions);
      const isReached = this.world.network.connects(host, node, 'storage');
      const login = isReached ? this.world.stores.at(node).logIn(volume, identity.generation, host) : null;
      if (!login) {
        refuse();
        return;
      }
      this.daemon.laterInQemu(this.loginTakesMs(), () => {
        const session = this.world.stores.at(node).finishLogIn(login);
        if (session) {
          sessions.push(session);
          next(index + 1);
        } else refuse();
      });
    };
    next(0);
  }

  private loginTakesMs(): number {
    if (this.frozenLogins === 0) return loginMs;
    const random = this.random('logins');
    return random.next() < this.frozenLogins ? random.integer(this.frozenLoginMs) : loginMs;
  }

  put(spec: Omit<Domain, 'host' | 'isGone' | 'doomedAtMs' | 'loginsInHand'>): Domain {
    const domain = { ...spec, host: this.machine.name, isGone: false, doomedAtMs: null, loginsInHand: 0 };
    this.domains.set(spec.identity.vm, domain);
    return domain;
  }

  private end(domain: Domain, why: Ending | 'power'): void {
    if (domain.isGone) return;
    domain.isGone = true;
    for (const session of domain.sessions) if (session) logOut(session);
    if (this.domains.get(domain.identity.vm) === domain) this.domains.delete(domain.identity.vm);
    this.world.watcher.ended(domain, why);
    if (why !== 'power') this.tell({ kind: 'changed', vm: domain.identity.vm, detail: 'stopped', ending: why });
  }

  /** A daemon that hangs tells nothing; the agent looks once it answers again. */
  private tell(event: HypervisorEvent): void {
    if (!this.daemon.isHung) this.onEvent(event);
  }

  /** The guest writes now and then on, to each of its volumes; QEMU logs in again where it has lost its session. */
  writes(domain: Domain): void {
    if (domain.isGone || domain.volumes.length === 0) return;
    const { loop } = this.machine;
    if (domain.state === 'running' && !this.machine.frozen) {
      for (let index = 0; index < domain.volumes.length; index += 1) {
        const { node } = domain.volumes[index] as Domain['volumes'][number];
        if (!this.world.network.connects(this.machine.name, node, 'storage')) continue;
        const session = domain.sessions[index];
        if (session?.isOpen) this.world.stores.at(node).write(session);
        else this.logInAgain(domain, index);
      }
    }
    const again = (): void => this.writes(domain);
    if (this.machine.frozen) loop.after(100, again);
    else if (!areWritesSettled(domain, this.world.stores)) loop.after(writeEveryMs, again);
    else stirredBy(domain, restUntilWoken(loop, writeEveryMs, again));
  }

  private logInAgain(domain: Domain, index: number): void {
    const disk = domain.volumes[index];
    if (!disk || domain.loginsInHand > 0) return;
    domain.loginsInHand += 1;
    this.logIn({ identity: domain.identity, volumes: [disk] }, (refusal, [session]) => {
      domain.loginsInHand -= 1;
      if (!session) return;
      if (domain.isGone) logOut(session);
      else domain.sessions[index] = session;
    });
  }

  private pass([least, most]: [number, number], then: () => void): void {
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

  private random(what: string): { next(): number; integer(bound: number): number } {
    return this.machine.loop.random(`hypervisor/${this.machine.name}/${what}`);
  }
}
