import { expect, test } from 'vitest';
import { cibAfterLoss } from './crm-simulate.js';
import { benchRecover, timesAsFast, violationsOf } from './recover.js';
import { benchCluster, heldOn } from './place-cluster.js';

test('what was on a lost host is placed again, and no limit or rule is broken', async () => {
  const options = { hosts: 40, largeHosts: 80, runs: 1, peerHosts: null, progress: () => undefined };
  const { cases, failures } = await benchRecover(options);
  expect(failures).toEqual([]);
  expect(cases.map(({ lost }) => lost)).toEqual([1, 10, 40]);
  expect(cases[0]).toMatchObject({ losers: 0, violations: 0 });
  expect(cases[0]?.victims).toBeGreaterThan(0);
});

test('a peer is compared with where it lost one host of as many', () => {
  const one = { name: '', hosts: 200, lost: 1, victims: 10, losers: 0, violations: 0, cpuMs: 2, wallMs: 2 };
  expect(timesAsFast([{ ...one, lost: 50 }, one], { hosts: 200, vms: 2000, cpuSeconds: 4 })).toBe(2000);
  expect(timesAsFast([one], { hosts: 20, vms: 200, cpuSeconds: 4 })).toBeNull();
  expect(timesAsFast([one], null)).toBeNull();
});

test('VMs that all were put on one host break limits and rules', () => {
  const { snapshot } = benchCluster(10, (cluster, vm) => cluster.snapshot.setVm(vm.name, heldOn(vm, 'h0')));
  expect(violationsOf(snapshot, snapshot.vmsOn(snapshot.hosts.slotFor('h0')))).toBe(100);
});

test('Pacemaker is told of one host down and the others up, ten VMs on each', () => {
  const cib = cibAfterLoss(3);
  expect(cib.match(/crmd="online"/g)).toHaveLength(2);
  expect(cib.match(/crmd="offline"/g)).toHaveLength(1);
  expect(cib.match(/<primitive /g)).toHaveLength(30);
});
