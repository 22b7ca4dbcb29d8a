/** A seed written out as a scenario: the same cluster, the same faults at the same moments, the same requests. */
import type { VmPolicy, VmSize } from '@holdfast/contracts';
import type { Violation } from '../check/checker.js';
import { besideKinds } from '../faults/beside.js';
import { peopleUntilMs, type Happening } from '../faults/plan.js';
import { hasEveryFault, runSeed, worldOf, type SeedOptions } from './run-seed.js';
import type { Action, Scenario } from './scenario.js';

type CreateSpec = {
  cpus: number;
  memoryMiB: number;
  maxCpus?: number;
  maxMemoryMiB?: number;
  disks: { sizeMiB: number }[];
  policy: VmPolicy;
};

/** Longer than the world may take to come to rest after all was healed. */
const restS = 190;

/** Null when every invariant holds. */
export function scenarioOfSeed(
  seed: number,
  options: SeedOptions,
): { scenario: Scenario; violation: Violation } | null {
  const happenings: Happening[] = [];
  const result = runSeed(seed, { ...options, recorded: (happening) => happenings.push(happening) });
  const [violation] = result.violations;
  if (!violation) return null;
  const { hosts, control, storageNodes, bootMs, swappedBmcs, watchdogsMs = {} } = worldOf(seed, options);
  const watched = Object.entries(hosts).map(([host, spec]) => {
    const { [host]: watchdogMs } = watchdogsMs;
    return [host, { ...spec, ...(watchdogMs !== undefined && { watchdogS: watchdogMs / 1000 }) }] as const;
  });
  const beside = { kinds: [...besideKinds], vms: options.vms, untilS: peopleUntilMs(options.minutes) / 1000 };
  const isAfterHealing = violation.atMs >= options.minutes * 60_000;
  const healAtS = options.minutes * 60;
  const scenario: Scenario = {
    name: `seed-${seed}`,
    about: `seed ${seed}: ${violation.invariant}`,
    seed,
    control,
    storageNodes: typeof storageNodes === 'number' ? storageNodes : storageNodes.length,
    bootS: [bootMs[0] / 1000, bootMs[1] / 1000],
    ...(swappedBmcs ? { swappedBmcs: [swappedBmcs[0], swappedBmcs[1]] as [string, string] } : {}),
    operated: true,
    ...(hasEveryFault(options) ? { beside } : {}),
    hosts: Object.fromEntries(watched),
    vms: {},
    rules: [],
    timeline: happenings.map(actionOf),
    ...(isAfterHealing ? { healAtS, untilS: healAtS + restS } : { untilS: Math.ceil(violation.atMs / 1000) + 1 }),
  };
  return { scenario, violation };
}

function sizeOf({ cpus, memoryMiB, maxCpus, maxMemoryMiB }: Omit<CreateSpec, 'disks' | 'policy'>): {
  cpus: number; memoryMiB: number; maxCpus?: number; maxMemoryMiB?: number;
} {
  return {
    cpus, memoryMiB, ...(maxCpus && { maxCpus }), ...(maxMemoryMiB && { maxMemoryMiB }),
  };
}

function actionOf(happening: Happening): Action {
  const atS = happening.atMs / 1000;
  if ('fault' in happening) {
    const { kind, number, lastsMs } = happening.fault;
    return { atS, do: 'fault', kind, seconds: lastsMs / 1000, draw: number };
  }
  const { name, request } = happening.asked;
  const { vm } = request;
  switch (name) {
    case 'vm-create': {
      const { disks, policy, ...spec } = request['spec'] as CreateSpec;
      const disksMiB = disks.map(({ sizeMiB }) => sizeMiB);
      const desired = request['start'] === true ? 'running' : 'stopped';
      return { atS, do: 'vm.create', vm, ...sizeOf(spec), disksMiB, desired, ...policy };
    }
    case 'vm-migrate':
      return { atS, do: 'vm.migrate', vm };
    case 'vm-stop':
      return { atS, do: 'vm.stop', vm, force: request['force'] === true };
    case 'vm-start':
      return { atS, do: 'vm.start', vm };
    case 'vm-reboot':
      return { atS, do: 'vm.reboot', vm, force: request['force'] === true };
    case 'vm-pause':
    case 'vm-resume':
      return { atS, do: 'vm.pause', vm, on: name === 'vm-pause' };
    case 'vm-suspend':
      return { atS, do: 'vm.suspend', vm };
    case 'vm-rename':
      return { atS, do: 'vm.rename', vm, to: request['to'] as string };
    case 'vm-resize': {
      const size = request['size'] as VmSize;
      return { atS, do: 'vm.resize', vm, size, atNextStart: request['atNextStart'] === true };
    }
    case 'vm-disk-add':
      return { atS, do: 'vm.disk-add', vm, sizeMiB: request['sizeMiB'] as number };
    case 'vm-disk-remove': {
      // One that was there from the beginning is told by its place; what came later is the last.
      const [, place] = /-disk(\d+)-/.exec(String(request['volume'])) ?? [];
      return { atS, do: 'vm.disk-remove', vm, ...(place !== undefined && { place: Number(place) }) };
    }
    case 'vm-delete':
      return { atS, do: 'vm.delete', vm };
    default:
      throw new Error(`a seed asks for ${name}, which no scenario can say`);
  }
}
