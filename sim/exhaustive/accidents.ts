/** What goes wrong beside what happens to the effects themselves. */
import { fillMs } from '../twin/storage-parts.js';
import type { Accident, Stage } from './walk.js';

const outageMs = 3000;

function losesPower(host: string): Accident {
  return { name: `${host} loses its power`, happen: ({ world }) => world.powerOff(host) };
}

export function setNetwork({ world }: Stage, host: string, up: boolean): void {
  world.network.setLink(host, 'management', up);
  world.network.setLink(host, 'bmc', up);
}

function isCutOff(host: string): Accident {
  return isGoneForAWhile(`${host} is cut off`, 15_000, (stage, up) => setNetwork(stage, host, up));
}

function dies(program: string): Accident {
  return {
    name: `${program} dies`,
    happen: ({ world }) => {
      for (const { processes } of world.network.machines.values()) {
        for (const process of processes) if (process.name === program) process.crash();
      }
    },
  };
}

function isGoneForAWhile(name: string, forMs: number, set: (stage: Stage, up: boolean) => void): Accident {
  return {
    name,
    happen: (stage) => {
      set(stage, false);
      stage.world.loop.after(forMs, () => set(stage, true));
    },
  };
}

export const hostAccidents = (host: string): Accident[] => [losesPower(host), isCutOff(host), dies(`agent/${host}`)];
export const otherAccidents: Accident[] = [
  ...['scheduler/ctl1', 'failover/ctl1', 'storage/san1'].map(dies),
  isGoneForAWhile('the storage node loses its power', outageMs, ({ world }, up) => world.storagePower('san1', up)),
  isGoneForAWhile('the bus is out', outageMs, ({ world }, up) => world.bus.setOut(!up)),
];

/** In the middle of what it may just have begun. */
export const diesWhileItFills: Accident = {
  name: 'storage dies a little later',
  happen: (stage) => void stage.world.loop.after(fillMs / 2, () => dies('storage/san1').happen(stage)),
};
