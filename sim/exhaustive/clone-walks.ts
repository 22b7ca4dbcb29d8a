/** A VM whose disks are copied, and what its people do meanwhile. */
import type { VmRecord, VolumeRecord } from '@holdfast/contracts';
import { unsettled } from '../check/liveness.js';
import { diesWhileItFills } from './accidents.js';
import type { Stage, Walk } from './walk.js';

/** One that has written to its disk, and is stopped. */
function stopped(stage: Stage): void {
  stage.create('h1');
  stage.reach('running', () => stage.vm()?.phase === 'running' && unsettled(stage.world).length === 0);
  stage.ask('vm-stop', { vm: 'web1', force: true });
  stage.reach('stopped', () => stage.vm()?.phase === 'stopped' && unsettled(stage.world).length === 0);
}

function clone(stage: Stage): void {
  const { spec, uid } = stage.vm() as VmRecord;
  stage.ask('vm-create', { vm: 'web2', spec, cloneOf: { vm: 'web1', uid }, start: false, host: null });
}

const contentsOf = (stage: Stage, vm: string): number[] => {
  const { contents } = stage.world.storageNode('san1').store.volumes;
  return (stage.vm(vm)?.volumes ?? []).map(({ volume }) => contents.get(volume) ?? -1);
};

function isCloned(stage: Stage): string[] {
  const copy = stage.vm('web2');
  if (copy?.phase !== 'stopped' || copy.operation) return [`the copy is ${copy?.phase}`];
  const told = [contentsOf(stage, 'web1'), contentsOf(stage, 'web2')].map(String);
  const records = stage.world.bus.bucket<VolumeRecord>('volumes').values();
  const isReady = records.length === 2 && records.every(({ state }) => state === 'ready');
  const isSame = told[0] === told[1] && !told[0]?.startsWith('0') && isReady;
  return isSame ? [] : [`disks of ${told.join(' and ')} writes, ${records.map(({ state }) => state).join()}`];
}

/** Each has come to an end: together they cannot be had, and which of them is had is chance. */
function areOver(stage: Stage): string[] {
  const open = stage.operations.filter(({ reply }) => reply === null).map(({ id }) => `${id} has no answer`);
  const [own, copy] = [stage.vm()?.phase ?? 'gone', stage.vm('web2')?.phase ?? 'gone'];
  const isOver = ['running', 'stopped'].includes(own) && ['gone', 'stopped', 'failed'].includes(copy);
  return isOver ? open : [...open, `web1 is ${own}, web2 ${copy}`];
}

export const cloneWalks: Walk[] = [
  {
    name: 'clone',
    hosts: 1,
    replicas: 1,
    prepare: stopped,
    act: clone,
    missing: isCloned,
    accidents: [diesWhileItFills],
  },
  {
    name: 'clone and start at once',
    hosts: 1,
    replicas: 3,
    prepare: stopped,
    act: (stage) => {
      clone(stage);
      stage.ask('vm-start', { vm: 'web1', host: null });
    },
    missing: areOver,
    accidents: [diesWhileItFills],
  },
];
