import { describe, expect, test } from 'vitest';
import { randomStream } from '@holdfast/kernel';
import { Loop } from './loop.js';
import { Machine, Process } from './process.js';
import { Heard, Pulse } from './pulse.js';

interface Pair {
  loop: Loop;
  sender: Process;
  listener: Machine;
  heard: Heard<number>;
}

/** A sender that beats to a listener, in one world resting and in the other never. */
function pair(isResting: boolean): Pair {
  const loop = new Loop(1);
  const sender = new Process(new Machine(loop, 'sender'), 'sender');
  const listener = new Machine(loop, 'listener');
  const heard = new Heard(listener, 0, undefined, 1);
  sender.start();
  const beat = (): Heard<number>[] | null => {
    // One that the sender makes, and one of the listener's.
    loop.stepCount += 1;
    heard.renew(0);
    return isResting ? [heard] : null;
  };
  new Pulse(sender, 250, beat).run();
  return { loop, sender, listener, heard };
}

const happenings: ((world: Pair) => void)[] = [
  ({ sender }) => sender.freeze(true),
  ({ sender }) => sender.freeze(false),
  ({ listener }) => (listener.clockOffsetMs += 700),
  ({ listener }) => (listener.clockOffsetMs -= 900),
  ({ listener }) => (listener.clockDrift = 3),
  ({ loop }) => loop.disturb(),
  // A message that was late.
  ({ heard }) => heard.renew(0),
];

describe('a pulse', () => {
  test('that rests tells how many steps it has saved, whether it is woken or not', () => {
    const { loop } = pair(true);
    loop.runUntil(1000);
    expect([loop.stepCount, loop.quietSteps()]).toEqual([1, 8]);
    loop.disturb();
    loop.runUntil(2000);
    expect([loop.stepCount, loop.quietSteps()]).toEqual([2, 14]);
  });

  test('that rests was heard when one that does not rest was heard, whatever happens', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = randomStream(`pulse/${seed}`);
      const [resting, restless] = [pair(true), pair(false)];
      let atMs = 0;
      for (let step = 0; step < 40; step += 1) {
        // Off the beat: what comes first within one millisecond is left open.
        atMs += 1 + random.integer(1500);
        if (atMs % 250 === 0) atMs += 1;
        const happens = random.next() < 0.5 ? happenings[random.integer(happenings.length)] : undefined;
        for (const world of [resting, restless]) {
          world.loop.runUntil(atMs);
          happens?.(world);
        }
        expect(resting.heard.atMs).toBe(restless.heard.atMs);
      }
    }
  });

  test('that rests costs no event until it is woken, and none after its program has died', () => {
    const { loop, sender, heard } = pair(true);
    loop.runUntil(10_100);
    expect(loop.eventCount).toBe(0);
    heard.wake();
    loop.runUntil(20_000);
    expect(loop.eventCount).toBe(1);
    const before = heard.atMs;
    sender.crash();
    loop.runUntil(30_000);
    expect(heard.atMs).toBe(before);
  });
});
