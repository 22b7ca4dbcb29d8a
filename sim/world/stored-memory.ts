/** Guests end with their memory stored on a disk of its own, and go on from there: once: then their disks move on. */
import {
  failed, isSame, noDomain, succeeded, unanswered, type Domain, type HypervisorResult, type Identity,
} from './domain.js';
import type { Hypervisor } from './hypervisor.js';
import type { LibvirtDaemon } from './libvirt-daemon.js';
import { logOut } from './target.js';
import type { TargetStores } from './target-store.js';

type Disk = Domain['volumes'][number];
type Done = (result: HypervisorResult) => void;

const saveMs: [number, number] = [50, 800];
const copyMs: [number, number] = [50, 3000];

export class StoredMemory {
  /** Those that have ended, until their memory is on its disk. */
  private readonly ended = new Map<string, Domain>();

  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly daemon: LibvirtDaemon,
    private readonly stores: TargetStores,
  ) {}

  powerOff(): void {
    this.ended.clear();
  }

  store(identity: Identity, disk: Disk, done: Done): void {
    const { hypervisor } = this;
    const random = hypervisor.random('store');
    const savingFails = random.next() < hypervisor.startFailures;
    const copyingFails = random.next() < hypervisor.startFailures;
    const answer = this.daemon.unlessItHangs(done, unanswered);
    hypervisor.pass(saveMs, () => {
      const domain = this.find(identity);
      if (domain?.state !== 'running') return answer(noDomain(identity.vm));
      if (savingFails) return answer(failed('refused', 'there is no room for its memory on this host'));
      hypervisor.end(domain, 'failed');
      this.ended.set(identity.uid, domain);
      hypervisor.pass(copyMs, () => {
        if (copyingFails) return answer(failed('refused', 'its memory could not be copied'));
        hypervisor.disks.logIn({ identity, volumes: [disk] }, (refusal, sessions) => {
          sessions.forEach(logOut);
          if (refusal) return answer(refusal);
          this.ended.delete(identity.uid);
          this.stores.at(disk.node).memories.set(disk.volume, identity.uid);
          hypervisor.world.watcher.stored(identity, disk.volume);
          answer(succeeded);
        });
      });
    });
  }

  /** It goes on here from where it was ended. */
  takeBack(identity: Identity, done: Done): void {
    const { hypervisor } = this;
    const answer = this.daemon.unlessItHangs(done, unanswered);
    hypervisor.pass(saveMs, () => {
      if (this.find(identity)) return answer(succeeded);
      const ended = this.ended.get(identity.uid);
      const isLeft = ended && isSame(ended.identity, identity) && !hypervisor.has(identity.vm);
      if (!isLeft) return answer(noDomain(identity.vm));
      hypervisor.disks.logIn(ended, (refusal, sessions) => {
        if (refusal || hypervisor.has(identity.vm)) {
          sessions.forEach(logOut);
          return answer(refusal ?? failed('conflict', 'a copy runs already'));
        }
        this.ended.delete(identity.uid);
        const { host: _, isGone: __, ...spec } = ended;
        const domain = hypervisor.put({ ...spec, sessions });
        hypervisor.world.watcher.running(domain, 'resumed');
        hypervisor.disks.write(domain);
        answer(succeeded);
        hypervisor.tell({ kind: 'changed', vm: identity.vm, detail: 'started' });
      });
    });
  }

  /** Like a start, from what is on that disk. */
  restore(spec: Parameters<Hypervisor['start']>[0], memory: Disk, done: Done): void {
    const { hypervisor } = this;
    const { identity } = spec;
    const answer = this.daemon.unlessItHangs(done, unanswered);
    hypervisor.pass(copyMs, () =>
      hypervisor.disks.logIn({ identity, volumes: [memory] }, (refusal, sessions) => {
        sessions.forEach(logOut);
        if (refusal) return answer(refusal);
        const found = this.stores.at(memory.node).memories.get(memory.volume);
        if (found !== identity.uid) return answer(failed('refused', 'nothing is stored there'));
        hypervisor.start({ ...spec, from: memory.volume }, answer);
      }),
    );
  }

  private find(identity: Identity): Domain | null {
    const domain = this.hypervisor.domains.get(identity.vm);
    return domain && isSame(domain.identity, identity) ? domain : null;
  }
}
