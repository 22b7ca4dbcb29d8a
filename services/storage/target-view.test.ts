import { expect, test } from 'vitest';
import { TargetStoreError, type TargetState, type TargetStore } from './ports.js';
import { TargetView } from './target-view.js';

test('a look tells what has changed since the last one, though somebody has listed the targets meanwhile', async () => {
  const target: TargetState = { iqn: 'iqn.disk.g1', volume: 'disk', generation: 1, sessions: [] };
  let listed: TargetState[] | null = [target];
  const listTargets = (): Promise<TargetState[]> =>
    listed ? Promise.resolve(listed) : Promise.reject(new TargetStoreError('unavailable', 'it does not answer'));
  const view = new TargetView({ listTargets } as TargetStore);
  expect(await view.look()).toBe(true);
  expect(await view.look()).toBe(false);
  listed = null;
  await view.refresh();
  expect(view.available).toBe(false);
  expect(await view.look()).toBe(true);
  listed = [];
  await view.refresh();
  expect(view.generations('disk')).toEqual(new Set());
  expect(await view.look()).toBe(true);
  expect(await view.look()).toBe(false);
});
