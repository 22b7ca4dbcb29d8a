/** Live migration between two hypervisors, peer to peer, as libvirt does it. */
import type { Machine } from '../engine/process.js';
import {
  failed,
  noDomain,
  unanswered,
  type Domain,
  type DomainWatcher,
  type Failure,
  type HypervisorResult,
  type HypervisorTimes,
  type Identity,
  type Migration,
} from './domain.js';
import type { Hypervisor } from './hypervisor.js';
import type { LibvirtDaemon } from './libvirt-daemon.js';
import type { Network } from './network.js';
import { logOut } from './target.js';
import type { TargetStores } from './target-store.js';

/** From the end of a move at its target to its source, and until the source has noticed that nothing comes. */
const answerMs = 5;
const lostAnswerNoticedMs = 12_000;
const halfLost = failed('refused', 'it was aborted, or one half was lost');

interface Halves {
  source: Domain;
  received: Domain;
  target: Hypervisor;
  paused: boolean;
  beganAtMs: number;
}

/** The moves that leave one host. */
export class LiveMigration {
  /** By VM: the half that receives. */
  private readonly moving = new Map<string, Domain>();
  private readonly machine: Machine;

  constructor(
    private readonly own: Hypervisor,
    private readonly daemon: LibvirtDaemon,
    private readonly world: {
      network: Network;
      stores: TargetStores;
      watcher: DomainWatcher;
      hypervisor(host: string): Hypervisor | null;
    },
    private readonly times: HypervisorTimes,
  ) {
    this.machine = own.machine;
  }

  powerOff(): void {
    this.moving.clear();
  }

  abort(vm: string): void {
    this.moving.delete(vm);
  }

  begin(
    vm: string,
    to: { host: string; identity: Identity; paused: boolean },
    done: (result: HypervisorResult<Migration>) => void,
  ): void {
    const answer = this.daemon.unlessItHangs(done, unanswered);
    const source = this.own.domains.get(vm);
    const target = this.world.hypervisor(to.host);
    if (!source) {
      answer(noDomain(vm));
      return;
    }
    if (!target || !this.connects(to.host)) {
      answer(failed('refused', `no hypervisor answers at ${to.host}`));
      return;
    }
    if (target.has(vm) || this.moving.has(vm)) {
      answer(failed('refused', `a copy of ${vm} is already on ${to.host}, or on its way`));
      return;
    }
    const { volumes, nics, memoryMiB, cpus, maxCpus, maxMemoryMiB, guest } = source;
    const { identity, paused } = to;
    const half = { identity, volumes, nics, memoryMiB, cpus, maxCpus, maxMemoryMiB, guest: { ...guest } };
    const received = target.put({ ...half, state: 'paused', incoming: 'receiving', sessions: [] });
    this.moving.set(vm, received);
    const halves = { source, received, target, paused, beganAtMs: this.machine.loop.nowMs };
    let found: Failure | null | undefined;
    target.disks.logIn({ identity, volumes }, (refusal, sessions) => {
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
    const { source } = halves;
    const isBroken = (): boolean => this.isBroken(halves);
    const giveUp = (): void => this.giveUp(halves, halfLost, done);
    this.own.pass(this.times.migrateMs, () => {
      if (isBroken()) return giveUp();
      source.state = 'paused';
      const pausedAtMs = this.machine.loop.nowMs;
      this.drained(source, () => this.own.pass([50, 250], () => {
        if (isBroken()) giveUp();
        else this.finish(halves, pausedAtMs, done);
      }));
    });
  }

  /**
   * The target's daemon is told to finish: the guest is there, and goes on by itself unless it was sent paused. The
   * source's ends its own when it hears so, and lets it run on when it does not (`qemu_migration.c`: "There is a small
   * chance that the ddomain is NULL due to an RPC failure").
   */
  private finish(halves: Halves, pausedAtMs: number, done: (result: HypervisorResult<Migration>) => void): void {
    const { source, received, target, beganAtMs } = halves;
    const { vm } = source.identity;
    const { loop } = this.machine;
    this.moving.delete(vm);
    received.incoming = 'arrived';
    received.guest = { ...source.guest };
    target.tell({ kind: 'changed', vm, detail: 'suspended' });
    if (!halves.paused) target.goOn(received);
    this.daemon.later(answerMs, () => {
      if (source.isGone) return done(halfLost);
      const isLost = !this.connects(target.machine.name) || this.isAnswerLost();
      if (!isLost) {
        this.own.end(source, 'migrated');
        done({ ok: true, value: { durationMs: loop.nowMs - beganAtMs, downtimeMs: loop.nowMs - pausedAtMs } });
        return;
      }
      this.world.watcher.witnessed('answer of a migration lost');
      this.daemon.later(this.own.random('answers').integer(lostAnswerNoticedMs), () => {
        if (source.isGone) return done(halfLost);
        source.state = 'running';
        received.isOutrun = true;
        this.world.watcher.running(source, 'resumed');
        this.own.tell({ kind: 'changed', vm, detail: 'resumed' });
        done(failed('internal', 'the last word of the target was lost'));
      });
    });
  }

  private isAnswerLost(): boolean {
    const { lostAnswers } = this.own;
    return lostAnswers > 0 && this.own.random('answers').next() < lostAnswers;
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

  private connects(host: string): boolean {
    const { network, hypervisor } = this.world;
    const other = hypervisor(host);
    return (
      other !== null &&
      !other.machine.frozen &&
      network.connects(this.machine.name, host, 'management')
    );
  }
}
