/** Copies are given disks and NICs while they run, and give them back once their guest has let go: some never do. */
import {
  failed, isSame, noDomain, succeeded, unanswered, type Domain, type HypervisorResult, type Identity,
} from './domain.js';
import type { Hypervisor } from './hypervisor.js';
import type { LibvirtDaemon } from './libvirt-daemon.js';
import { logOut } from './target.js';

type Disk = Domain['volumes'][number];
export type Device = { volume: string } | { macAddress: string };

const plugMs: [number, number] = [20, 200];
const letGoMs: [number, number] = [50, 1500];
const lateMs = 3000;

export class Plugs {
  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly daemon: LibvirtDaemon,
  ) {}

  plug(identity: Identity, device: Disk | { macAddress: string }, done: (result: HypervisorResult) => void): void {
    const { hypervisor, daemon } = this;
    const random = hypervisor.random('plug');
    const fails = random.next() < hypervisor.startFailures;
    const isLate = random.next() < hypervisor.lateStarts;
    const answer = daemon.unlessItHangs(done, unanswered);
    hypervisor.pass(plugMs, () => {
      if (isLate) answer(unanswered);
      daemon.later(isLate ? lateMs : 0, () => {
        const domain = this.find(identity);
        if (!domain) return answer(noDomain(identity.vm));
        if (fails) return answer(failed('internal', 'it could not be plugged in'));
        if ('volume' in device) return this.give(identity, device, answer);
        if (!has(domain, device)) domain.nics = [...(domain.nics ?? []), device.macAddress];
        answer(succeeded);
      });
    });
  }

  private give(identity: Identity, disk: Disk, answer: (result: HypervisorResult) => void): void {
    const { hypervisor } = this;
    hypervisor.disks.logIn({ identity, volumes: [disk] }, (refusal, sessions) => {
      const domain = this.find(identity);
      const isThere = domain !== null && has(domain, disk);
      if (refusal || !domain || isThere) {
        sessions.forEach(logOut);
        answer(isThere ? succeeded : (refusal ?? noDomain(identity.vm)));
        return;
      }
      const wasWithout = domain.volumes.length === 0;
      // Another list, for what it was started with may be another copy's too.
      domain.volumes = [...domain.volumes, disk];
      domain.sessions = [...domain.sessions, ...sessions];
      if (wasWithout) hypervisor.disks.write(domain);
      for (const session of domain.sessions) session?.stir?.();
      answer(succeeded);
    });
  }

  /** Answered when the guest was asked. */
  unplug(identity: Identity, device: Device, done: (result: HypervisorResult) => void): void {
    const { hypervisor, daemon } = this;
    const isDeaf = hypervisor.random('let-go').next() < hypervisor.deafGuests;
    const answer = daemon.unlessItHangs(done, unanswered);
    daemon.later(2, () => {
      const domain = this.find(identity);
      if (!domain) return answer(noDomain(identity.vm));
      answer(succeeded);
      if (!isDeaf && domain.guest.state === 'well') hypervisor.pass(letGoMs, () => this.letGo(domain, device));
    });
  }

  hasDevice(identity: Identity, device: Device, done: (result: HypervisorResult<boolean>) => void): void {
    const answer = this.daemon.unlessItHangs<HypervisorResult<boolean>>(done, unanswered);
    this.daemon.later(2, () => {
      const domain = this.find(identity);
      answer(domain ? { ok: true, value: has(domain, device) } : noDomain(identity.vm));
    });
  }

  private letGo(domain: Domain, device: Device): void {
    if (domain.isGone || domain.state !== 'running') return;
    if ('macAddress' in device) {
      domain.nics = domain.nics?.filter((each) => each !== device.macAddress);
      return;
    }
    if (domain.loginsInHand > 0) return this.daemon.later(20, () => this.letGo(domain, device));
    const index = domain.volumes.findIndex((each) => each.volume === device.volume);
    if (index < 0) return;
    const session = domain.sessions[index];
    if (session) logOut(session);
    domain.volumes = domain.volumes.filter((_, at) => at !== index);
    domain.sessions = domain.sessions.filter((_, at) => at !== index);
  }

  private find(identity: Identity): Domain | null {
    const domain = this.hypervisor.domains.get(identity.vm);
    return domain && isSame(domain.identity, identity) ? domain : null;
  }
}

function has({ volumes, nics = [] }: Domain, device: Device): boolean {
  return 'volume' in device
    ? volumes.some(({ volume }) => volume === device.volume)
    : nics.includes(device.macAddress);
}
