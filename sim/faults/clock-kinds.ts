/** Clocks that jump, and clocks that go wrong slowly: of hosts, control nodes and storage nodes. */
import type { RandomStream } from '@holdfast/kernel';
import type { Machine } from '../engine/process.js';
import type { World } from '../world/world.js';
import { aHost, aStorage, pick, type FaultKind } from './fault.js';

/** Most are off by far less; one that goes wrong by two percent is broken. */
const maxDriftMsPerS = 20;

const machineOf = (world: World, name: string): Machine => world.network.machines.get(name) as Machine;
const sign = (random: RandomStream): number => (random.next() < 0.5 ? -1 : 1);

function jump(maxMs: number, choose: (world: World, random: RandomStream) => string): FaultKind {
  return {
    lastsMs: [5000, 60_000],
    inflict: (world, random) => {
      const machine = machineOf(world, choose(world, random));
      const offsetMs = sign(random) * random.integer(maxMs);
      machine.clockOffsetMs += offsetMs;
      return { target: `${machine.name} by ${offsetMs} ms`, heal: () => (machine.clockOffsetMs -= offsetMs) };
    },
  };
}

/** What a clock has gained stays when it goes right again. */
function drift(choose: (world: World, random: RandomStream) => string): FaultKind {
  return {
    lastsMs: [20_000, 180_000],
    inflict: (world, random) => {
      const machine = machineOf(world, choose(world, random));
      const gained = sign(random) * (1 + random.integer(maxDriftMsPerS));
      machine.goesFasterBy(gained);
      return { target: `${machine.name} by ${gained} ms each second`, heal: () => machine.goesFasterBy(0) };
    },
  };
}

const aControlNode = (world: World, random: RandomStream): string => pick(world.controlNodes, random);

export const clockKinds: Record<string, FaultKind> = {
  'host-clock': jump(60_000, aHost),
  'control-clock': jump(30_000, aControlNode),
  'storage-clock': jump(30_000, aStorage),
  'host-drift': drift(aHost),
  'control-drift': drift(aControlNode),
  'storage-drift': drift(aStorage),
};
