import { BusError, MemoryBroker, type Bus, type Entry } from '@holdfast/bus';
import {
  accepted,
  noTransitions,
  refused,
  volumes,
  withTransition,
  type Reply,
  type VolumeRecord,
} from '@holdfast/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from './clock.js';
import { Projection } from './projection.js';
import { MachineRunner, type Machine } from './run-machine.js';

type Effect = { key: string; resendMs?: number };

const quiet = { info: () => undefined, warn: () => undefined };
const patiently = { timeout: 15_000, interval: 10 };

const empty: VolumeRecord = {
  ...noTransitions('test', 1),
  volume: 'v1',
  pool: 'pool1',
  node: 'san1',
  vm: 'web1',
  sizeMiB: 1,
  image: null,
  state: 'creating',
  reason: '',
};

const become = (record: VolumeRecord, state: VolumeRecord['state']): VolumeRecord =>
  withTransition({ ...record, state }, 2, { event: `volume.${state}`, text: state });

describe('a machine runner', () => {
  let broker: MemoryBroker;
  let bus: Bus;
  let stops: (() => void)[];

  beforeEach(() => {
    broker = new MemoryBroker();
    bus = broker.connect({ service: 'storage', node: 'san1' });
    stops = [];
  });

  afterEach(() => stops.forEach((stop) => stop()));

  async function run(
    machine: Partial<Machine<VolumeRecord, Effect>>,
    options: { rank?: () => number; bus?: Bus } = {},
  ): Promise<{ runner: MachineRunner<VolumeRecord, Effect>; projection: Projection<VolumeRecord> }> {
    const own = options.bus ?? bus;
    const projection = new Projection(own, volumes);
    await projection.start();
    const whole: Machine<VolumeRecord, Effect> = {
      noun: 'volume',
      contract: volumes,
      identity: ({ volume }) => volume,
      isGone: ({ state }) => state === 'deleted',
      step: ({ value }) => ({ state: value, effects: [], wakeAtMs: null }),
      perform: () => Promise.resolve(accepted({})),
      ...machine,
    };
    const rank = options.rank ?? ((): number => 0);
    const runner = new MachineRunner(whole, projection, own, { clock: systemClock, log: quiet, rank });
    runner.start();
    stops.push(() => {
      runner.stop();
      void projection.close();
    });
    return { runner, projection };
  }

  /** creating, and ready once the effect was answered. */
  const createOnce: Machine<VolumeRecord, Effect>['step'] = ({ value }, answer) => {
    if (value.state !== 'creating') return { state: value, effects: [], wakeAtMs: null };
    if (answer('create')?.reply.ok) {
      return { state: become(value, 'ready'), effects: [], wakeAtMs: null };
    }
    return { state: value, effects: [{ key: 'create', resendMs: 30 }], wakeAtMs: null };
  };

  async function stateOf(key = 'v1'): Promise<string | undefined> {
    return (await bus.bucket(volumes).get(key))?.value.state;
  }

  test('performs an effect only after the state that asks for it was stored', async () => {
    const storedWhenPerformed: (string | undefined)[] = [];
    const { runner } = await run({
      step: createOnce,
      perform: async () => {
        storedWhenPerformed.push(await stateOf());
        return accepted({});
      },
    });
    await runner.change('v1', () => ({ change: empty, reply: accepted({}) }));
    await vi.waitFor(async () => expect(await stateOf()).toBe('ready'), patiently);
    expect(storedWhenPerformed).toEqual(['creating']);
  });

  test('asks again for an effect that was refused, and has it in flight only once', async () => {
    let inFlight = 0;
    let most = 0;
    let calls = 0;
    const perform = async (): Promise<Reply<unknown>> => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      inFlight -= 1;
      return calls < 3 ? refused('unavailable', 'not yet') : accepted({});
    };
    const { runner } = await run({ step: createOnce, perform });
    await runner.change('v1', () => ({ change: empty, reply: accepted({}) }));
    for (let poke = 0; poke < 20; poke += 1) runner.poke('v1');
    await vi.waitFor(async () => expect(await stateOf()).toBe('ready'), patiently);
    expect({ most, calls }).toEqual({ most: 1, calls: 3 });
  });

  test('asks again when it is time, also if the core itself wants to look much later', async () => {
    let calls = 0;
    const { runner } = await run({
      step: (entry, answer) => {
        const { state, effects } = createOnce(entry, answer);
        return { state, effects, wakeAtMs: systemClock.nowMs() + 600_000 };
      },
      perform: () => {
        calls += 1;
        return Promise.resolve(calls < 3 ? refused('unavailable', 'not yet') : accepted({}));
      },
    });
    await runner.change('v1', () => ({ change: empty, reply: accepted({}) }));
    await vi.waitFor(async () => expect(await stateOf()).toBe('ready'), patiently);
    expect(calls).toBe(3);
  });

  test('does not wait for a write that nobody answers once it has seen a newer revision', async () => {
    const handle = bus.bucket(volumes);
    vi.spyOn(bus, 'bucket').mockReturnValue(handle as ReturnType<Bus['bucket']>);
    const update = vi.spyOn(handle, 'update').mockReturnValueOnce(new Promise(() => undefined));
    await handle.create('v1', empty);
    const step = ({ value }: Entry<VolumeRecord>): ReturnType<Machine<VolumeRecord, Effect>['step']> => {
      const state = { creating: become(value, 'deleting'), ready: become(value, 'failed') }[value.state as string];
      return { state: state ?? value, effects: [], wakeAtMs: null };
    };
    await run({ step });
    await vi.waitFor(() => expect(update).toHaveBeenCalledTimes(1), patiently);
    const entry = await handle.get('v1');
    await handle.update('v1', become(empty, 'ready'), entry?.revision ?? 0);
    await vi.waitFor(async () => expect(await stateOf()).toBe('failed'), patiently);
  });

  test('decides anew when another writer was first', async () => {
    const { runner, projection } = await run({});
    await bus.bucket(volumes).create('v1', empty);
    // The watch has not brought it: the first decision rests on nothing, and loses.
    vi.spyOn(projection, 'get').mockReturnValueOnce(null);
    const seen: string[] = [];
    const reply = await runner.change('v1', (record) => {
      seen.push(record?.state ?? 'absent');
      return { change: become(record ?? empty, 'deleting'), reply: accepted({}) };
    });
    expect(reply.ok).toBe(true);
    expect(seen).toEqual(['absent', 'creating']);
    expect(await stateOf()).toBe('deleting');
  });

  test('refuses a change that lost when the bus is gone before it can look why', async () => {
    const handle = bus.bucket(volumes);
    vi.spyOn(bus, 'bucket').mockReturnValue(handle as ReturnType<Bus['bucket']>);
    const { runner, projection } = await run({});
    await handle.create('v1', empty);
    vi.spyOn(projection, 'get').mockReturnValue(null);
    vi.spyOn(handle, 'get').mockRejectedValueOnce(new BusError('disconnected', 'not connected'));
    const reply = await runner.change('v1', () => ({ change: empty, reply: accepted({}) }));
    expect(reply).toMatchObject({ ok: false, refusal: { code: 'unavailable' } });
  });

  test('publishes the event of every transition once and in order, also of those a dead one left', async () => {
    const left = become(become(empty, 'ready'), 'deleting');
    await bus.bucket(volumes).create('v1', left);
    const events: string[] = [];
    const reader = broker.connect({ service: 'api', node: 'control1' });
    await reader.followEvents({ since: 1, onEvent: ({ type }) => events.push(type) });
    await run({});
    const wanted = ['io.holdfast.volume.ready.v1', 'io.holdfast.volume.deleting.v1'];
    await vi.waitFor(() => expect(events).toEqual(wanted), patiently);
    await run({});
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(events).toEqual(wanted);
  });

  test('a record whose numbers went back, as one from a backup, is told from where it stands', async () => {
    const handle = bus.bucket(volumes);
    await handle.create('v1', become(become(empty, 'ready'), 'deleting'));
    const ids: string[] = [];
    const reader = broker.connect({ service: 'api', node: 'control1' });
    await reader.followEvents({ since: 1, onEvent: ({ id }) => ids.push(id) });
    await run({});
    await vi.waitFor(() => expect(ids).toHaveLength(2), patiently);
    await handle.put('v1', become({ ...empty, incarnation: 'restored' }, 'ready'));
    await vi.waitFor(() => expect(ids.at(-1)).toMatch(/^restored\..*\.1$/), patiently);
    expect(ids).toHaveLength(3);
  });

  test('removes a tombstone when its last event is out', async () => {
    await bus.bucket(volumes).create('v1', become(empty, 'deleted'));
    await run({});
    await vi.waitFor(async () => expect(await bus.bucket(volumes).get('v1')).toBeNull(), patiently);
  });

  test('removes a tombstone although its removal failed at first', async () => {
    await bus.bucket(volumes).create('v1', become(empty, 'deleted'));
    const handle = bus.bucket(volumes);
    const remove = vi.spyOn(handle, 'remove').mockRejectedValueOnce(new BusError('timeout', 'lost'));
    vi.spyOn(bus, 'bucket').mockReturnValue(handle as never);
    await run({});
    await vi.waitFor(async () => expect(await handle.get('v1')).toBeNull(), patiently);
    expect(remove).toHaveBeenCalledTimes(2);
  });

  test('acts in the place of the replica before it only if that one does not', async () => {
    const performed: string[] = [];
    const machine = (name: string): Partial<Machine<VolumeRecord, Effect>> => ({
      step: createOnce,
      perform: (_effect: Effect, _entry: Entry<VolumeRecord>) => {
        performed.push(name);
        return Promise.resolve(accepted({}));
      },
    });
    let secondRank = 1;
    const first = await run(machine('first'));
    await run(machine('second'), { rank: () => secondRank });
    await first.runner.change('v1', () => ({ change: empty, reply: accepted({}) }));
    await vi.waitFor(async () => expect(await stateOf()).toBe('ready'), patiently);
    expect(performed).toEqual(['first']);
    first.runner.stop();
    secondRank = 0;
    await bus.bucket(volumes).create('v2', { ...empty, volume: 'v2' });
    await vi.waitFor(async () => expect(await stateOf('v2')).toBe('ready'), patiently);
    expect(performed).toEqual(['first', 'second']);
  });
});
