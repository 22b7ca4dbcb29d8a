import { describe, expect, it } from 'vitest';
import { benchCluster, heldOn, vmsPerHost } from './place-cluster.js';
import { benchPlace } from './place.js';
import { placeOn } from '../services/scheduler/core/index.js';

const anywhere = { avoid: new Map<string, string>(), wish: null };

describe('the benchmark of placements', () => {
  it('measures a cluster of its own, and says when there is nothing to compare with', async () => {
    const quick = { placements: 200, withPeer: false, withCommits: false, progress: (): void => {} };
    const bench = await benchPlace({ hosts: [50], ...quick });
    expect(bench.groups).toMatchObject([{ hosts: 50, vms: 500, placements: 200, unplaced: 0 }]);
    expect(bench.groups[0]?.perCpuSecond).toBeGreaterThan(0);
    expect(bench.full.placed).toBe(100 * 4);
    expect(bench).toMatchObject({ hspace: null, withoutPeer: 'it was not asked for', commits: null, failures: [] });
  });

  it('makes the same cluster each time, in which every rule is obeyed', () => {
    const make = (): ReturnType<typeof benchCluster> =>
      benchCluster(40, ({ snapshot }, vm) => {
        snapshot.setVm(vm.name, heldOn(vm, placeOn(snapshot, vm, anywhere).host));
      });
    const { snapshot, vms } = make();
    expect(vms).toHaveLength(40 * vmsPerHost);
    expect(JSON.stringify(make().snapshot)).toBe(JSON.stringify(snapshot));
    for (const { name } of vms) {
      const at = snapshot.vm(name)?.at;
      const others = snapshot.rulesOf(name)?.apart.flatMap((rule) => rule.vms).filter((other) => other !== name) ?? [];
      expect(others.length).toBeGreaterThan(0);
      expect(others.filter((other) => snapshot.vm(other)?.at === at)).toEqual([]);
    }
  });
});
