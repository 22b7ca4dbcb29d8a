import { accepted, refused } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { stepVm } from './index.js';
import {
  attachment,
  copy,
  evidence,
  holder,
  hostRecord,
  nowMs,
  observed,
  viewOf,
  vmRecord,
} from './testing/records.js';

const to = { host: 'h2', hostEpoch: 2, generation: 2 };
const at = (stage: 'opening' | 'moving' | 'closing' | 'abandoning') =>
  vmRecord({
    phase: 'migrating',
    generation: stage === 'abandoning' ? 3 : 2,
    operation: { id: 'op1', kind: 'migrate' },
    assignment: stage === 'closing' ? to : vmRecord().assignment,
    migration: { to, stage, startedAtMs: nowMs },
  });
const step = (...args: Parameters<typeof viewOf>) => stepVm(viewOf(...args));
const both = [attachment([holder('h1', 1), holder('h2', 2)])];
const migration = (result: 'moving' | 'moved' | 'failed') => ({
  migration: { generation: 2, result, downtimeMs: 150, reason: result === 'failed' ? 'no route' : '' },
});
type Copy = ReturnType<typeof copy> | null;
const see = (source: Copy, target: Copy) => [
  observed('h1', source ? { web1: source } : {}),
  observed('h2', target ? { web1: target } : {}),
];
const lost = (host: string, ...list: ReturnType<typeof evidence>[]) =>
  ['h1', 'h2', 'h3'].map((name) =>
    hostRecord(name, name === host ? { health: 'fenced', epoch: 3, evidence: list } : {}),
  );
const endOf = ({ state }: ReturnType<typeof step>) => state.transitions.at(-1)?.data['operationState'];

describe('live migration', () => {
  test('the target gets access and is ready before the source is asked to move', () => {
    const asked = vmRecord({ operation: { id: 'op1', kind: 'migrate' } });
    const opening = step(asked).state;
    expect(opening).toMatchObject({ phase: 'migrating', generation: 2, migration: { to, stage: 'opening' } });
    expect(step(opening).effects).toMatchObject([{ kind: 'attach', mode: 'migrating', generation: 2 }]);
    expect(step(opening, { attachments: both }).effects).toMatchObject([{ kind: 'receive', host: 'h2' }]);
    const observedFacts = see(copy(1, 'running'), copy(2, 'receiving'));
    const moving = step(opening, { attachments: both, observed: observedFacts }).state;
    expect(moving.migration?.stage).toBe('moving');
    expect(step(moving, { attachments: both, observed: observedFacts }).effects).toMatchObject([
      { kind: 'migrate', host: 'h1', generation: 1 },
    ]);
  });

  test('the assignment flips on the observed end of the move, not on an answer', () => {
    const moving = at('moving');
    const answers = { 'migrate/h2/g2': accepted({ state: 'already-done' }) };
    for (const observedFacts of [
      see(copy(1, 'migrating'), copy(2, 'receiving')),
      see(copy(1, 'migrating', migration('moving')), copy(2, 'running')),
      see(copy(1, 'stopped', migration('moved')), copy(2, 'receiving')),
    ]) {
      expect(step(moving, { observed: observedFacts }, answers).state).toBe(moving);
    }
    const observedFacts = see(copy(1, 'stopped', migration('moved')), copy(2, 'running'));
    const closing = step(moving, { observed: observedFacts }, answers).state;
    expect(closing).toMatchObject({ assignment: to, migration: { stage: 'closing' } });
  });

  test('where it was drained from is forgotten once a person has moved it, and not before', () => {
    const moving = { ...at('moving'), home: 'h3' };
    const moved = step(moving, { observed: see(null, copy(2, 'running')), attachments: both });
    expect(moved.state.home).toBe('h3');
    const seen = see(copy(1, 'stopped', migration('moved')), copy(2, 'running'));
    expect(step(moving, { observed: seen, attachments: both }).state).toMatchObject({ assignment: to, home: null });
    const byItself = { ...moving, operation: null };
    expect(step(byItself, { observed: seen, attachments: both }).state.home).toBe('h3');
  });

  test('the end of an earlier move says nothing of this one', () => {
    const earlier = { migration: { ...migration('moved').migration, generation: 1 } };
    const moving = at('moving');
    const observedFacts = see(copy(1, 'running', earlier), copy(2, 'running'));
    expect(step(moving, { observed: observedFacts }).state).toBe(moving);
  });

  test('the source’s access is taken back, and only then the move is done', () => {
    const closing = at('closing');
    const { state, effects } = step(closing, { attachments: both });
    expect(state).toBe(closing);
    expect(effects).toMatchObject([{ kind: 'detach', floor: 2, only: null }]);
    const done = step(closing, { attachments: [attachment([holder('h2', 2)])] });
    expect(done.state).toMatchObject({ phase: 'running', assignment: to, migration: null });
    expect(endOf(done)).toBe('done');
  });

  test('a stop that overruled the move is not done when the move is', () => {
    const closing = { ...at('closing'), desired: 'stopped' as const, operation: { id: 'op2', kind: 'stop' as const } };
    const done = step(closing, { attachments: [attachment([holder('h2', 2)])] });
    expect(done.state).toMatchObject({ phase: 'running', operation: { id: 'op2' } });
    expect(endOf(done)).toBeUndefined();
  });

  test('a target that refuses, fails or is lost before the move is given up; the source goes on', () => {
    const opening = at('opening');
    const facts = { attachments: both, observed: see(copy(1, 'running'), null) };
    for (const { state } of [
      step(opening, facts, { 'receive/h2/g2': refused('no-capacity', 'full') }),
      step(opening, { ...facts, observed: see(copy(1, 'running'), copy(2, 'failed')) }),
      step(opening, { ...facts, observed: see(copy(1, 'running'), copy(2, 'stopped')) }),
      step(opening, { ...facts, hosts: lost('h2') }),
      step(at('moving'), { ...facts, observed: see(copy(1, 'running', migration('failed')), null) }),
      step(at('moving'), { ...facts, hosts: lost('h2') }),
    ]) {
      expect(state).toMatchObject({ generation: 3, migration: { stage: 'abandoning' } });
      expect(state.assignment?.host).toBe('h1');
    }
  });

  test('a move that the source is making is not given up before the source says how it ended', () => {
    const moving = at('moving');
    const observedFacts = see(copy(1, 'migrating', migration('moving')), null);
    expect(step(moving, { observed: observedFacts, hosts: lost('h2') }).state).toBe(moving);
  });

  test('giving up shuts out the target’s generation alone and leaves the source its access', () => {
    const abandoning = at('abandoning');
    const { effects } = step(abandoning, { attachments: both });
    expect(effects).toMatchObject([
      { kind: 'stop', host: 'h2', generation: 3 },
      { kind: 'detach', only: 2 },
    ]);
  });

  test('an attach for the target that is still on its way is ruled out before the VM counts as running', () => {
    const abandoning = at('abandoning');
    const dropped = { 'stop/h2/below-g3/force': accepted({ state: 'already-done' }) };
    const before = { attachments: [attachment([holder('h1', 1)])] };
    expect(step(abandoning, before, dropped).effects).toMatchObject([{}, { kind: 'detach', only: 2 }]);
    const after = { attachments: [attachment([holder('h1', 1)], { newest: 2 })] };
    expect(step(abandoning, after).effects).toMatchObject([{ kind: 'stop', host: 'h2' }]);
    const back = step(abandoning, after, dropped);
    expect(back.state).toMatchObject({ phase: 'running', migration: null, assignment: { host: 'h1' } });
    expect(endOf(back)).toBe('failed');
  });

  test('without a volume only the target’s host can say that its half is gone', () => {
    const abandoning = { ...at('abandoning'), volumes: [] };
    const key = 'stop/h2/below-g3/force';
    for (const reply of [refused('unavailable', 'no answer'), accepted({ state: 'started-work' })]) {
      expect(step(abandoning, {}, { [key]: reply }).state).toBe(abandoning);
    }
    expect(step(abandoning, {}, { [key]: accepted({ state: 'already-done' }) }).state.phase).toBe('running');
    expect(step(abandoning, { hosts: lost('h2', evidence('power-off')) }).state.phase).toBe('running');
  });

  test('a source lost before the switch-over recovers, unless the target is seen running', () => {
    const hosts = lost('h1', evidence('power-off'));
    for (const stage of ['opening', 'moving', 'abandoning'] as const) {
      const facts = { hosts, attachments: both, observed: see(null, copy(2, 'receiving')) };
      expect(step(at(stage), facts).state).toMatchObject({ phase: 'recovering', migration: { to } });
    }
    const survivor = step(at('moving'), { hosts, observed: see(null, copy(2, 'running')) }).state;
    expect(survivor).toMatchObject({ assignment: to, migration: { stage: 'closing' } });
  });

  test('a source lost after the switch-over does not matter; a target lost then recovers', () => {
    const closing = at('closing');
    const attachments = [attachment([holder('h2', 2)])];
    expect(step(closing, { hosts: lost('h1'), attachments }).state.phase).toBe('running');
    expect(step(closing, { hosts: lost('h2') }).state).toMatchObject({
      phase: 'recovering',
      assignment: to,
      migration: null,
    });
  });

  test('a guest that moved and ended at once is looked at like any that runs', () => {
    const observedFacts = see(
      copy(1, 'stopped', migration('moved')),
      copy(2, 'stopped', { reason: 'guest-shutdown' }),
    );
    const closing = step(at('moving'), { observed: observedFacts }).state;
    expect(closing).toMatchObject({ assignment: to, migration: { stage: 'closing' } });
  });

  test('a source that died in the middle of the move does not leave the VM moving for ever', () => {
    const moving = at('moving');
    const facts = { observed: see(copy(1, 'stopped', migration('failed')), copy(2, 'receiving')) };
    expect(step(moving, facts).state).toBe(moving);
    const later = step(moving, facts, {}, nowMs + 3000).state;
    expect(later).toMatchObject({ phase: 'recovering', migration: { to } });
  });
});
