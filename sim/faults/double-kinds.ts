/** Two faults that go together: it is the second one that hurts. */
import type { VmRecord } from '@holdfast/contracts';
import { aHost, pick, type FaultKind, type Inflicted } from './fault.js';

/** Two of the others at the same instant. */
function twoAtOnce(others: Readonly<Record<string, FaultKind>>): FaultKind {
  const kinds = Object.entries(others);
  return {
    lastsMs: [500, 60_000],
    inflict: (world, random) => {
      const both = [pick(kinds, random), pick(kinds, random)].map(([name, kind]): [string, Inflicted] => [
        name,
        kind.inflict(world, random),
      ]);
      const heal = (): void => {
        for (const [, inflicted] of both.reverse()) inflicted.heal();
      };
      return { target: both.map(([name, { target }]) => `${name} (${target})`).join(' and '), heal };
    },
  };
}

/** A host loses its power, and so does the one that takes its VMs over, in the middle of it. */
const recoveryHunted: FaultKind = {
  lastsMs: [5000, 60_000],
  inflict: (world, random) => {
    const hosts = [aHost(world, random)];
    let isOver = false;
    const cut = (host: string): void => {
      world.powerOff(host);
      world.heldOff.add(host);
    };
    const [first] = hosts as [string];
    const fledTo = (): string | undefined =>
      world.bus
        .bucket<VmRecord>('vms')
        .values()
        .find(({ phase }) => phase === 'attaching' || phase === 'starting')?.assignment?.host;
    cut(first);
    const deadlineMs = world.loop.nowMs + 10_000;
    const hunt = (): void => {
      const next = fledTo();
      if (isOver || world.loop.nowMs > deadlineMs) return;
      if (next === undefined || next === first) world.loop.after(50, hunt);
      else {
        hosts.push(next);
        cut(next);
      }
    };
    world.loop.after(500, hunt);
    const heal = (): void => {
      isOver = true;
      for (const host of hosts) {
        world.heldOff.delete(host);
        world.powerOn(host);
      }
    };
    return { target: first, heal };
  },
};

export function doubleKinds(others: Readonly<Record<string, FaultKind>>): Record<string, FaultKind> {
  return { 'double-fault': twoAtOnce(others), 'recovery-hunted': recoveryHunted };
}
