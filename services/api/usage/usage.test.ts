import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usageByProject } from './usage-query.js';
import { UsageCount, usageEventOf, usageVerbs, type UsageEvent, type VmUsage } from './usage.js';

const minuteMs = 60_000;
const lastSeenMs = new Map([['one', 50 * minuteMs], ['two', 90 * minuteMs]]);
const size = { cpus: 2, memoryMiB: 1024, disksMiB: 2048 };

/** Of minutes since the beginning: `requested@0`, `started@1`. */
function eventsOf(text: string, vm = 'web1', incarnation = 'one'): UsageEvent[] {
  return text.split(' ').map((word) => {
    const [verb = '', at] = word.split('@');
    const data = verb === 'requested' ? size : {};
    return { vm, uid: `uid-${vm}`, project: 'shop', incarnation, verb, atMs: Number(at) * minuteMs, data };
  });
}

function usageOf(events: readonly UsageEvent[], until = 100, from = 0, present = ['uid-web1']): VmUsage[] {
  const count = new UsageCount({
    fromMs: from * minuteMs, untilMs: until * minuteMs, lastSeenMs,
    present: new Map(present.map((uid) => [uid, uid.replace('uid-', '')])),
  });
  for (const event of events) count.add(event);
  return count.result();
}

function minutesOf(text: string, until?: number, from?: number, present?: string[]): [run: number, disk: number] {
  const [usage] = usageOf(eventsOf(text), until, from, present);
  const { runningMs = 0, disksMiBMs = 0 } = usage ?? {};
  return [runningMs / minuteMs, disksMiBMs / size.disksMiB / minuteMs];
}

describe('what a VM has taken up', () => {
  it('is its CPUs and memory while it runs, and its disks while it is there', () => {
    expect(usageOf(eventsOf('requested@0 started@10 halted@40 stopped@41 deleted@60'))).toEqual([{
      vm: 'web1',
      uid: 'uid-web1',
      project: 'shop',
      runningMs: 30 * minuteMs,
      cpuMs: 60 * minuteMs,
      memoryMiBMs: 30 * 1024 * minuteMs,
      disksMiBMs: 60 * 2048 * minuteMs,
    }]);
  });

  it.each([
    ['a failover counts neither the time between nor anything twice',
      'requested@0 started@10 recovering@20 placed@21 started@25 halted@50', [35, 100]],
    ['a migration changes nothing', 'requested@0 started@10 migrating@20 switched@21 migrated@22 halted@50', [40, 100]],
    ['a crash ends, the next start begins', 'requested@0 started@10 crashed@20 started@30 shut-down@40', [20, 100]],
    ['a host cut off has ended it', 'requested@0 started@10 self-fenced@15 started@16 halted@20', [9, 100]],
    ['one that still runs counts until the end', 'requested@0 started@90', [10, 100]],
    ['a start that is told twice is one', 'requested@0 started@10 started@20 halted@30', [20, 100]],
    ['a clock that is behind gives nothing back', 'requested@0 started@30 halted@20 started@25 halted@40', [10, 100]],
  ])('%s', (_what, text, expected) => {
    expect(minutesOf(text)).toEqual(expected);
  });

  it('is that of the span only', () => {
    const text = 'requested@0 started@10 halted@40 deleted@60';
    expect(minutesOf(text, 30, 20)).toEqual([10, 10]);
    expect(minutesOf(text, 100, 50)).toEqual([0, 10]);
    expect(usageOf(eventsOf(text), 100, 60)).toEqual([]);
  });

  it('ends with its incarnation where the cluster was taken down under it', () => {
    const events = [
      ...eventsOf('requested@0 started@10'), ...eventsOf('requested@30 started@31', 'db1'),
      ...eventsOf('requested@50 started@60', 'new1', 'two'),
    ];
    const usage = usageOf(events, 100, 0, ['uid-new1']);
    expect(usage.map(({ vm, runningMs }) => [vm, runningMs / minuteMs])).toEqual([
      ['web1', 40], ['db1', 19], ['new1', 40],
    ]);
  });

  it('follows a change of its size', () => {
    const events = eventsOf('requested@0 started@10 resized@20 halted@30');
    const resized = events.map((event) => (event.verb === 'resized' ? { ...event, data: { cpus: 4 } } : event));
    expect(usageOf(resized)[0]?.cpuMs).toBe((10 * 2 + 10 * 4) * minuteMs);
  });

  it('is that of one VM whatever it was called, under the name that it has now', () => {
    const renamed = eventsOf('started@60 halted@70', 'www').map((event) => ({ ...event, uid: 'uid-web1' }));
    const events = [...eventsOf('requested@0 started@10 halted@40'), ...renamed];
    for (const [of, present, vm] of [
      [events, { 'uid-web1': 'www' }, 'www'],
      // Nothing that is counted has come of it since.
      [events, { 'uid-web1': 'www2' }, 'www2'],
      [[...events, ...eventsOf('deleted@100', 'www').map((event) => ({ ...event, uid: 'uid-web1' }))], {}, 'www'],
    ] as const) {
      const span = { fromMs: 0, untilMs: 100 * minuteMs, present: new Map(Object.entries(present)), lastSeenMs };
      const count = new UsageCount(span);
      for (const event of of) count.add(event);
      expect(count.result()).toMatchObject([
        { vm, uid: 'uid-web1', runningMs: 40 * minuteMs, disksMiBMs: 100 * 2048 * minuteMs },
      ]);
    }
  });

  it('is what a count minute by minute gives, whatever happened', () => {
    const verbs = [...usageVerbs.filter((verb) => verb !== 'requested'), 'started', 'started', 'migrated', 'settled'];
    const happening = fc.record({
      minute: fc.integer({ min: 0, max: 300 }),
      vm: fc.constantFrom('a', 'b'),
      verb: fc.constantFrom(...verbs),
      cpus: fc.option(fc.integer({ min: 1, max: 8 })),
    });
    fc.assert(fc.property(
      fc.array(happening, { maxLength: 40 }), fc.integer({ min: 0, max: 150 }), fc.integer({ min: 1, max: 200 }),
      (happenings, from, length) => {
        const events = [
          ...['a', 'b'].map((vm) => ({ minute: 0, vm, verb: 'requested', cpus: 1 })),
          ...happenings.sort((one, other) => one.minute - other.minute),
        ].map(({ minute, vm, verb, cpus }): UsageEvent => ({
          vm, uid: vm, project: 'shop', incarnation: 'one', verb, atMs: minute * minuteMs,
          data: { disksMiB: 1, memoryMiB: 1, ...(cpus !== null && { cpus }) },
        }));
        const until = from + length;
        const usage = usageOf(events, until, from, ['a', 'b']);
        for (const vm of ['a', 'b']) {
          const expected = minuteByMinute(events.filter((event) => event.vm === vm), from, until);
          const { cpuMs = 0, memoryMiBMs = 0, disksMiBMs = 0 } = usage.find((one) => one.vm === vm) ?? {};
          expect([cpuMs, memoryMiBMs, disksMiBMs].map((ms) => ms / minuteMs)).toEqual(expected);
        }
      },
    ));
  });
});

/** CPU, memory and disk minutes: in each minute by all that was said until then. */
function minuteByMinute(events: readonly UsageEvent[], from: number, until: number): number[] {
  const total = [0, 0, 0];
  for (let minute = from; minute < until; minute += 1) {
    const past = events.filter(({ atMs }) => atMs <= minute * minuteMs);
    const counted = past.filter(({ verb }) => usageVerbs.includes(verb));
    const state = counted.findLast(({ verb }) => verb !== 'resized')?.verb;
    const cpus = Number(counted.findLast(({ data }) => 'cpus' in data)?.data['cpus'] ?? 0);
    if (counted.at(-1)?.verb !== 'deleted') total[2]! += 1;
    if (state === 'started') {
      total[0]! += cpus;
      total[1]! += 1;
    }
  }
  return total;
}

it('an event of a VM is told from any other by its id', () => {
  const data = { text: '', atMs: 5, operation: null, incident: null };
  const event = { subject: 'web1', type: 'io.holdfast.vm.started.v1', data };
  const told = { incarnation: 'a.b', uid: 'u-1', verb: 'started', vm: 'web1', atMs: 5 };
  expect(usageEventOf({ ...event, id: 'a.b.vm.u-1.7' })).toMatchObject(told);
  expect(usageEventOf({ ...event, id: 'a.host.u-1.7' })).toBeNull();
});

it('the usage of a project is that of its VMs together', () => {
  const of = (vm: string, project: string, runningHours: number): Parameters<typeof usageByProject>[0][number] =>
    ({ vm, uid: vm, project, runningHours, vcpuHours: 2 * runningHours, memoryGiBHours: 0.1, diskGiBHours: 0.2 });
  expect(usageByProject([of('a', 'shop', 1), of('b', 'bank', 3), of('c', 'shop', 2)])).toEqual([
    { project: 'shop', vms: 2, runningHours: 3, vcpuHours: 6, memoryGiBHours: 0.2, diskGiBHours: 0.4 },
    { project: 'bank', vms: 1, runningHours: 3, vcpuHours: 6, memoryGiBHours: 0.1, diskGiBHours: 0.2 },
  ]);
});
