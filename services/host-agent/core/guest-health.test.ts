import { vmProbesSchema, type GuestHealth, type ObservedVm, type WatchOrder } from '@holdfast/contracts';
import { describe, expect, it } from 'vitest';
import {
  admitBegin,
  admitReboot,
  admitStop,
  admitWatch,
  guestProbes,
  heard,
  judged,
  lookAt,
  toldByGuest,
  wasReset,
  type GuestProbe,
  type GuestWatch,
  type LocalVm,
  type ProbeOutcome,
} from './index.js';
import { command, copy, env, memory, nowMs, room } from './testing/memory.js';

const probes = vmProbesSchema.parse({
  panic: true,
  agent: { intervalSeconds: 5, failures: 2, graceSeconds: 30 },
  tcp: [{ address: '192.0.2.7', port: 80, intervalSeconds: 10, failures: 3, graceSeconds: 0 }],
});
const [agent, tcp] = guestProbes(probes) as [GuestProbe, GuestProbe];
const running = (patch: Partial<ObservedVm> = {}): LocalVm => ({
  uid: 'uid1',
  floor: 1,
  copy: copy(1, 'running', { watch: 'key', ...patch }),
  probes,
});
const failed: ProbeOutcome = { result: 'failed', reason: 'refused' };
const passed: ProbeOutcome = { result: 'passed' };
const well: GuestHealth = { state: 'healthy', probe: '', reason: '', sinceMs: 1 };

function watching(vm = running(), atMs = nowMs): GuestWatch {
  const { watch } = lookAt(null, vm, { nowMs: atMs, isBusy: false, isSeen: true });
  if (!watch) throw new Error('it is not looked at');
  return watch;
}

describe('a guest is looked at', () => {
  it('by each of its probes in its own time, and by none twice at once', () => {
    const first = lookAt(null, running(), { nowMs, isBusy: false, isSeen: true });
    expect(first.due.map(({ name }) => name)).toEqual(['agent', 'tcp 192.0.2.7:80']);
    expect(first.wakeAtMs).toBe(nowMs + 5000);
    const still = lookAt(first.watch, running(), { nowMs: nowMs + 20_000, isBusy: false, isSeen: true });
    expect(still.due).toEqual([]);
    const heardOne = heard(first.watch as GuestWatch, agent, passed);
    const next = lookAt(heardOne, running(), { nowMs: nowMs + 5000, isBusy: false, isSeen: true });
    expect(next.due).toEqual([agent]);
  });

  it.each(['starting', 'stopping', 'migrating', 'receiving', 'arrived', 'paused', 'stopped'] as const)(
    'not while it is %s',
    (state) => {
      const vm = { ...running(), copy: copy(1, state, { watch: 'key' }) };
      const looked = lookAt(watching(), vm, { nowMs, isBusy: false, isSeen: true });
      expect(looked).toEqual({ watch: null, due: [], wakeAtMs: null });
    },
  );

  it('not while an action is in hand, and not without probes', () => {
    expect(lookAt(watching(), running(), { nowMs, isBusy: true, isSeen: true }).watch).toBeNull();
    expect(lookAt(watching(), running(), { nowMs, isBusy: false, isSeen: false }).watch).toBeNull();
    expect(lookAt(null, { ...running(), probes: undefined }, { nowMs, isBusy: false, isSeen: true }).watch).toBeNull();
  });

  it('from the beginning after a move that failed, a pause or a new set of probes', () => {
    const before = heard(watching(), tcp, failed);
    for (const patch of [{ sinceMs: nowMs }, { watch: 'other' }, { generation: 2 }]) {
      const { watch, due } = lookAt(before, running(patch), { nowMs: nowMs + 1, isBusy: false, isSeen: true });
      expect(due).toHaveLength(2);
      expect(watch?.asked[tcp.name]?.failures).toBe(0);
    }
  });

  it('soon, also when the clock is set back', () => {
    const { watch } = lookAt(watching(), running(), { nowMs: nowMs - 3_600_000, isBusy: false, isSeen: true });
    expect(watch?.asked[tcp.name]?.dueAtMs).toBe(nowMs - 3_600_000 + 10_000);
  });
});

describe('a guest is judged', () => {
  const after = (outcomes: [GuestProbe, ProbeOutcome][], vm = running()): GuestHealth | null => {
    const watch = outcomes.reduce((all, [probe, outcome]) => heard(all, probe, outcome), watching(vm));
    return judged(watch, vm, nowMs);
  };
  const times = (count: number, probe: GuestProbe, outcome: ProbeOutcome): [GuestProbe, ProbeOutcome][] =>
    Array.from({ length: count }, () => [probe, outcome]);

  it('not at all before every probe has passed', () => {
    expect(after([])).toBeNull();
    expect(after([[tcp, passed]])).toBeNull();
    expect(after([[tcp, passed], [agent, passed]])).toMatchObject({ state: 'healthy' });
  });

  it('healthy at once when there is nothing to ask', () => {
    const vm = { ...running(), probes: vmProbesSchema.parse({ panic: true }) };
    expect(after([], vm)).toMatchObject({ state: 'healthy' });
  });

  it('unhealthy only after so many failures in a row', () => {
    expect(after([[tcp, failed], [tcp, failed]])).toBeNull();
    expect(after([[tcp, failed], [tcp, failed], [tcp, passed], [tcp, failed]])).toBeNull();
    expect(after([[tcp, failed], [tcp, failed], [tcp, failed]])).toEqual({
      state: 'unhealthy',
      probe: 'tcp 192.0.2.7:80',
      reason: 'refused, 3 times in a row',
      sinceMs: nowMs,
    });
  });

  it('by no failure within its grace time, whatever the clock says', () => {
    // 30 s at one question each 5 s.
    expect(after([...times(6, agent, failed), [agent, failed]])).toBeNull();
    expect(after([...times(6, agent, failed), ...times(2, agent, failed)])).toMatchObject({ probe: 'agent' });
    expect(after([...times(6, agent, { result: 'unknown' }), ...times(2, agent, failed)])).toMatchObject({
      probe: 'agent',
    });
  });

  it('by every failure after its first success, which ends its grace time', () => {
    expect(after([...times(3, agent, failed), [agent, passed], ...times(2, agent, failed)])).toMatchObject({
      state: 'unhealthy',
      probe: 'agent',
    });
  });

  it('by no failure that is our own trouble', () => {
    expect(after([...times(7, agent, failed), ...times(50, agent, { result: 'unknown' })])).toBeNull();
  });

  it('the same until something is new, so that nothing is told twice', () => {
    const sick: GuestHealth = { state: 'unhealthy', probe: 'agent', reason: 'no answer', sinceMs: 7 };
    const vm = running({ guest: sick });
    expect(after([[tcp, failed], [tcp, failed], [tcp, failed]], vm)).toBe(sick);
    expect(after([[tcp, passed]], vm)).toBe(sick);
    expect(after([[tcp, passed], [agent, passed]], vm)).toMatchObject({ state: 'healthy' });
    const healthy = running({ guest: well });
    expect(after([[tcp, failed]], healthy)).toBe(well);
    expect(after([[tcp, passed], [agent, passed]], healthy)).toBe(well);
  });
});

describe('what a guest tells by a device', () => {
  const panicked = toldByGuest(running(), 'panicked', nowMs);

  it('counts at once, and until it is reset, whatever probes say', () => {
    expect(panicked.copy?.guest).toMatchObject({ state: 'panicked', probe: 'panic' });
    const watch = [agent, tcp].reduce((all, probe) => heard(all, probe, passed), watching(panicked));
    expect(judged(watch, panicked, nowMs)).toBe(panicked.copy?.guest);
    expect(toldByGuest(panicked, 'panicked', nowMs + 1)).toBe(panicked);
    expect(wasReset(panicked, nowMs + 5).copy).toMatchObject({ guest: null, sinceMs: nowMs + 5 });
  });

  it('counts for nothing when it was not declared, or when the copy has ended', () => {
    const plain = running();
    expect(toldByGuest(plain, 'watchdog', nowMs)).toBe(plain);
    const ended = { ...plain, copy: copy(1, 'stopped') };
    expect(toldByGuest(ended, 'panicked', nowMs)).toBe(ended);
  });
});

describe('an agent is told how to look', () => {
  const watch: WatchOrder = { key: 'other', probes: vmProbesSchema.parse({ panic: true }) };
  const local = memory(running({ guest: well }));

  it('with the start of a copy', () => {
    const { vm } = admitBegin(memory(), 'web1', { ...command(1), watch }, 'start', room, env);
    expect(vm).toMatchObject({ probes: watch.probes, copy: { watch: 'other' } });
    expect(admitBegin(memory(), 'web1', command(1), 'start', room, env).vm?.probes).toBeUndefined();
  });

  it('while it runs, and forgets what other probes have said', () => {
    const { vm, action } = admitWatch(local, 'web1', { ...command(1), watch });
    expect(action).toBeNull();
    expect(vm).toMatchObject({ probes: watch.probes, copy: { watch: 'other', state: 'running' } });
    expect(vm?.copy?.guest ?? null).toBeNull();
    const none = admitWatch(local, 'web1', { ...command(1), watch: null }).vm;
    expect(none?.probes).toBeUndefined();
    expect(none?.copy?.watch).toBeUndefined();
  });

  it('twice the same without anything changing, and refuses what is not about its copy', () => {
    expect(admitWatch(local, 'web1', { ...command(1), watch: { ...watch, key: 'key' } }).vm).toBeNull();
    expect(admitWatch(local, 'web1', { ...command(2), watch }).reply).toMatchObject({ ok: false });
    expect(admitWatch(memory(), 'web1', { ...command(1), watch }).reply).toMatchObject({ ok: false });
    const old = { ...command(1, { hostEpoch: 1 }), watch };
    expect(admitWatch(local, 'web1', old).reply).toMatchObject({ ok: false, refusal: { code: 'stale' } });
  });

  it('and remembers it through what else is asked of the copy', () => {
    const reboot = admitReboot(local, 'web1', { ...command(1), operation: 'op', force: true });
    expect(reboot.vm?.probes).toEqual(probes);
    const below = admitStop(memory({ ...running(), floor: 0 }), 'web1', { ...command(1), graceSeconds: 0 }, env);
    expect(below.vm).toMatchObject({ floor: 1, probes });
  });
});
