import { describe, expect, test } from 'vitest';
import {
  defaultIsolationTiming as timing,
  endedWhenCutOff,
  noIsolation,
  stepIsolation,
  type Isolation,
  type IsolationStep,
  type IsolationView,
} from './isolation.js';
import { copy, memory } from './testing/memory.js';

/** A host that looks every 250 ms. */
class Host {
  nowMs = 1000;
  isolation: Isolation = noIsolation;
  bus = true;
  storage = true;
  ackedAtMs: number | null = 1000;
  isCut = false;
  isArmed = true;
  answeredAtMs: number | null = null;
  last!: IsolationStep;

  look(): IsolationStep {
    if (this.storage) this.ackedAtMs = this.nowMs;
    const view: IsolationView = {
      nowMs: this.nowMs,
      isBusConnected: this.bus,
      busAnsweredAtMs: this.answeredAtMs,
      ackedAtMs: this.ackedAtMs,
      isCut: this.isCut,
      isArmed: this.isArmed,
    };
    this.last = stepIsolation(this.isolation, view, timing);
    this.isolation = this.last.isolation;
    if (this.last.links) this.isCut = this.last.links === 'cut';
    return this.last;
  }

  pass(ms: number): this {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs += 250;
      this.look();
    }
    return this;
  }

  sleep(ms: number): this {
    this.nowMs += ms;
    this.look();
    return this;
  }
}

const cutOff = (): Host => {
  const host = new Host().pass(1000);
  host.bus = false;
  host.storage = false;
  return host;
};

describe('a host that is cut off', () => {
  test('from both the bus and every storage node cuts its guests off, and ends its VMs before its lease ends', () => {
    const host = cutOff();
    expect(host.pass(2750).isCut).toBe(false);
    expect(host.pass(250).isCut).toBe(true);
    expect(host.pass(8750).last.ends).toBe(false);
    expect(host.pass(250).last.ends).toBe(true);
  });

  test('from the bus alone does neither, nor from storage alone', () => {
    const noBus = cutOff();
    noBus.storage = true;
    expect(noBus.pass(60_000).last).toMatchObject({ links: null, ends: false });
    const noStorage = cutOff();
    noStorage.bus = true;
    expect(noStorage.pass(60_000).last).toMatchObject({ links: null, ends: false });
  });

  test('puts the links back when there is contact again', () => {
    const host = cutOff().pass(4000);
    host.storage = true;
    host.look();
    expect(host.last).toMatchObject({ links: 'restore', ends: false });
    expect(host.pass(250).last.links).toBeNull();
  });

  test('does nothing while people have disarmed the cluster', () => {
    const host = cutOff();
    host.isArmed = false;
    expect(host.pass(60_000).last).toMatchObject({ links: null, ends: false });
  });

  test('does nothing when no storage node has ever acknowledged it', () => {
    const host = cutOff();
    host.ackedAtMs = null;
    expect(host.pass(60_000).last).toMatchObject({ links: null, ends: false });
  });
});

describe('a host that was itself asleep', () => {
  test('goes on when a storage node acknowledges it at once', () => {
    const host = new Host().pass(1000);
    host.storage = false;
    host.sleep(60_000);
    expect(host.last).toMatchObject({ links: null, ends: false, asksBus: true });
    host.storage = true;
    expect(host.pass(250).last).toMatchObject({ links: null, ends: false, asksBus: false });
  });

  test('counts as cut off when nobody answers, although its connection to the bus still looks whole', () => {
    const host = new Host().pass(1000);
    host.storage = false;
    host.sleep(60_000);
    expect(host.pass(750).last.ends).toBe(false);
    expect(host.pass(250).last).toMatchObject({ links: 'cut', ends: true });
  });

  test('goes on when the bus answers', () => {
    const host = new Host().pass(1000);
    host.storage = false;
    host.sleep(60_000);
    host.answeredAtMs = host.nowMs + 100;
    expect(host.pass(60_000).last).toMatchObject({ links: null, ends: false, asksBus: false });
  });
});

test('ended is what others may start: not what has ended, nor what is never started by itself', () => {
  const ends = (vm: Parameters<typeof memory>[0]): number => endedWhenCutOff(memory(vm)).length;
  expect(ends({ floor: 3, copy: copy(3, 'running') })).toBe(1);
  expect(ends({ floor: 3, copy: copy(3, 'running'), restart: 'always' })).toBe(1);
  expect(ends({ floor: 3, copy: copy(3, 'running'), restart: 'never' })).toBe(0);
  expect(ends({ floor: 3, copy: copy(3, 'stopped') })).toBe(0);
});
