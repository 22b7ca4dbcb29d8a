/** The walks of the cluster that are disturbed at each of their effects. */
import type { AttachmentRecord, DrainRecord, VolumeRecord } from '@holdfast/contracts';
import { diesWhileItFills, hostAccidents, otherAccidents, setNetwork } from './accidents.js';
import { cloneWalks } from './clone-walks.js';
import { deviceWalks } from './device-walks.js';
import { isRunning, mustBeDone, mustRun, running } from './ends.js';
import { memoryWalks } from './memory-walks.js';
import { renameWalks } from './rename-walks.js';
import { goldenImage, type Stage, type Walk } from './walk.js';

function mustRunElsewhere(stage: Stage): string[] {
  const { assignment } = stage.vm() ?? {};
  const isElsewhere = isRunning(stage) && assignment?.host !== 'h1' && (assignment?.generation ?? 0) > 1;
  return isElsewhere ? [] : [`the VM is ${stage.vm()?.phase} at ${assignment?.host} g${assignment?.generation}`];
}

/** What is left of a VM that was deleted. */
function leftovers(stage: Stage): string[] {
  const { bus, storageNodes } = stage.world;
  const left = [
    ...bus.bucket<VolumeRecord>('volumes').values().map(({ volume }) => `the record of ${volume}`),
    ...bus.bucket<AttachmentRecord>('attachments').values().map(({ volume }) => `the attachment of ${volume}`),
  ];
  for (const { store } of storageNodes.values()) left.push(...store.volumes.list().map(({ volume }) => volume));
  return stage.vm() ? [...left, 'the VM'] : left;
}

const lookEveryMs = 50;

/** One after another, each as soon as the one before has come to its end. */
function inTurn(stage: Stage, steps: readonly { ask(stage: Stage): void; isEnd(stage: Stage): boolean }[]): void {
  const [step, ...others] = steps;
  if (!step) return;
  step.ask(stage);
  const look = (): void => {
    if (step.isEnd(stage) && stage.vm()?.operation == null) inTurn(stage, others);
    else stage.world.edge.after(lookEveryMs, look);
  };
  look();
}

/** Done is larger, failed is as it was: in its record, on its host, and in what its agent has promised. */
function resized(stage: Stage): string[] {
  const vm = stage.vm();
  const ended = stage.outcome();
  if (ended !== 'done' && ended !== 'failed') return mustBeDone(stage);
  const wants = ended === 'done' ? '2 2048' : '1 1024';
  const sizeOf = ({ cpus = 1, memoryMiB = 0 }): string => `${cpus} ${memoryMiB}`;
  const domain = [...stage.world.hypervisors()].flatMap(({ domains }) => domains.get('web1') ?? [])[0];
  const has = [vm ? sizeOf(vm.spec) : 'no record', domain ? sizeOf(domain) : 'no copy'];
  return [...mustRun(stage), ...(has.every((each) => each === wants) ? [] : [`${ended}: ${has.join(', ')}`])];
}

function mustBeWhole({ world }: Stage): string[] {
  const records = world.bus.bucket<VolumeRecord>('volumes').values();
  const filled = records.filter(({ source }) => source && 'image' in source && source.image === goldenImage);
  if (filled.length !== 1) return [`${filled.length} volumes are made from the image`];
  const { volumes } = world.storageNode('san1').store;
  return records.filter(({ volume }) => !volumes.isWhole(volume)).map(({ volume }) => `${volume} is not whole`);
}

const asked: Walk[] = ([
  {
    name: 'create',
    hosts: 2,
    replicas: 1,
    prepare: () => undefined,
    act: (stage) => stage.create('h1'),
    missing: (stage) => [...mustRun(stage), ...mustBeDone(stage)],
  },
  {
    name: 'create from an image',
    hosts: 2,
    replicas: 1,
    prepare: () => undefined,
    act: (stage) => stage.create(null, 2, goldenImage),
    missing: (stage) => [...mustRun(stage), ...mustBeDone(stage), ...mustBeWhole(stage)],
    accidents: [diesWhileItFills],
  },
  {
    name: 'create without a disk',
    hosts: 2,
    replicas: 1,
    prepare: () => undefined,
    act: (stage) => stage.create('h1', 0),
    missing: (stage) => [...mustRun(stage), ...mustBeDone(stage)],
  },
  {
    name: 'stop',
    hosts: 2,
    replicas: 1,
    prepare: running,
    act: (stage) => stage.ask('vm-stop', { vm: 'web1', force: false }),
    missing: (stage) => [
      ...(stage.vm()?.phase === 'stopped' ? [] : [`the VM is ${stage.vm()?.phase}`]),
      ...mustBeDone(stage),
    ],
  },
  {
    name: 'start',
    hosts: 2,
    replicas: 1,
    prepare: (stage) => {
      running(stage);
      stage.ask('vm-stop', { vm: 'web1', force: true });
      stage.reach('stopped', () => stage.vm()?.phase === 'stopped');
    },
    act: (stage) => stage.ask('vm-start', { vm: 'web1', host: null }),
    missing: (stage) => [...mustRun(stage), ...mustBeDone(stage)],
  },
  {
    name: 'delete',
    hosts: 2,
    replicas: 1,
    prepare: running,
    act: (stage) => stage.ask('vm-delete', { vm: 'web1' }),
    missing: leftovers,
  },
  {
    name: 'grow',
    hosts: 2,
    replicas: 1,
    prepare: running,
    act: (stage) => stage.ask('vm-resize', { vm: 'web1', size: { cpus: 2, memoryMiB: 2048 }, atNextStart: false }),
    missing: resized,
  },
  ...deviceWalks,
] as Walk[]).map((walk) => ({
  ...walk,
  accidents: [...(walk.accidents ?? []), ...hostAccidents('h1'), ...otherAccidents],
}));

/** Done is on the target; failed is on the source, or where it was recovered; never in between. */
function moved(stage: Stage): string[] {
  const isEnded = stage.outcome() === 'done' || stage.outcome() === 'failed';
  return [...mustRun(stage), ...(isEnded ? [] : mustBeDone(stage))];
}

const moving: Walk[] = [
  {
    name: 'migrate',
    hosts: 3,
    replicas: 1,
    prepare: running,
    act: (stage) => stage.ask('vm-migrate', { vm: 'web1', host: 'h2' }),
    missing: moved,
    accidents: [...hostAccidents('h1'), ...hostAccidents('h2'), ...otherAccidents],
  },
  {
    name: 'relocate',
    hosts: 3,
    replicas: 1,
    prepare: running,
    act: (stage) => stage.ask('vm-relocate', { vm: 'web1', host: 'h2' }),
    missing: moved,
    accidents: [...hostAccidents('h1'), ...hostAccidents('h2'), ...otherAccidents],
  },
];

const isStopped = (stage: Stage): boolean => stage.vm()?.phase === 'stopped';
const isEnded = (stage: Stage): boolean => stage.outcome() !== undefined;
const create = { ask: (stage: Stage) => stage.create('h1'), isEnd: isRunning };
const stop = { ask: (stage: Stage) => stage.ask('vm-stop', { vm: 'web1', force: false }), isEnd: isStopped };
const start = (host: string | null) => ({
  ask: (stage: Stage) => stage.ask('vm-start', { vm: 'web1', host }),
  isEnd: isRunning,
});
const remove = { ask: (stage: Stage) => stage.ask('vm-delete', { vm: 'web1' }), isEnd: () => true };
const migrate = (host: string) => ({
  ask: (stage: Stage) => stage.ask('vm-migrate', { vm: 'web1', host }),
  isEnd: isEnded,
});

/** What was meant for one step of a life may arrive in a later one. */
const lives: Walk[] = [
  {
    name: 'stop, start and stop again',
    hosts: 2,
    replicas: 1,
    prepare: running,
    act: (stage) => inTurn(stage, [stop, start('h1'), stop]),
    missing: (stage) => (isStopped(stage) && stage.operations.length === 4 ? [] : mustBeDone(stage)),
  },
  {
    name: 'there and back',
    hosts: 2,
    replicas: 1,
    prepare: running,
    act: (stage) => inTurn(stage, [migrate('h2'), migrate('h1')]),
    // It is refused if the way there had failed: then it is where it was.
    missing: (stage) => {
      if (stage.operations.length < 3) return ['it has not been asked to come back'];
      return stage.operations.at(-1)?.reply === 'refused' ? mustRun(stage) : moved(stage);
    },
  },
  {
    name: 'stopped here, started there, and back',
    hosts: 2,
    replicas: 1,
    prepare: () => undefined,
    act: (stage) => inTurn(stage, [create, stop, start('h2'), stop, start('h1')]),
    missing: (stage) => (stage.operations.length === 5 ? mustRun(stage) : ['not everything was asked for']),
  },
  {
    name: 'created and deleted',
    hosts: 2,
    replicas: 1,
    prepare: () => undefined,
    act: (stage) => inTurn(stage, [create, remove]),
    missing: (stage) => (stage.operations.length === 2 ? leftovers(stage) : ['its deletion was not asked for']),
  },
];

/** Emptied, and both services have noted it. */
function drained(stage: Stage): string[] {
  const state = stage.world.bus.bucket<DrainRecord>('drains').value('h1')?.state;
  const admin = stage.hostRecord('h1')?.admin;
  const isEmpty = state === 'drained' && admin === 'maintenance';
  return [...(isEmpty ? [] : [`h1 is ${state}, ${admin}`]), ...mustRunElsewhere(stage)];
}

const maintenance = (stage: Stage, on: boolean): void =>
  stage.ask('host-maintenance', { host: 'h1', on, reason: 'new memory' });

const draining: Walk[] = [
  {
    name: 'drain',
    hosts: 3,
    replicas: 1,
    prepare: running,
    act: (stage) => maintenance(stage, true),
    missing: drained,
    accidents: [...hostAccidents('h1'), ...hostAccidents('h2'), ...otherAccidents],
  },
  {
    name: 'end of a drain',
    hosts: 2,
    replicas: 1,
    prepare: (stage) => {
      running(stage);
      maintenance(stage, true);
      stage.reach('drained', () => drained(stage).length === 0);
    },
    act: (stage) => maintenance(stage, false),
    missing: (stage) => {
      const left = stage.world.bus.bucket<DrainRecord>('drains').value('h1');
      const admin = stage.hostRecord('h1')?.admin;
      return [...(left ? [`the drain is ${left.state}`] : []), ...(admin === 'active' ? [] : [`h1 is ${admin}`])];
    },
    accidents: [...hostAccidents('h1'), ...otherAccidents],
  },
];

/** How a host is lost, and how it comes back. */
interface Loss {
  name: string;
  lose(stage: Stage): void;
  giveBack(stage: Stage): void;
}

function switchOn({ world }: Stage): void {
  world.heldOff.delete('h1');
  world.powerOn('h1');
}

const losses: Loss[] = [
  {
    name: 'power cut',
    lose: ({ world }) => {
      world.heldOff.add('h1');
      world.powerOff('h1');
    },
    giveBack: switchOn,
  },
  {
    name: 'isolated',
    lose: (stage) => setNetwork(stage, 'h1', false),
    giveBack: (stage) => setNetwork(stage, 'h1', true),
  },
  {
    name: 'paused, out of reach of its BMC',
    lose: ({ world }) => {
      world.network.setLink('h1', 'bmc', false);
      world.freezeHost('h1', true);
    },
    giveBack: ({ world }) => {
      world.freezeHost('h1', false);
      world.network.setLink('h1', 'bmc', true);
    },
  },
  {
    name: 'paused, and switched off by its BMC',
    lose: ({ world }) => {
      world.heldOff.add('h1');
      world.freezeHost('h1', true);
    },
    giveBack: switchOn,
  },
];

const fencing: Walk[] = losses.flatMap(({ name, lose, giveBack }) => [
  {
    name: `fence: ${name}`,
    hosts: 3,
    replicas: 1,
    prepare: running,
    act: lose,
    missing: mustRunElsewhere,
    heal: giveBack,
  },
  {
    name: `rejoin: ${name}`,
    hosts: 3,
    replicas: 1,
    prepare: (stage: Stage) => {
      running(stage);
      lose(stage);
      stage.reach('running elsewhere', () => mustRunElsewhere(stage).length === 0);
      stage.rest(2000);
    },
    act: giveBack,
    missing: (stage: Stage) => {
      const { health } = stage.hostRecord('h1') ?? {};
      return [...(health === 'online' ? [] : [`h1 is ${health}`]), ...mustRun(stage)];
    },
  },
]);

/** The same with three replicas: another one goes on where one has died. */
const replicated: Walk[] = [...asked, ...moving, ...draining, ...fencing]
  .filter(({ name }) => ['create', 'migrate', 'drain', 'fence: isolated', 'rejoin: isolated'].includes(name))
  .map((walk) => ({ ...walk, name: `${walk.name}, three replicas`, replicas: 3 as const, accidents: [] }));

export const walks: readonly Walk[] = [
  ...asked, ...cloneWalks, ...memoryWalks, ...renameWalks, ...moving, ...lives, ...draining, ...fencing, ...replicated,
];
