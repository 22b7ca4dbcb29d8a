import {
  describeTargetStore,
  type Guest,
  type StoreLab,
} from '../../services/storage/adapters/store-contract.js';
import { Loop } from '../engine/loop.js';
import { Machine } from '../engine/process.js';
import { logOut, type Session } from '../world/target.js';
import { TargetStore } from '../world/target-store.js';
import { silentWatcher } from './silent-watcher.js';
import { WorldStore } from './store.js';
import { VirtualTime } from './virtual-time.js';

const loginMs = 2;
const stuckAfterMs = 500;

class WorldGuest implements Guest {
  private acknowledged = 0;

  constructor(
    private readonly store: TargetStore,
    private readonly time: VirtualTime,
    private readonly session: Session,
  ) {}

  async write(): Promise<boolean> {
    return await this.time.when<boolean>((done) => {
      this.store.write(this.session, () => done(true));
      void this.time.pass(stuckAfterMs).then(() => done(false));
    });
  }

  startWriting(): void {
    const next = async (): Promise<void> => {
      if (!(await this.write())) return;
      this.acknowledged += 1;
      await this.time.pass(1);
      await next();
    };
    void next();
  }

  acknowledgedWrites(): number {
    return this.acknowledged;
  }

  async close(): Promise<void> {
    logOut(this.session);
  }
}

async function worldLab(): Promise<StoreLab> {
  const loop = new Loop(1);
  const time = new VirtualTime(loop);
  const store = new TargetStore(new Machine(loop, 'san1'), {
    ...silentWatcher,
    written: () => undefined,
  });
  const guestOf = (session: Session | null): WorldGuest | null =>
    session && new WorldGuest(store, time, session);
  return {
    store: new WorldStore(store, time),
    addresses: ['h1', 'h2'],
    login: async ({ volume, generation, chapUser, chapPassword }, from) => {
      const login = store.logIn(volume, generation, from, { user: chapUser, password: chapPassword });
      await time.pass(loginMs);
      return guestOf(login && store.finishLogIn(login));
    },
    loginHalfway: async ({ volume, generation, initiatorAddress, chapUser, chapPassword }) => {
      const login = store.logIn(volume, generation, initiatorAddress, { user: chapUser, password: chapPassword });
      let guest: WorldGuest | null = null;
      return {
        finish: async () => {
          guest = guestOf(login && store.finishLogIn(login));
          return guest !== null;
        },
        write: async () => (await guest?.write()) ?? false,
        close: async () => await guest?.close(),
      };
    },
    addImage: async (name, sizeMiB) => void store.volumes.images.set(name, sizeMiB * 2 ** 20),
    content: async (volume) => `${store.volumes.contents.get(volume) ?? 0} writes`,
    freezeIo: async () => store.freezeIo(true),
    thawIo: async () => store.freezeIo(false),
    crash: async () => {
      store.daemonUp = false;
      store.daemonUp = true;
    },
    close: () => time.stop(),
  };
}

describeTargetStore('a target store of the simulated world', worldLab);
