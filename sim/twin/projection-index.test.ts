import { expect, test } from 'vitest';
import { Loop } from '../engine/loop.js';
import { Machine, Process } from '../engine/process.js';
import { Bus } from '../world/bus.js';
import { Network } from '../world/network.js';
import { ProjectionIndex } from './projection-index.js';
import { TwinProjection } from './projection.js';

test('an index follows every change of what the values name', () => {
  const loop = new Loop(1);
  const bus = new Bus(loop, new Network(loop), ['ctl1']);
  const process = new Process(new Machine(loop, 'ctl1'), 'scheduler');
  const projection = new TwinProjection<{ id: string; on: (string | null)[] }>(process, bus.bucket('vms'));
  const index = new ProjectionIndex(projection, ({ on }) => on);
  const at = (name: string): string[] => [...index.values(name)].map(({ id }) => id).sort();

  projection.apply('a', { id: 'a', on: ['node1', null] }, 1);
  projection.apply('b', { id: 'b', on: ['node1', 'node2'] }, 2);
  expect([at('node1'), at('node2'), at('node3')]).toEqual([['a', 'b'], ['b'], []]);

  projection.apply('b', { id: 'b', on: ['node3', 'node2'] }, 3);
  expect([at('node1'), at('node2'), at('node3')]).toEqual([['a'], ['b'], ['b']]);

  projection.apply('b', { id: 'b', on: ['node1'] }, 2);
  projection.apply('a', null, 4);
  expect([at('node1'), at('node2'), at('node3')]).toEqual([[], ['b'], ['b']]);
});
