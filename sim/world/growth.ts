/** Copies are given more CPUs and memory while they run: some not, some only in part, and some when nobody waits. */
import {
  failed, isSame, noDomain, succeeded, unanswered, type Domain, type HypervisorResult, type Identity,
} from './domain.js';
import type { Hypervisor } from './hypervisor.js';
import type { LibvirtDaemon } from './libvirt-daemon.js';

export interface Size {
  cpus: number;
  memoryMiB: number;
}

const growMs: [number, number] = [20, 200];
const lateMs = 3000;

export class Growth {
  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly daemon: LibvirtDaemon,
  ) {}

  resize(identity: Identity, size: Size, done: (result: HypervisorResult) => void): void {
    const { hypervisor, daemon } = this;
    const random = hypervisor.random('resize');
    const fails = random.next() < hypervisor.startFailures;
    const isLate = random.next() < hypervisor.lateStarts;
    const isHalfDone = random.next() < 0.5;
    const answer = daemon.unlessItHangs(done, unanswered);
    hypervisor.pass(growMs, () => {
      if (isLate) answer(unanswered);
      daemon.later(isLate ? lateMs : 0, () => {
        const domain = this.find(identity);
        if (!domain) return answer(noDomain(identity.vm));
        if (!fails || isHalfDone) this.grow(domain, fails ? { ...size, cpus: 1 } : size);
        const lacks = sizeOf(domain).cpus < size.cpus || domain.memoryMiB < size.memoryMiB;
        answer(lacks ? failed('internal', 'the domain could not be made larger') : succeeded);
      });
    });
  }

  sizeOf(identity: Identity, done: (result: HypervisorResult<Size>) => void): void {
    const answer = this.daemon.unlessItHangs<HypervisorResult<Size>>(done, unanswered);
    this.daemon.later(2, () => {
      const domain = this.find(identity);
      answer(domain ? { ok: true, value: sizeOf(domain) } : noDomain(identity.vm));
    });
  }

  private find(identity: Identity): Domain | null {
    const domain = this.hypervisor.domains.get(identity.vm);
    return domain && isSame(domain.identity, identity) ? domain : null;
  }

  /** What it has it keeps, and more than its maximum it is not given. */
  private grow(domain: Domain, { cpus, memoryMiB }: Size): void {
    const has = sizeOf(domain);
    if (cpus <= Math.max(has.cpus, domain.maxCpus ?? 0)) domain.cpus = Math.max(has.cpus, cpus);
    if (memoryMiB <= Math.max(has.memoryMiB, domain.maxMemoryMiB ?? 0)) {
      domain.memoryMiB = Math.max(has.memoryMiB, memoryMiB);
    }
    this.hypervisor.world.watcher.grown(domain);
  }
}

function sizeOf({ cpus = 1, memoryMiB }: Domain): Size {
  return { cpus, memoryMiB };
}
