import { accepted, refused } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { stepAttachment } from './index.js';
import { attachment, env, factsOf, holder } from './testing/records.js';

const step = (record: ReturnType<typeof attachment>, ...facts: Parameters<typeof factsOf>) =>
  stepAttachment(record, factsOf(...facts), env);
const ok = accepted({});
const leaving = (generation: number | null, hostEpoch: number | null) =>
  holder('h1', 1, { phase: 'revoking', floors: { generation, hostEpoch } });

describe('revoking', () => {
  test('floors are durable before a target is deleted', () => {
    const record = attachment([leaving(2, 3)]);
    const raise = [{ kind: 'raise-floors', generation: 2, host: 'h1', hostEpoch: 3 }];
    expect(step(record, { targets: [1] }).effects).toMatchObject(raise);
    expect(step(record, { targets: [1], volumeFloor: 2 }).effects).toMatchObject(raise);
    expect(step(record, { targets: [1], hostFloors: { h1: 3 } }).effects).toMatchObject(raise);
    const durable = { targets: [1], volumeFloor: 2, hostFloors: { h1: 3 } };
    expect(step(record, durable).effects).toMatchObject([{ kind: 'delete', generation: 1 }]);
  });

  test('a holder is proven gone only after a delete that was answered ok, floors on disk, target not seen', () => {
    const record = attachment([leaving(2, null)]);
    const gone = { targets: [], volumeFloor: 2 };
    for (const [facts, answers] of [
      [gone, {}],
      [gone, { 'delete/g1': refused('unavailable', 'busy: I/O in flight') }],
      [{ ...gone, targets: [1] }, { 'delete/g1': ok }],
      [{ ...gone, targets: null }, { 'delete/g1': ok }],
      [{ ...gone, volumeFloor: 1 }, { 'delete/g1': ok }],
    ] as const) {
      const { targets } = facts;
      expect(step(record, { ...facts, targets: targets && [...targets] }, answers).state).toBe(record);
    }
    const { state } = step(record, gone, { 'delete/g1': ok });
    expect(state).toMatchObject({ holders: [], revoked: { host: 'h1', generation: 1 } });
  });

  test('a new holder is opened only when every other is proven gone', () => {
    const record = attachment([leaving(2, null), holder('h2', 2, { phase: 'opening' })]);
    const waiting = step(record, { targets: [], volumeFloor: 2 });
    expect(waiting.effects).toMatchObject([{ kind: 'delete', generation: 1 }]);
    const { state } = step(record, { targets: [], volumeFloor: 2 }, { 'delete/g1': ok });
    expect(step(state, { targets: [], volumeFloor: 2 }).effects).toMatchObject([{ kind: 'open' }]);
  });

  test('a target that no holder answers for is deleted, before anything is opened', () => {
    const record = attachment([holder('h2', 2, { phase: 'opening' })]);
    expect(step(record, { targets: [1] }).effects).toMatchObject([{ kind: 'delete', generation: 1 }]);
    expect(step(attachment([], { newest: 1 }), { targets: [1] }).effects).toMatchObject([
      { kind: 'delete', generation: 1 },
    ]);
  });
});

describe('opening', () => {
  const opening = attachment([holder('h1', 1, { phase: 'opening' })]);

  test('it counts as open when its target is there and the opening was answered ok', () => {
    expect(step(opening).effects).toMatchObject([{ kind: 'open', holder: { generation: 1 } }]);
    expect(step(opening, { targets: [1] }).state).toBe(opening);
    expect(step(opening, {}, { 'open/g1': ok }).state).toBe(opening);
    expect(step(opening, { targets: [1] }, { 'open/g1': ok }).state.holders[0]?.phase).toBe('open');
  });

  test('nothing is opened to a host whose key is not known', () => {
    expect(step(opening, { canSeal: false }).effects).toEqual([]);
  });

  test('what is below a floor by now is not opened but leaves', () => {
    for (const floors of [{ volumeFloor: 2 }, { hostFloors: { h1: 3 } }]) {
      const { state, effects } = step(opening, floors, { 'open/g1': ok });
      expect(effects).toEqual([]);
      expect(state.holders[0]?.phase).toBe('revoking');
    }
  });

  test('an open target below a floor leaves too', () => {
    const open = attachment([holder('h1', 1)]);
    expect(step(open, { targets: [1], hostFloors: { h1: 3 } }).state.holders[0]?.phase).toBe('revoking');
  });

  test('a target lost with a restart is opened again only after a stored change of the record', () => {
    const open = attachment([holder('h1', 1)]);
    const reopening = step(open, { targets: [] }, { 'open/g1': ok });
    expect(reopening.effects).toEqual([]);
    expect(reopening.state.holders[0]?.phase).toBe('opening');
    expect(step(reopening.state, { targets: [] }, { 'open/g1': ok }).effects).toMatchObject([{ kind: 'open' }]);
  });

  test('a target daemon that does not answer changes nothing', () => {
    const open = attachment([holder('h1', 1)]);
    expect(step(open, { targets: null })).toMatchObject({ effects: [], wakeAtMs: null });
    expect(step(open, { targets: null }).state).toBe(open);
  });

  test('a lost target below a floor is never opened again', () => {
    const open = attachment([holder('h1', 1)]);
    const { state } = step(open, { targets: [], volumeFloor: 2 });
    const next = stepAttachment(state, factsOf({ targets: [], volumeFloor: 2 }), env);
    expect([state, next.state].at(-1)?.holders[0]?.phase).toBe('revoking');
  });
});
