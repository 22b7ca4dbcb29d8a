import { MemoryBroker } from '@holdfast/bus';
import { hostWake } from '@holdfast/contracts';
import { expect, test, vi } from 'vitest';
import { clusterOf, env, hostRecord, observed } from './core/testing/records.js';
import { PowerSaver } from './power-saver.js';

test('a look that failover does not answer is followed by the next one, which asks again', async () => {
  const broker = new MemoryBroker();
  const bus = broker.connect({ service: 'scheduler', node: 'control1' });
  const asked = vi.spyOn(bus, 'request');
  let look: () => void = () => {};
  const after = vi.fn((_delayMs: number, callback: () => void) => {
    look = callback;
    return () => {};
  });
  // Nothing is to be saved any more, so whoever sleeps is woken.
  const sleep = { stage: 'off' as const, sinceMs: 0, reason: 'idle', wakeWithinMs: 300_000 };
  const cluster = clusterOf({
    hosts: [hostRecord('h1'), hostRecord('h2', { health: 'asleep', sleep })],
    observed: [observed('h1'), observed('h2')],
  });
  const clock = { nowMs: () => env.nowMs, after };
  const saver = new PowerSaver({ bus, clock, cluster, env: () => env, rank: () => 0, carriers: () => new Set() });
  saver.start();
  for (const count of [1, 2]) {
    look();
    await vi.waitFor(() => expect(after).toHaveBeenCalledTimes(count + 1));
    expect(asked).toHaveBeenCalledTimes(count);
  }
  expect(asked.mock.lastCall?.slice(0, 3)).toEqual([hostWake, null, expect.objectContaining({ host: 'h2' })]);
  await expect(asked.mock.results[0]?.value).rejects.toMatchObject({ name: 'BusError' });
  saver.stop();
});
