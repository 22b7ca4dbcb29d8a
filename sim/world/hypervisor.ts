/**
 * The hypervisor of one host: domains that live on while their agent dies, starts and moves that take time and can come
 * to life late, guests that write through their targets.
 */
import type { Machine } from '../engine/process.js';
import type { Network } from './network.js';
import type { TargetStores } from './target-store.js';

export interface Identity {
  vm: string;
  uid: string;
  generation: number;
  hostEpoch: number;
  incarnation: string;
}

export interface Domain {
  identity: Identity;
  host: string;
  volumes: { volume: string; node: string }[];
  memoryMiB: number;
  state: 'running' | 'paused';
  incoming: boolean;
  isGone: boolean;
}

export type Ending = 'guest-shutdown' | 'destroyed' | 'crashed' | 'migrated' | 'failed';
export type HypervisorResult = { ok: true } | { ok: false; message: string };

/** What the checkers and the log are told. */
export interface DomainWatcher {
  running(domain: Domain, how: 'started' | 'moved'): void;
  ended(domain: Domain, why: Ending | 'power'): void;
}

export interface HypervisorTimes {
  startMs: [number, number];
  destroyMs: [number, number];
  shutdownMs: [number, number];
  migrateMs: [number, number];
}
export const usualTimes: HypervisorTimes = {
  startMs: [300, 900],
  destroyMs: [20, 200],
  shutdownMs: [1000, 4000],
  migrateMs: [800, 4000],
};
const writeEveryMs = 1000;

export class Hypervisor {
  readonly domains = new Map<string, Domain>();
  /** The share of starts that fail, and of those that fail but come to life all the same. */
  startFailures = 0;
  lateStarts = 0;
  /** The share of guests that ignore the power button. */
  deafGuests = 0;
  onEvent: (event: { vm: string; ending: Ending | null }) => void = () => undefined;
  private readonly moving = new Set<string>();
  private readonly starting = new Map<string, Identity>();

  constructor(
    readonly machine: Machine,
    private readonly world: {
      network: Network;
      stores: TargetStores;
      watcher: DomainWatcher;
      hypervisor(host: string): Hypervisor | null;
    },
    private readonly times = usualTimes,
  ) {}

  /** Power is cut: everything ends at once. */
  powerOff(): void {
    for (const domain of [...this.domains.values()]) this.end(domain, 'power');
    this.starting.clear();
    this.moving.clear();
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
      done({ ok: false, message: `a copy of ${vm} already runs on this host` });
      return;
    }
    this.starting.set(vm, spec.identity);
    const random = this.random('start');
    const fails = random.next() < this.startFailures;
    const isLate = random.next() < this.lateStarts;
    this.pass(this.times.startMs, () => {
      if (isLate) done({ ok: false, message: 'the hypervisor did not answer in time' });
      this.later(isLate ? 3000 : 0, () => {
        if (this.starting.get(vm) !== spec.identity) return;
        this.starting.delete(vm);
        const refusal = fails ? 'the guest could not be started' : this.refusedLogin(spec);
        if (refusal !== null || this.domains.has(vm)) {
          if (!isLate) done({ ok: false, message: refusal ?? 'a copy runs already' });
          return;
        }
        const domain = this.put({ ...spec, state: 'running', incoming: false });
        this.world.watcher.running(domain, 'started');
        this.writes(domain);
        if (!isLate) done({ ok: true });
        this.onEvent({ vm, ending: null });
      });
    });
  }

  /** Asks the guest; some do not listen. */
  shutdown(vm: string): void {
    const domain = this.domains.get(vm);
    if (!domain || this.random('deaf').next() < this.deafGuests) return;
    this.pass(this.times.shutdownMs, () => this.end(domain, 'guest-shutdown'));
  }

  /** Asks the guest to reboot, or resets it; calls back when it was reset, if ever. */
  reboot(vm: string, force: boolean, done: () => void): void {
    const domain = this.domains.get(vm);
    if (!domain || (!force && this.random('deaf').next() < this.deafGuests)) return;
    this.pass(force ? [10, 50] : this.times.shutdownMs, () => {
      if (!domain.isGone) done();
    });
  }

  /** Resolves once the QEMU of exactly this copy has exited, or when there is none. */
  destroy(identity: Identity, done: () => void): void {
    const domain = this.domains.get(identity.vm);
    if (!domain || !isSame(domain.identity, identity)) {
      // A start of it that the hypervisor still has in hand comes to nothing.
      const inHand = this.starting.get(identity.vm);
      if (inHand && isSame(inHand, identity)) this.starting.delete(identity.vm);
      done();
      return;
    }
    this.pass(this.times.destroyMs, () => {
      this.end(domain, 'destroyed');
      done();
    });
  }

  /** The guest dies by itself. */
  crash(vm: string, ending: Ending): void {
    const domain = this.domains.get(vm);
    if (domain) this.end(domain, ending);
  }

  /** Live migration: the guest pauses here, runs there, and its half here goes. */
  migrate(vm: string, to: { host: string; identity: Identity }, done: (result: HypervisorResult) => void): void {
    const source = this.domains.get(vm);
    const target = this.world.hypervisor(to.host);
    if (!source || !target || !this.connects(to.host)) {
      done({ ok: false, message: `no hypervisor answers at ${to.host}` });
      return;
    }
    if (target.domains.has(vm) || target.starting.has(vm)) {
      done({ ok: false, message: `a copy of ${vm} is already on ${to.host}` });
      return;
    }
    const { volumes, memoryMiB } = source;
    const refusal = target.refusedLogin({ identity: to.identity, volumes });
    if (refusal !== null) {
      done({ ok: false, message: refusal });
      return;
    }
    const { identity } = to;
    const received = target.put({ identity, volumes, memoryMiB, state: 'paused', incoming: true });
    this.moving.add(vm);
    const isBroken = (): boolean =>
      source.isGone || received.isGone || !this.moving.has(vm) || !this.connects(to.host);
    const giveUp = (): void => {
      this.moving.delete(vm);
      if (!received.isGone) target.end(received, 'failed');
      if (!source.isGone) source.state = 'running';
      done({ ok: false, message: 'one half was lost' });
    };
    this.pass(this.times.migrateMs, () => {
      if (isBroken()) return giveUp();
      source.state = 'paused';
      this.drained(source, () => this.pass([50, 250], () => {
        if (isBroken()) return giveUp();
        this.moving.delete(vm);
        Object.assign(received, { state: 'running', incoming: false });
        this.end(source, 'migrated');
        this.world.watcher.running(received, 'moved');
        target.writes(received);
        target.onEvent({ vm, ending: null });
        done({ ok: true });
      }));
    });
  }

  /** A guest that is paused to be moved has no I/O in flight any more: its QEMU waits for that. */
  private drained(domain: Domain, then: () => void): void {
    const isBusy = domain.volumes.some(({ volume, node }) =>
      this.world.stores.at(node).isBusy(volume, domain.identity.generation),
    );
    if (isBusy && !domain.isGone) this.later(20, () => this.drained(domain, then));
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

  private refusedLogin({ identity, volumes }: Pick<Domain, 'identity' | 'volumes'>): string | null {
    const host = this.machine.name;
    const refusing = volumes.find(
      ({ volume, node }) =>
        !this.world.network.connects(host, node, 'storage') ||
        !this.world.stores.at(node).admits(volume, identity.generation, host),
    );
    return refusing ? `the target of ${refusing.volume} refuses the login` : null;
  }

  private put(spec: Omit<Domain, 'host' | 'isGone'>): Domain {
    const domain: Domain = { ...spec, host: this.machine.name, isGone: false };
    this.domains.set(spec.identity.vm, domain);
    return domain;
  }

  private end(domain: Domain, why: Ending | 'power'): void {
    if (domain.isGone) return;
    domain.isGone = true;
    if (this.domains.get(domain.identity.vm) === domain) this.domains.delete(domain.identity.vm);
    this.world.watcher.ended(domain, why);
    if (why !== 'power') this.onEvent({ vm: domain.identity.vm, ending: why });
  }

  /** The guest writes now and then on, to each of its volumes. */
  private writes(domain: Domain): void {
    if (domain.isGone || domain.volumes.length === 0) return;
    const { loop } = this.machine;
    if (domain.state === 'running' && !this.machine.frozen) {
      for (const { volume, node } of domain.volumes) {
        if (!this.world.network.connects(this.machine.name, node, 'storage')) continue;
        this.world.stores.at(node).write(volume, domain.identity.generation, this.machine.name);
      }
    }
    const waitMs = this.machine.frozen ? 100 : writeEveryMs;
    loop.after(waitMs, () => this.writes(domain));
  }

  /** Time goes by; a power cut ends what was in hand, a freeze holds it up. */
  private pass([least, most]: [number, number], then: () => void): void {
    this.later(least + this.random('times').integer(most - least), then);
  }

  private later(delayMs: number, then: () => void): void {
    const { boots } = this;
    const go = (): void => {
      if (!this.machine.powered || this.boots !== boots) return;
      if (this.machine.frozen) this.machine.loop.after(50, go);
      else then();
    };
    this.machine.loop.after(delayMs, go);
  }

  /** Counts power-ons. */
  boots = 0;

  private random(what: string): { next(): number; integer(bound: number): number } {
    return this.machine.loop.random(`hypervisor/${this.machine.name}/${what}`);
  }
}

export function isSame(a: Identity, b: Identity): boolean {
  return a.uid === b.uid && a.generation === b.generation && a.incarnation === b.incarnation;
}
