/** A VM that takes another name, and what its people do meanwhile: one record is left, and it can be started. */
import type { AttachmentRecord, VmRecord, VolumeRecord } from '@holdfast/contracts';
import { unsettled } from '../check/liveness.js';
import { otherAccidents } from './accidents.js';
import type { Stage, Walk } from './walk.js';

/** One that has run, so that storage and its host know its name. */
function stopped(stage: Stage): void {
  stage.create('h1');
  stage.reach('running', () => stage.vm()?.phase === 'running' && unsettled(stage.world).length === 0);
  stage.ask('vm-stop', { vm: 'web1', force: true });
  stage.reach('stopped', () => stage.vm()?.phase === 'stopped' && unsettled(stage.world).length === 0);
}

const rename = (stage: Stage): void => stage.ask('vm-rename', { vm: 'web1', to: 'web2' });
const recordsOf = ({ world }: Stage): VmRecord[] => world.bus.bucket<VmRecord>('vms').values();

/** Everybody has the new name, and nothing but it. */
function isNamed(stage: Stage, name: string): string[] {
  const { bus } = stage.world;
  const names = [
    ...recordsOf(stage).map((vm) => vm.name),
    ...bus.bucket<VolumeRecord>('volumes').values().map(({ vm }) => vm),
    ...bus.bucket<AttachmentRecord>('attachments').values().map(({ vm }) => vm),
  ];
  const isAll = names.length === 3 && names.every((each) => each === name);
  return isAll ? [] : [`the names are ${names.join(', ')}`];
}

function isRenamed(stage: Stage): string[] {
  const vm = stage.vm('web2');
  const isAtRest = vm?.phase === 'stopped' && !vm.operation;
  return isAtRest ? isNamed(stage, 'web2') : [`web2 is ${vm?.phase}, web1 ${stage.vm()?.phase}`];
}

function runsRenamed(stage: Stage): string[] {
  const vm = stage.vm('web2');
  return vm?.phase === 'running' && !vm.operation ? isNamed(stage, 'web2') : [`web2 is ${vm?.phase}`];
}

/** As soon as there is a record of that name that can be asked. */
function whenThere(stage: Stage, name: string, then: () => void): void {
  const vm = stage.vm(name);
  if (vm?.phase === 'stopped' && !vm.operation) then();
  else stage.world.edge.after(10, () => whenThere(stage, name, then));
}

/** Either it has the name, or the other one does, and both are whole. */
function isOneOrTheOther(stage: Stage): string[] {
  const open = stage.operations.filter(({ reply }) => reply === null).map(({ id }) => `${id} has no answer`);
  const records = recordsOf(stage);
  const isOver = records.every(({ phase, operation }) => ['stopped', 'running'].includes(phase) && !operation);
  const uids = new Set(records.map(({ uid }) => uid));
  const isEach = isOver && uids.size === records.length && records.length >= 1 && stage.vm('web2') !== null;
  return isEach ? open : [...open, records.map(({ name, phase }) => `${name} is ${phase}`).join()];
}

const accidents = [...otherAccidents];

export const renameWalks: Walk[] = [
  {
    name: 'rename',
    hosts: 1,
    replicas: 1,
    prepare: stopped,
    act: rename,
    missing: isRenamed,
    accidents,
  },
  {
    name: 'rename, three replicas, and start',
    hosts: 1,
    replicas: 3,
    prepare: stopped,
    act: (stage) => {
      rename(stage);
      whenThere(stage, 'web2', () => stage.ask('vm-start', { vm: 'web2', host: null }));
    },
    missing: runsRenamed,
    accidents,
  },
  {
    name: 'rename, and delete at once',
    hosts: 1,
    replicas: 3,
    prepare: stopped,
    act: (stage) => {
      rename(stage);
      whenThere(stage, 'web2', () => stage.ask('vm-delete', { vm: 'web2' }));
    },
    missing: (stage) => {
      const left = [...recordsOf(stage), ...stage.world.bus.bucket<VolumeRecord>('volumes').values()];
      return left.length === 0 ? [] : ['something of it is left'];
    },
  },
  {
    name: 'rename to a name that another takes',
    hosts: 1,
    replicas: 3,
    prepare: stopped,
    act: (stage) => {
      const { spec } = stage.vm() as VmRecord;
      rename(stage);
      stage.ask('vm-create', { vm: 'web2', spec, start: false, host: null });
    },
    missing: isOneOrTheOther,
  },
  {
    name: 'there and back by name',
    hosts: 1,
    replicas: 1,
    prepare: stopped,
    act: (stage) => {
      rename(stage);
      whenThere(stage, 'web2', () => stage.ask('vm-rename', { vm: 'web2', to: 'web1' }));
    },
    missing: (stage) => {
      const vm = stage.vm();
      const isBack = stage.operations.length === 4 && vm?.phase === 'stopped' && !vm.operation && vm.generation >= 4;
      return isBack ? isNamed(stage, 'web1') : [`web1 is ${vm?.phase}`];
    },
  },
];
