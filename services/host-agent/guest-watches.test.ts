import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vmProbesSchema, type ObservedVm } from '@holdfast/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LocalVm, ProbeOutcome } from './core/index.js';
import { GuestWatches } from './guest-watches.js';
import { LocalMemory } from './local-state.js';
import type { Domain } from './ports.js';
import { HandClock } from './testing/hand-clock.js';

const timing = { intervalSeconds: 2, timeoutSeconds: 1, failures: 2, graceSeconds: 0 };
const probes = vmProbesSchema.parse({ panic: true, tcp: [{ address: '192.0.2.7', port: 80, ...timing }] });
const copy: ObservedVm = {
  uid: 'uid1', generation: 3, hostEpoch: 1, state: 'running', reason: '', sinceMs: 1, reboot: null, migration: null,
  watch: 'key',
};
const identity = { vm: 'web1', uid: 'uid1', generation: 3, hostEpoch: 1, incarnation: 'inc1' };
const panicked: Domain = { identity, state: 'panicked', incoming: null };

describe('the guests of a host', () => {
  let directory: string;
  let memory: LocalMemory;
  let clock: HandClock;
  let busy: Set<string>;
  let asked: string[];
  let answer: () => Promise<ProbeOutcome>;
  let changes: number;
  let watches: GuestWatches;

  const guestOf = (vm = 'web1'): string | undefined => memory.state.vms[vm]?.copy?.guest?.state;
  const put = (vm: string, patch: Partial<LocalVm> = {}): Promise<void> =>
    memory.setVm(vm, { uid: 'uid1', floor: 3, copy, probes, ...patch });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-guests-'));
    memory = await LocalMemory.load(join(directory, 'floors.json'), 'inc1', 1);
    clock = new HandClock();
    busy = new Set();
    asked = [];
    changes = 0;
    answer = () => Promise.resolve({ result: 'passed' });
    const prober = {
      ask: (vm: string): Promise<ProbeOutcome> => {
        asked.push(vm);
        return answer();
      },
    };
    const log = { info: () => undefined, warn: () => undefined };
    const changed = (): void => void (changes += 1);
    watches = new GuestWatches({ clock, log, memory, prober, busy: () => busy, isSeeing: () => true, changed });
  });

  afterEach(async () => {
    watches.stop();
    await memory.close();
    await rm(directory, { recursive: true });
  });

  test('are asked in their own time, and what they say is told only when it changes', async () => {
    await put('web1');
    watches.look();
    await clock.pass(20_000);
    expect(asked.length).toBe(11);
    expect(guestOf()).toBe('healthy');
    await vi.waitFor(() => expect(changes).toBe(1));
    answer = () => Promise.resolve({ result: 'failed', reason: 'refused' });
    await clock.pass(20_000);
    expect(guestOf()).toBe('unhealthy');
    await vi.waitFor(() => expect(changes).toBe(2));
  });

  test('are given up on when they never answer, though the question itself hangs', async () => {
    await put('web1');
    answer = () => new Promise(() => undefined);
    watches.look();
    await clock.pass(10_000);
    expect(guestOf()).toBe('unhealthy');
  });

  test('are not taken for ill when it is the question that goes wrong', async () => {
    await put('web1');
    answer = () => Promise.reject(new Error('no such thing'));
    watches.look();
    await clock.pass(20_000);
    expect(asked.length).toBeGreaterThan(5);
    expect(guestOf()).toBeUndefined();
  });

  test('are asked a few at a time, however many they are, and every one in its turn', async () => {
    for (let number = 1; number <= 100; number += 1) await put(`vm${number}`);
    const held: ((outcome: ProbeOutcome) => void)[] = [];
    answer = () => new Promise((resolve) => held.push(resolve));
    watches.look();
    expect(asked).toHaveLength(32);
    while (held.length > 0) {
      held.shift()?.({ result: 'passed' });
      await clock.pass(0);
    }
    expect(new Set(asked).size).toBe(100);
  });

  test('are left alone while an action on them is in hand', async () => {
    await put('web1');
    busy.add('web1');
    watches.look();
    await clock.pass(10_000);
    expect(asked).toEqual([]);
  });

  test('that have panicked are known by what the hypervisor lists, until they are reset', async () => {
    await put('web1');
    watches.found([{ ...panicked, identity: { ...identity, generation: 2 } }], busy);
    expect(guestOf()).toBeUndefined();
    watches.found([panicked], busy);
    expect(guestOf()).toBe('panicked');
    watches.look();
    await clock.pass(10_000);
    expect(guestOf()).toBe('panicked');
    watches.sawReset('web1');
    expect(guestOf()).toBeUndefined();
    watches.look();
    await clock.pass(10_000);
    expect(guestOf()).toBe('healthy');
  });

  test('that are reset while the hypervisor lists them are not taken for what they were', async () => {
    await put('web1');
    watches.listing();
    watches.sawReset('web1');
    watches.found([panicked], busy);
    expect(guestOf()).toBeUndefined();
    watches.listing();
    watches.found([panicked], busy);
    expect(guestOf()).toBe('panicked');
  });

  test('that are listed as panicked while their reset is in hand have not panicked again', async () => {
    await put('web1');
    busy.add('web1');
    watches.found([panicked], busy);
    watches.sawReset('web1');
    watches.listing();
    watches.found([panicked], busy);
    expect(guestOf()).toBeUndefined();
    busy.clear();
    watches.listing();
    watches.found([panicked], busy);
    expect(guestOf()).toBe('panicked');
  });

  test('whose watchdog was not declared are not judged by it', async () => {
    await put('web1');
    watches.sawWatchdog('web1');
    expect(guestOf()).toBeUndefined();
    await put('web1', { probes: { ...probes, watchdog: true } });
    watches.sawWatchdog('web1');
    expect(guestOf()).toBe('watchdog');
  });
});
