import { expect, test } from 'vitest';
import { benchRebalance } from './rebalance.js';
import { htoolsText, unevenCluster } from './rebalance-cluster.js';

test('twenty uneven hosts are used far more evenly after a move for each', async () => {
  const { groups } = await benchRebalance({ hosts: [20], runs: 1, peerLimitMs: null, progress: () => undefined });
  expect(groups[0]?.holdfast.deviation).toBeLessThan((groups[0]?.deviation ?? 0) / 5);
  expect(groups[0]?.holdfast.moves).toBeLessThanOrEqual(20);
});

test('ganeti-htools is told the same hosts and VMs', () => {
  const { vms } = unevenCluster(2);
  const [, nodes = '', instances = ''] = htoolsText(2, vms).split('\n\n');
  expect(nodes.split('\n')).toHaveLength(2);
  expect(instances.split('\n')).toHaveLength(40);
  const free = 262_144 - vms.filter(({ host }) => host === 0).reduce((sum, vm) => sum + vm.memoryMiB, 0);
  expect(nodes).toContain(`h0|262144|0|${free}|`);
});
