/** The disks of a host's guests: logins in two halves, and the writes that show who can write. */
import type { Machine } from '../engine/process.js';
import { restUntilWoken } from '../engine/pulse.js';
import { areWritesSettled, failed, stirredBy, type Domain, type Failure } from './domain.js';
import type { Hypervisor } from './hypervisor.js';
import type { LibvirtDaemon } from './libvirt-daemon.js';
import type { Network } from './network.js';
import { logOut, type Session } from './target.js';
import type { TargetStores } from './target-store.js';

const writeEveryMs = 1000;
/** Between the two halves of a login. */
const loginMs = 2;

export class GuestDisks {
  private readonly machine: Machine;

  constructor(
    private readonly own: Hypervisor,
    private readonly daemon: LibvirtDaemon,
    private readonly world: { network: Network; stores: TargetStores },
  ) {
    this.machine = own.machine;
  }

  /**
   * Logs in to every volume, in two halves: CHAP, then the session. Between them a login may freeze, and goes on as if
   * nothing had happened.
   */
  logIn(
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
      const isReached = this.world.network.connects(host, node, 'storage') && !this.own.lostLuns.has(volume);
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
    if (this.own.frozenLogins === 0) return loginMs;
    const random = this.own.random('logins');
    return random.next() < this.own.frozenLogins ? random.integer(this.own.frozenLoginMs) : loginMs;
  }

  /** The guest writes now and then on, to each of its volumes; QEMU logs in again where it has lost its session. */
  write(domain: Domain): void {
    if (domain.isGone || domain.volumes.length === 0) return;
    const { loop } = this.machine;
    if (domain.state === 'running' && !this.machine.frozen) {
      for (let index = 0; index < domain.volumes.length; index += 1) {
        const { node, volume } = domain.volumes[index] as Domain['volumes'][number];
        if (!this.world.network.connects(this.machine.name, node, 'storage') || this.own.lostLuns.has(volume)) continue;
        const session = domain.sessions[index];
        if (session?.isOpen && this.world.stores.at(node).failing.has(volume)) this.halt(domain);
        else if (session?.isOpen) this.world.stores.at(node).write(session);
        else if (domain.isAdrift !== true) this.logInAgain(domain, index);
      }
    }
    const again = (): void => this.write(domain);
    if (this.machine.frozen) loop.after(100, again);
    else if (!areWritesSettled(domain, this.world.stores)) loop.after(writeEveryMs, again);
    else stirredBy(domain, restUntilWoken(loop, writeEveryMs, again));
  }

  /** As QEMU does with a guest's request that came back with an error: the guest does not hear of it. */
  private halt(domain: Domain): void {
    Object.assign(domain, { state: 'paused', haltedByDisk: true });
    this.own.tell({ kind: 'changed', vm: domain.identity.vm, detail: 'suspended' });
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
}
