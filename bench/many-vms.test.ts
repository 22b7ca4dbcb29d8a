import { describe, expect, it } from 'vitest';
import { summed, wayBack } from './many-vms.js';

const vm = (name: string, priority: number, host: string, orderedMs: number, runningMs: number) =>
  ({ vm: name, priority, host, placedMs: orderedMs - 100, orderedMs, runningMs });

describe('many VMs of one lost host', () => {
  it('are told in the order in which they run, with starts at once on each host and what QEMU takes', () => {
    const bench = summed('h1', [
      vm('c', 20, 'h2', 3000, 4000),
      vm('a', 80, 'h2', 1000, 2000),
      vm('b', 80, 'h2', 1500, 2500),
      vm('d', 50, 'h3', 1500, 3000),
    ]);
    expect(bench.vms.map((each) => each.vm)).toEqual(['a', 'b', 'd', 'c']);
    expect(bench.startsAtOnce).toEqual({ h2: 2, h3: 1 });
    expect(bench).toMatchObject({ lastRunningMs: 4000, qemuSharePercent: 41, outOfOrder: [], failures: [] });
  });

  it('are out of order when a higher priority runs later', () => {
    const { outOfOrder } = summed('h1', [vm('a', 20, 'h2', 1000, 2000), vm('b', 80, 'h3', 1500, 2500)]);
    expect(outOfOrder).toEqual(['a']);
  });

  it('count from the fault, by the start that went well', () => {
    const event = (name: string, atMs: number) => ({ type: `io.holdfast.vm.${name}.v1`, atMs });
    const events = [
      ...[event('placed', 100), event('starting', 200), event('started', 300)],
      ...[event('placed', 1100), event('starting', 1200), event('start-failed', 1300)],
      ...[event('starting', 1400), event('started', 1900)],
    ];
    expect(wayBack(events, 1000)).toEqual({ placedMs: 100, orderedMs: 400, runningMs: 900 });
  });
});
