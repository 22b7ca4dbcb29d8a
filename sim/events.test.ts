import { dataSchemaOf, eventTypes, type TransitionRecord } from '@holdfast/contracts';
import { expect, test } from 'vitest';
import { defaultSeedOptions, runWorld, worldOf } from './run/run-seed.js';
import { World } from './world/world.js';

const buckets = [
  'hosts', 'cluster', 'drills', 'vms', 'rules', 'rebalance', 'settings', 'drains',
  'volumes', 'attachments',
];

test('each event of a few whole clusters is documented, and has exactly the data that is documented', () => {
  const seen = new Set<string>();
  const wrong = new Set<string>();
  for (const seed of [11, 12, 13]) {
    const world = new World(worldOf(seed, defaultSeedOptions));
    for (const name of buckets) {
      const bucket = world.bus.bucket<TransitionRecord>(name);
      const { onWrite } = bucket;
      bucket.onWrite = (before, after) => {
        onWrite(before, after);
        for (const { event, data, text, atMs, operation, incident } of after.value?.transitions ?? []) {
          seen.add(event);
          if (!eventTypes[event]) wrong.add(`${event} is not documented`);
          else {
            const { error } = dataSchemaOf(event, true).safeParse({ ...data, text, atMs, operation, incident });
            for (const issue of error?.issues ?? []) wrong.add(`${event}: ${issue.path.join('.')} ${issue.message}`);
          }
        }
      };
    }
    runWorld(world, defaultSeedOptions);
  }
  expect([...wrong]).toEqual([]);
  expect(seen.size).toBeGreaterThan(50);
});
