/** A VM that is suspended, and one that goes on from there: what was stored is used once, and then is no more. */
import type { VolumeRecord } from '@holdfast/contracts';
import { unsettled } from '../check/liveness.js';
import { hostAccidents, otherAccidents } from './accidents.js';
import { running } from './ends.js';
import type { Stage, Walk } from './walk.js';

function suspended(stage: Stage): void {
  running(stage);
  stage.ask('vm-suspend', { vm: 'web1' });
  const isKept = (): boolean => stage.vm()?.phase === 'stopped' && stage.vm()?.savedMemory?.state === 'kept';
  stage.reach('suspended', () => isKept() && unsettled(stage.world).length === 0);
}

const volumesOf = ({ world }: Stage): string[] =>
  world.bus.bucket<VolumeRecord>('volumes').values().map(({ volume }) => volume);

/** Stopped with its memory, or running without. */
function isSuspendedOrNot(stage: Stage): string[] {
  const { phase, operation, savedMemory } = stage.vm() ?? {};
  const end = stage.outcome();
  const volumes = volumesOf(stage).length;
  const isKept = phase === 'stopped' && savedMemory?.state === 'kept' && volumes === 2;
  const runsOn = phase === 'running' && savedMemory === undefined && volumes === 1;
  if (!operation && (end === 'done' ? isKept : end === 'failed' && runsOn)) return [];
  return [`${end}: the VM is ${phase}, its memory ${savedMemory?.state}, ${volumes} volumes`];
}

function runsWithoutMemory(stage: Stage): string[] {
  const { phase, savedMemory } = stage.vm() ?? {};
  const volumes = volumesOf(stage).length;
  const isWell = phase === 'running' && savedMemory === undefined && volumes === 1;
  return isWell ? [] : [`the VM is ${phase}, its memory ${savedMemory?.state}, ${volumes} volumes`];
}

const accidents = [...hostAccidents('h1'), ...otherAccidents];

export const memoryWalks: Walk[] = [
  {
    name: 'suspend',
    hosts: 2,
    replicas: 1,
    prepare: (stage) => running(stage),
    act: (stage) => stage.ask('vm-suspend', { vm: 'web1' }),
    missing: isSuspendedOrNot,
    accidents,
  },
  {
    name: 'go on from stored memory',
    hosts: 2,
    replicas: 1,
    prepare: suspended,
    act: (stage) => stage.ask('vm-start', { vm: 'web1', host: 'h2' }),
    missing: runsWithoutMemory,
    accidents: [...hostAccidents('h2'), ...otherAccidents],
  },
];
