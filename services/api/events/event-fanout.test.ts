import { MemoryBroker, type Bus, type FollowEvents } from '@holdfast/bus';
import { eventOf, eventSubject, noTransitions, withTransition } from '@holdfast/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventFanout } from './event-fanout.js';

let broker: MemoryBroker;
let api: Bus;
let scheduler: Bus;
let fanout: EventFanout;
let published = 0;
let follows: FollowEvents[] = [];

beforeEach(() => {
  broker = new MemoryBroker({ schedule: setImmediate });
  api = broker.connect({ service: 'api', node: 'c1' });
  scheduler = broker.connect({ service: 'scheduler', node: 'c1' });
  published = 0;
  follows = [];
  const followEvents = api.followEvents.bind(api);
  vi.spyOn(api, 'followEvents').mockImplementation((options) => {
    follows.push(options);
    return followEvents(options);
  });
  fanout = new EventFanout(api);
});
afterEach(async () => {
  await fanout.close();
  await Promise.all([api.close(), scheduler.close()]);
});

async function publish(count: number, text = 'runs'): Promise<void> {
  for (let each = 0; each < count; each += 1) {
    published += 1;
    const key = published % 2 === 0 ? 'even' : 'odd';
    const told = withTransition(noTransitions('i1', 0), published, { event: 'vm.started', text });
    const about = { service: 'scheduler', noun: 'vm', key, identity: `u${published}` };
    await scheduler.publishEvent(eventSubject('vm.started', key), eventOf(told, told.transitions[0]!, about));
  }
}

function listener(filter = 'evt.v1.>'): { filter: string; got: number[]; onEvent(frame: Buffer, at: number): void } {
  const got: number[] = [];
  return { filter, got, onEvent: (_frame, sequence) => void got.push(sequence) };
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 5 });

describe('followers of events', () => {
  test('share one subscription, and each gets what its filter lets through', async () => {
    const all = listener();
    const even = listener('evt.v1.vm.even.>');
    await Promise.all([fanout.follow(all, 'new'), fanout.follow(even, 'new')]);
    await publish(10);
    await until(() => expect(all.got).toEqual(upTo(1, 10)));
    expect(even.got).toEqual([2, 4, 6, 8, 10]);
    expect(follows).toHaveLength(1);
  });

  test('that leave are told nothing more', async () => {
    const [gone, stays] = [listener(), listener()];
    const leaving = await fanout.follow(gone, 'new');
    await fanout.follow(stays, 'new');
    await publish(1);
    await until(() => expect(stays.got).toEqual([1]));
    await leaving.close();
    await publish(1);
    await until(() => expect(stays.got).toEqual([1, 2]));
    expect(gone.got).toEqual([1]);
  });

  test('that come back to what is kept here need no subscription of their own', async () => {
    await fanout.follow(listener(), 'new');
    await publish(20);
    const back = listener();
    await until(() => expect(follows).toHaveLength(1));
    await fanout.follow(back, 12);
    await publish(3);
    await until(() => expect(back.got).toEqual(upTo(12, 23)));
    expect(follows).toHaveLength(1);
  });

  test('that ask for what was before it all get each once, in order, while more is published', async () => {
    await publish(300);
    const publishing = publish(600);
    const followers: { since: number; all: ReturnType<typeof listener>; odd: ReturnType<typeof listener> }[] = [];
    for (let each = 0; each < 60; each += 1) {
      const since = 1 + ((each * 37) % 310);
      const [all, odd] = [listener(), listener('evt.v1.*.odd.>')];
      followers.push({ since, all, odd });
      await Promise.all([fanout.follow(all, since), fanout.follow(odd, since)]);
    }
    await publishing;
    await publish(1);
    for (const { since, all, odd } of followers) {
      await until(() => expect(all.got.at(-1)).toBe(901));
      expect(all.got).toEqual(upTo(since, 901));
      expect(odd.got).toEqual(upTo(since, 901).filter((sequence) => sequence % 2 === 1));
    }
  });

  test('that ask for what is kept no more get it all the same, and join the others then', async () => {
    await fanout.follow(listener(), 'new');
    await publish(4500);
    const late = listener();
    await fanout.follow(late, 1);
    await publish(5);
    await until(() => expect(late.got.at(-1)).toBe(4505));
    expect(late.got).toEqual(upTo(1, 4505));
    expect(follows).toHaveLength(2);
  });

  test('are told anew when the bus could not be had at first', async () => {
    vi.mocked(api.followEvents).mockRejectedValueOnce(new Error('not connected'));
    const one = listener();
    await expect(fanout.follow(one, 'new')).rejects.toThrow('not connected');
    await fanout.follow(one, 'new');
    await publish(1);
    await until(() => expect(one.got).toEqual([1]));
  });
});
