import { accepted, refused, type VmRecord } from '@holdfast/contracts';
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
    ...(stage === 'closing' ? history : {}),
  });
const step = (...args: Parameters<typeof viewOf>) => stepVm(viewOf(...args));
const told = { event: 'vm.switched', text: '', data: { downtimeMs: 120 } };
const switched = { ...told, number: 1, atMs: nowMs, operation: 'op1' };
const history: Partial<VmRecord> = { transitions: [{ ...switched, incident: null }], transitionCount: 1 };
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
      see(copy(1, 'migrating', migration('moving')), copy(2, 'arrived')),
      see(copy(1, 'stopped', migration('moved')), copy(2, 'receiving')),
    ]) {
      expect(step(moving, { observed: observedFacts }, answers).state).toBe(moving);
    }
    const observedFacts = see(copy(1, 'stopped', migration('moved')), copy(2, 'arrived'));
    const closing = step(moving, { observed: observedFacts }, answers).state;
    expect(closing).toMatchObject({ assignment: to, migration: { stage: 'closing' } });
  });

  test('what has arrived is told to go on once that is stored, and not before', () => {
    const arrived = { attachments: both, observed: see(copy(1, 'stopped', migration('moved')), copy(2, 'arrived')) };
    const flip = step(at('moving'), arrived);
    expect(flip.effects).toEqual([]);
    expect(step(flip.state, arrived).effects).toMatchObject([
      { kind: 'resume', host: 'h2', generation: 2 },
      { kind: 'detach', floor: 2, only: null },
    ]);
    for (const stage of ['opening', 'moving', 'abandoning'] as const) {
      const facts = { attachments: both, observed: see(copy(1, 'migrating', migration('moving')), copy(2, 'arrived')) };
      expect(step(at(stage), facts).effects.map(({ kind }) => kind)).not.toContain('resume');
    }
  });

  test('where the last word is lost, the source runs on and what has arrived is dropped', () => {
    const facts = { attachments: both, observed: see(copy(1, 'running', migration('failed')), copy(2, 'arrived')) };
    const given = step(at('moving'), facts).state;
    expect(given).toMatchObject({ generation: 3, assignment: { host: 'h1' }, migration: { stage: 'abandoning' } });
    expect(step(given, facts).effects).toMatchObject([
      { kind: 'stop', host: 'h2', generation: 3, graceSeconds: 0 },
      { kind: 'detach', only: 2 },
    ]);
  });

  test('a source that has ended, and may have run on after it was sent, is not followed by what has arrived', () => {
    for (const ended of [migration('failed'), {}]) {
      const observedFacts = see(copy(1, 'stopped', ended), copy(2, 'arrived'));
      expect(step(at('moving'), { observed: observedFacts }).state).toMatchObject({
        phase: 'recovering',
        assignment: { host: 'h1' },
        migration: { to },
      });
    }
  });

  test('where it was drained from is forgotten once a person has moved it, and not before', () => {
    const moving = { ...at('moving'), home: 'h3' };
    const moved = step(moving, { observed: see(null, copy(2, 'arrived')), attachments: both });
    expect(moved.state.home).toBe('h3');
    const seen = see(copy(1, 'stopped', migration('moved')), copy(2, 'arrived'));
    expect(step(moving, { observed: seen, attachments: both }).state).toMatchObject({ assignment: to, home: null });
    const byItself = { ...moving, operation: null };
    expect(step(byItself, { observed: seen, attachments: both }).state.home).toBe('h3');
  });

  test('the end of an earlier move says nothing of this one', () => {
    const earlier = { migration: { ...migration('moved').migration, generation: 1 } };
    const moving = at('moving');
    const observedFacts = see(copy(1, 'running', earlier), copy(2, 'arrived'));
    expect(step(moving, { observed: observedFacts }).state).toBe(moving);
  });

  test('the source’s access is taken back and the guest seen going on, and only then the move is done', () => {
    const closing = at('closing');
    const goesOn = see(null, copy(2, 'running', { heldMs: 30 }));
    const { state, effects } = step(closing, { attachments: both, observed: goesOn });
    expect(state).toBe(closing);
    expect(effects).toMatchObject([{ kind: 'detach', floor: 2, only: null }]);
    const attachments = [attachment([holder('h2', 2)])];
    expect(step(closing, { attachments, observed: see(null, copy(2, 'arrived')) }).effects).toMatchObject([
      { kind: 'resume', host: 'h2' },
    ]);
    const done = step(closing, { attachments, observed: goesOn });
    expect(done.state).toMatchObject({ phase: 'running', assignment: to, migration: null });
    expect(endOf(done)).toBe('done');
    expect(done.state.transitions.at(-1)?.data['downtimeMs']).toBe(150);
  });

  test('a stop that overruled the move is not done when the move is', () => {
    const closing = { ...at('closing'), desired: 'stopped' as const, operation: { id: 'op2', kind: 'stop' as const } };
    const facts = { attachments: [attachment([holder('h2', 2)])], observed: see(null, copy(2, 'running')) };
    const done = step(closing, facts);
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

  test('a source that stands still and refuses to move is asked again for a while; then the move is given up', () => {
    const refusal = { 'migrate/h2/g2': refused('conflict', 'web1 does not run here: it is paused') };
    const target = copy(2, 'receiving');
    const seen = (sinceMs: number) => ({ observed: see({ ...copy(1, 'paused'), sinceMs }, target) });
    const again = step(at('moving'), seen(nowMs - 2000), refusal);
    expect(again.effects).toMatchObject([{ kind: 'migrate', host: 'h1' }]);
    const { state } = step(at('moving'), seen(nowMs - 3000), refusal);
    expect(state).toMatchObject({ migration: { stage: 'abandoning' }, assignment: { host: 'h1' } });
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

  test('a source lost before the switch-over recovers, unless it had said that its copy has ended', () => {
    const hosts = lost('h1', evidence('power-off'));
    for (const stage of ['opening', 'moving', 'abandoning'] as const) {
      const facts = { hosts, attachments: both, observed: see(null, copy(2, 'receiving')) };
      expect(step(at(stage), facts).state).toMatchObject({ phase: 'recovering', migration: { to } });
    }
    const silent = step(at('moving'), { hosts, observed: see(copy(1, 'migrating'), copy(2, 'arrived')) }).state;
    expect(silent).toMatchObject({ phase: 'recovering', migration: { to } });
    const seen = see(copy(1, 'stopped', migration('moved')), copy(2, 'arrived'));
    const survivor = step(at('moving'), { hosts, observed: seen }).state;
    expect(survivor).toMatchObject({ assignment: to, migration: { stage: 'closing' } });
  });

  test('a source lost after the switch-over does not matter; a target lost then recovers', () => {
    const closing = at('closing');
    const facts = { attachments: [attachment([holder('h2', 2)])], observed: see(null, copy(2, 'running')) };
    expect(step(closing, { ...facts, hosts: lost('h1') }).state.phase).toBe('running');
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

  test('a guest that its hypervisor could not let run on is let run on once the other half is out', () => {
    const observedFacts = see(copy(1, 'paused', migration('failed')), copy(2, 'receiving'));
    const moving = at('moving');
    expect(step(moving, { observed: observedFacts }).state).toBe(moving);
    expect(step(moving, { observed: observedFacts }, {}, nowMs + 3000).state.migration?.stage).toBe('abandoning');
    const dropped = { 'stop/h2/below-g3/force': accepted({ state: 'already-done' }) };
    const facts = { attachments: [attachment([holder('h1', 1)], { newest: 2 })], observed: observedFacts };
    expect(step(at('abandoning'), facts, dropped).effects).toMatchObject([{}, { kind: 'resume', host: 'h1' }]);
    expect(step(at('abandoning'), { ...facts, attachments: both }, dropped).effects).toMatchObject([
      { kind: 'stop', host: 'h2' },
      { kind: 'detach', only: 2 },
    ]);
    const asked = { ...dropped, 'resume/h1/g1': refused('unavailable', 'no answer') };
    expect(step(at('abandoning'), facts, asked).state.phase).toBe('running');
  });
});

describe('a move of which nobody says how it ended', () => {
  const arrived = { attachments: both, observed: see(copy(1, 'migrating', migration('moving')), copy(2, 'arrived')) };

  test('is called unclear, and given up when it stays so: both halves are shut out, and it starts anew', () => {
    const moving = at('moving');
    expect(step(moving, arrived, {}, nowMs + 2999).state).toBe(moving);
    const unclear = step(moving, arrived, {}, nowMs + 3000).state;
    expect(unclear).toMatchObject({ phase: 'migrating', migration: { stage: 'moving', unclearSinceMs: nowMs + 3000 } });
    expect(step(unclear, arrived, {}, nowMs + 7999).state).toBe(unclear);
    const given = step(unclear, arrived, {}, nowMs + 8000);
    expect(given.state).toMatchObject({ phase: 'detaching', generation: 3, migration: null });
    expect(given.state.leftovers).toEqual([moving.assignment, to]);
    expect(endOf(given)).toBe('failed');
  });

  test('is as clear as any when word comes after all', () => {
    const unclear = step(at('moving'), arrived, {}, nowMs + 3000).state;
    const told = { attachments: both, observed: see(copy(1, 'stopped', migration('moved')), copy(2, 'arrived')) };
    const { state } = step(unclear, told, {}, nowMs + 9000);
    expect(state).toMatchObject({ assignment: to, migration: { stage: 'closing' } });
    expect(state.migration?.unclearSinceMs).toBeUndefined();
  });

  test('leaves the source its guest where no volume can be taken away', () => {
    const moving = { ...at('moving'), volumes: [] };
    const unclear = step(moving, arrived, {}, nowMs + 3000).state;
    expect(step(unclear, arrived, {}, nowMs + 8000).state.migration?.stage).toBe('abandoning');
  });

  test('a target that does not say that it has what was sent is recovered from', () => {
    const sent = { attachments: both, observed: see(copy(1, 'stopped', migration('moved')), copy(2, 'receiving')) };
    const unclear = step(at('moving'), sent, {}, nowMs + 3000).state;
    expect(unclear.migration?.unclearSinceMs).toBe(nowMs + 3000);
    expect(step(unclear, sent, {}, nowMs + 8000).state).toMatchObject({ phase: 'recovering', migration: { to } });
  });

  test('a guest that nobody lets go on starts anew, with a disk that was taken from it', () => {
    const facts = { attachments: both, observed: see(null, copy(2, 'arrived')) };
    const closing = at('closing');
    const unclear = step(closing, facts, {}, nowMs + 8000).state;
    expect(unclear.migration?.unclearSinceMs).toBe(nowMs + 8000);
    expect(step(unclear, facts, {}, nowMs + 8001).effects.map(({ kind }) => kind)).toEqual(['resume', 'detach']);
    const given = step(unclear, facts, {}, nowMs + 13_000).state;
    expect(given).toMatchObject({ phase: 'detaching', generation: 3, migration: null, leftovers: [to] });
    const withoutDisk = step({ ...unclear, volumes: [] }, facts, {}, nowMs + 13_000);
    expect(withoutDisk.effects).toMatchObject([{ kind: 'resume' }]);
  });
});
