/** What a VM takes up, and when that changes by itself. */
import type { NextSize, VmRecord, VmSpec } from '@holdfast/contracts';

/** For whoever counts it from the events. */
export function takenUp({ spec, volumes }: Pick<VmRecord, 'spec' | 'volumes'>): {
  cpus: number;
  memoryMiB: number;
  disksMiB: number;
} {
  const { cpus, memoryMiB } = spec;
  return { cpus, memoryMiB, disksMiB: volumes.reduce((sum, { sizeMiB }) => sum + sizeMiB, 0) };
}

/** Linux sets 64 MiB apart for devices where memory may come to lie above 4 GiB: with 128 MiB it does not boot. */
const leastToGrowMiB = 256;

export function withSize({ maxCpus: _, maxMemoryMiB: __, ...spec }: VmSpec, size: NextSize): VmSpec {
  const { cpus, memoryMiB, maxCpus, maxMemoryMiB } = size;
  return {
    ...spec,
    cpus,
    memoryMiB,
    ...(maxCpus === undefined ? {} : { maxCpus }),
    ...(maxMemoryMiB === undefined ? {} : { maxMemoryMiB }),
  };
}

export function wrongMaximum(size: NextSize): { field: string; text: string; remedy: string } | null {
  for (const [field, most] of [['cpus', 'maxCpus'], ['memoryMiB', 'maxMemoryMiB']] as const) {
    const atMost = size[most];
    if (atMost !== undefined && atMost < size[field]) {
      const text = `${most}: ${atMost} is less than its ${field}, ${size[field]}`;
      return { field: most, text, remedy: `raise ${most} to ${size[field]} or more, or leave it out` };
    }
  }
  const { memoryMiB, maxMemoryMiB = 0 } = size;
  if (maxMemoryMiB <= memoryMiB || memoryMiB >= leastToGrowMiB) return null;
  const text = `maxMemoryMiB: a VM whose memory can grow needs ${leastToGrowMiB} MiB to start with`;
  return { field: 'maxMemoryMiB', text, remedy: `raise memoryMiB to ${leastToGrowMiB} or more, or leave it out` };
}

/** The copy that was being made larger is gone, and what it was to have with it. */
export function notLarger(vm: VmRecord): VmRecord {
  if (vm.resizing === undefined) return vm;
  const { cpus, memoryMiB } = vm.resizing;
  return { ...vm, spec: { ...vm.spec, cpus, memoryMiB }, resizing: undefined };
}

/** Nothing of it runs: it takes on the size that was chosen for then, and its event says so. */
export function atRest(vm: VmRecord): { patch: Partial<VmRecord>; told: { data?: ReturnType<typeof takenUp> } } {
  if (vm.nextSize === undefined) return { patch: {}, told: {} };
  const spec = withSize(vm.spec, vm.nextSize);
  return { patch: { spec, nextSize: undefined, resizing: undefined }, told: { data: takenUp({ ...vm, spec }) } };
}
