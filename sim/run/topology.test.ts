import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseTopology, TopologyError } from './topology-file.js';
import { loseEach, type Loss, type LossReport } from './topology.js';

const example = JSON.parse(readFileSync(new URL('../examples/two-racks.json', import.meta.url), 'utf8')) as object;
const host = { cpus: 8, memoryMiB: 16_384 };
const onePool = { pools: { p: {} } };
const base = { hosts: { 'h[1-4]': host }, vms: { 'vm[1-8]': { memoryMiB: 2048 } } };

async function losing(file: object, kind: string, name?: string): Promise<LossReport> {
  return loseEach(parseTopology(file), { kind, ...(name === undefined ? {} : { name }) });
}

async function losingOne(file: object, kind: string, name: string): Promise<Loss> {
  const { losses } = await losing(file, kind, name);
  expect(losses).toHaveLength(1);
  return losses[0]!;
}

const outcomes = ({ vms }: Loss): Record<string, string> =>
  Object.fromEntries(vms.map(({ vm, outcome }) => [vm, outcome]));

describe('an inventory that loses a host', () => {
  test('tells for each host which VMs return, where, how fast and by which proof', async () => {
    const report = await losing(base, 'host');
    expect(report).toMatchObject({ kind: 'host', hosts: 4, vms: 8, allReturn: true, remarks: [] });
    expect(report.losses.map(({ name }) => name)).toEqual(['h1', 'h2', 'h3', 'h4']);
    for (const { name, vms, untouched, recovery, proofs } of report.losses) {
      expect(vms).toHaveLength(2);
      expect(untouched).toBe(6);
      for (const vm of vms) expect(vm).toMatchObject({ from: name, outcome: 'returned', proof: 'storage-revoked' });
      for (const { to } of vms) expect(to).not.toBe(name);
      expect(proofs).toEqual({ 'storage-revoked': 2 });
      expect(recovery?.maxMs).toBeLessThan(5000);
    }
  });

  test('gives the same answer every time', async () => {
    expect(await losing(base, 'host', 'h2')).toEqual(await losing(base, 'host', 'h2'));
  });

  test('names a VM that would not return, and why', async () => {
    const { vms } = await losingOne(example, 'host', 'b4');
    expect(vms).toMatchObject([{ vm: 'report', outcome: 'waits', to: null }]);
    expect(vms[0]?.reason).toContain('a1 has 16 CPUs, 24 are asked for');
  });

  test('leaves a VM without a disk where nothing could prove it out', async () => {
    const hosts = { h1: { ...host, bmc: false }, 'h[2-4]': host };
    const vms = { bare: { memoryMiB: 1024, disks: [], host: 'h1' }, kept: { memoryMiB: 1024, host: 'h1' } };
    const loss = await losingOne({ hosts, vms }, 'host', 'h1');
    expect(outcomes(loss)).toEqual({ bare: 'waits', kept: 'returned' });
    expect(loss.vms[0]?.reason).toContain('waiting for proof');
  });

  test('with a BMC power proves a VM without a disk', async () => {
    const vms = { bare: { memoryMiB: 1024, disks: [], host: 'h1' } };
    const { proofs } = await losingOne({ hosts: { 'h[1-4]': host }, vms }, 'host', 'h1');
    expect(proofs).toEqual({ 'power-off': 1 });
  });

  test('a pool that cannot take access back leaves it to power too', async () => {
    const storage = { local: { pools: { directory: { revocable: false } } } };
    const { proofs } = await losingOne({ ...base, storage }, 'host', 'h1');
    expect(proofs).toEqual({ 'power-off': 2 });
  });

  test('obeys the rules where they return', async () => {
    const rules = [{ id: 'apart', kind: 'vm-affinity', vms: ['vm[1-4]'], together: false }];
    const { vms } = await losingOne({ ...base, rules }, 'host', 'h1');
    const apart = vms.find(({ vm }) => ['vm1', 'vm2', 'vm3', 'vm4'].includes(vm));
    expect(apart).toMatchObject({ outcome: 'waits' });
  });

  test('the control plane may run on the hosts that are lost', async () => {
    const report = await losing({ ...base, control: { hosts: ['h1', 'h2', 'h3'] } }, 'host');
    expect(report.allReturn).toBe(true);
  });
});

describe('an inventory that loses what many share', () => {
  const racks = {
    hosts: {
      'a[1-3]': { ...host, labels: { rack: 'a', switch: 'sw-a' } },
      'b[1-9]': { ...host, labels: { rack: 'b', switch: 'sw-b', storageSwitch: 'sw-b' } },
    },
    vms: { 'vm[1-24]': { memoryMiB: 1024 } },
  };

  test('a rack: all its hosts at once', async () => {
    const loss = await losingOne(racks, 'rack', 'a');
    expect(loss.hosts).toEqual(['a1', 'a2', 'a3']);
    expect(new Set(Object.values(outcomes(loss)))).toEqual(new Set(['returned']));
  });

  test('a rack with the storage node in it: its VMs have lost their disks', async () => {
    const storage = { san1: { pools: { pool1: {} }, labels: { rack: 'a' } } };
    const loss = await losingOne({ ...racks, storage }, 'rack', 'a');
    expect(loss.storage).toEqual(['san1']);
    expect(new Set(Object.values(outcomes(loss)))).toEqual(new Set(['waits', 'stalls']));
  });

  test('any other label works like a rack', async () => {
    const hosts = { 'a[1-2]': { ...host, labels: { feed: 'left' } }, 'b[1-8]': host };
    const loss = await losingOne({ hosts, vms: base.vms }, 'feed', 'left');
    expect(loss.hosts).toEqual(['a1', 'a2']);
  });

  test('a switch that carries the management network only: hosts that are cut off run their VMs on', async () => {
    const few = { ...racks.hosts, 'a[1-3]': { ...host, labels: { switch: 'sw-a' } } };
    const loss = await losingOne({ ...racks, hosts: few }, 'switch', 'sw-a');
    const known = new Set(Object.values(outcomes(loss)));
    expect(known.has('waits')).toBe(false);
    expect(loss.violations).toEqual([]);
  });

  test('a storage node: VMs with a disk there stall until it is back, the others run on', async () => {
    const storage = { san1: { pools: { left: {} } }, san2: { pools: { right: {} } } };
    const vms = {
      'l[1-3]': { memoryMiB: 1024, disks: [{ pool: 'left' }] },
      'r[1-3]': { memoryMiB: 1024, disks: [{ pool: 'right' }] },
    };
    const loss = await losingOne({ hosts: base.hosts, storage, vms }, 'storage', 'san1');
    expect(outcomes(loss)).toEqual({ l1: 'stalls', l2: 'stalls', l3: 'stalls' });
    expect(loss.untouched).toBe(3);
  });

  test('the bus: one server, or all of them, and every VM runs on', async () => {
    const report = await losing(base, 'bus');
    expect(report.losses.map(({ name }) => name)).toEqual(['ctl1', 'ctl2', 'ctl3', 'all']);
    expect(report.allReturn).toBe(true);
    expect(new Set(Object.values(outcomes(report.losses[3]!)))).toEqual(new Set(['runs-on']));
  });
});

describe('what is wrong with an inventory is named, with its remedy', () => {
  const wrong = (change: object): object => ({ ...base, ...change });
  test.each([
    [{ vms: {} }, 'hosts', 'name the hosts'],
    [wrong({ hosts: { h1: host } }), 'hosts', 'at least 2'],
    [wrong({ hosts: { 'h[1-3]': { cpus: 0, memoryMiB: 1024 } } }), 'hosts.h[1-3].cpus', '1 or more'],
    [wrong({ hosts: { 'h[1-3]': { ...host, colour: 'red' } } }), 'hosts.h[1-3].colour', 'not known'],
    [wrong({ hosts: { 'h[3-1]': host } }), 'hosts.h[3-1]', 'smaller number first'],
    [wrong({ hosts: { 'h[1-99999]': host } }), 'hosts.h[1-99999]', 'smaller range'],
    [wrong({ hosts: { 'h[1-3]': host, h2: host } }), 'hosts.h2', 'given twice'],
    [wrong({ hosts: { 'H[1-3]': host } }), 'hosts.H[1-3]', 'lower-case'],
    [wrong({ vms: { a: { memoryMiB: 512, host: 'h9' } } }), 'vms.a.host', 'no host h9'],
    [wrong({ vms: { a: { memoryMiB: 512, disks: [{ pool: 'gold' }] } } }), 'vms.a.disks[0].pool', 'pool1'],
    [wrong({ vms: { a: { memoryMiB: 65_536 } } }), 'vms.a', 'no host has room'],
    [wrong({ vms: { 'a[1-2]': { memoryMiB: 16_000, host: 'h1' } } }), 'vms.a2.host', 'h1'],
    [wrong({ vms: {}, storage: { s1: onePool, s2: onePool } }), 'storage.s2.pools.p', 'twice'],
    [wrong({ storage: { h1: onePool } }), 'storage.h1', 'its own name'],
    [wrong({ control: { nodes: { c1: {}, c2: {} } } }), 'control', '1, 3 or 5'],
    [wrong({ control: { hosts: ['h7'] } }), 'control.hosts[0]', 'no host h7'],
    [wrong({ rules: [{ id: 'r', kind: 'vm-affinity', vms: ['x'], together: true }] }), 'rules[0].vms', 'no vm x'],
  ])('%#', async (file, field, text) => {
    // What does not fit is found when it is placed.
    const found = await Promise.resolve()
      .then(() => losing(file, 'host'))
      .catch((error: unknown) => error);
    expect(found).toBeInstanceOf(TopologyError);
    const { field: named, message, remedy } = found as TopologyError;
    expect(named).toBe(field);
    expect(`${message}; ${remedy}`).toContain(text);
  });

  test('a kind that nothing is labelled with, and a name that is not there', async () => {
    await expect(losing(base, 'rack')).rejects.toThrow('nothing has a label rack');
    await expect(losing(base, 'host', 'h9')).rejects.toMatchObject({ remedy: 'choose from h1, h2, h3, h4' });
  });
});
