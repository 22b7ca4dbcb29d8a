import type { Bus } from '@holdfast/bus';
import { accepted, leaseClose, refused, type HostRecord, type Reply } from '@holdfast/contracts';
import { expect, test, vi } from 'vitest';
import { HostActions } from './host-actions.js';

const effect = { key: 'lease/e3/san1', kind: 'lease-close', node: 'san1', epochFloor: 3, waitMs: 37_000 } as const;
const host = { host: 'h1', incident: null } as HostRecord;

function actions(reply: Reply<unknown>) {
  let nowMs = 1000;
  const request = vi.fn(() => Promise.resolve(reply));
  const timers: number[] = [];
  /** Each timer is early by a tenth. */
  const after = (delayMs: number, callback: () => void): (() => void) => {
    timers.push(delayMs);
    nowMs += Math.max(1, 0.9 * delayMs);
    queueMicrotask(callback);
    return () => undefined;
  };
  const bus = { request } as unknown as Bus;
  const clock = { nowMs: () => 0, after };
  const probe = { probe: () => Promise.reject(new Error('nobody is probed')) };
  const deps = { bus, clock, incarnation: 'inc1', probe, fencing: new Map(), monotonicMs: () => nowMs };
  return { performed: new HostActions(deps).perform(effect, host), request, timers, nowMs: () => nowMs };
}

test('a closed lease is answered once its time has passed, however early a timer is', async () => {
  const closed = accepted({ node: 'san1', epochFloor: 3, renewedAgoMs: 7000 });
  const { performed, request, timers, nowMs } = actions(closed);
  expect(await performed).toBe(closed);
  const asked = { incarnation: 'inc1', host: 'h1', epochFloor: 3 };
  expect(request).toHaveBeenCalledWith(leaseClose, 'san1', asked, { timeoutMs: 3000 });
  expect(timers[0]).toBe(30_000);
  expect(nowMs()).toBeGreaterThanOrEqual(31_000);
});

test('one that was renewed long ago is answered at once, and a refusal too', async () => {
  const longAgo = actions(accepted({ node: 'san1', epochFloor: 3, renewedAgoMs: 60_000 }));
  await longAgo.performed;
  expect(longAgo.timers).toEqual([]);
  const refusal = refused('unavailable', 'this storage node is starting');
  expect(await actions(refusal).performed).toBe(refusal);
});
