/** Verdicts on clusters too large to try every way, held to an exact solver: HiGHS (Huangfu and Hall, 2018). */
import highsLoader from 'highs';
import { randomStream, type RandomStream } from '@holdfast/kernel';
import { expect, test } from 'vitest';
import { Snapshot } from '../placement/snapshot.js';
import { ruleRecord } from '../testing/records.js';
import { demandFor, hostsFor, prove, victimsOf } from './prove.js';

const hostCount = 12;
const vmCount = 60;
const clusters = 200;
const unitMiB = 256;

/** Nearly as full as one loss allows: what is left is about what the lost host held. */
function tightCluster(random: RandomStream): Snapshot {
  const snapshot = new Snapshot();
  const facts = { cpus: 16, isOnline: true, isHeldOff: false, closed: null, keepsGroups: true, lostPools: [] };
  for (let i = 0; i < hostCount; i += 1) {
    const size = { vcpus: 30 + random.integer(8), memoryMiB: (36 + random.integer(9)) * unitMiB };
    snapshot.setHost(`h${i}`, { ...facts, ...size, name: `h${i}`, labels: {} });
  }
  const rest = { to: null, isAbandoning: false, isWanted: true, isProtected: true, failback: false, chosen: null };
  const size = (): number => (3 + random.integer(9)) * unitMiB;
  for (let i = 0; i < vmCount; i += 1) {
    const vm = { cpus: 2 + random.integer(7), memoryMiB: size(), priority: random.integer(100) };
    snapshot.setVm(`vm${i}`, { ...rest, ...vm, name: `vm${i}`, at: `h${i % hostCount}` });
  }
  const members = (first: number): string[] => [0, 7, 15, 22, 31].map((step) => `vm${(first + step) % vmCount}`);
  snapshot.setRules([0, 3, 5].map((first) =>
    ruleRecord(`r${first}`, { kind: 'vm-affinity', vms: members(first), together: false })));
  return snapshot;
}

/** A place for each victim on what is left, as binary variables, with the rules among them. */
function asProgram(snapshot: Snapshot, lost: number): string {
  return snapshot.tryOut(() => {
    const { hosts, vms } = snapshot;
    const victims = victimsOf(snapshot, [lost]);
    snapshot.close(lost, { text: 'is lost', change: { kind: 'open', text: '' } });
    for (const vm of victims) snapshot.put(vm, -1);
    const allowed = victims.map((vm) => {
      const demand = demandFor(snapshot, vm);
      return { vm, at: hostsFor(snapshot, demand) };
    });
    if (allowed.some(({ at }) => at.length === 0)) return 'Minimize\n 0 x\nSubject To\n c: x >= 2\nBinary\n x\nEnd';
    const lines: string[] = [];
    for (const { vm, at } of allowed) lines.push(`${at.map((host) => `x${vm}_${host}`).join(' + ')} = 1`);
    for (let host = 0; host < hosts.size; host += 1) {
      const here = allowed.filter(({ at }) => at.includes(host)).map(({ vm }) => vm);
      const sum = (of: Float64Array | Int32Array | Uint32Array): string =>
        here.map((vm) => `${of[vm]} x${vm}_${host}`).join(' + ');
      if (here.length === 0) continue;
      const freeMiB = (hosts.memoryMiB[host] as number) - (hosts.usedMemoryMiB[host] as number);
      const freeVcpus = (hosts.vcpus[host] as number) - (hosts.usedVcpus[host] as number);
      lines.push(`${sum(vms.memoryMiB)} <= ${freeMiB}`, `${sum(vms.cpus)} <= ${freeVcpus}`);
      for (const [i, one] of here.entries()) {
        const mates = snapshot.rulesOf(vms.nameOf(one))?.apart.flatMap((rule) => [...rule.vms]) ?? [];
        for (const other of here.slice(i + 1)) {
          if (mates.includes(vms.nameOf(other))) lines.push(`x${one}_${host} + x${other}_${host} <= 1`);
        }
      }
    }
    const names = allowed.flatMap(({ vm, at }) => at.map((host) => `x${vm}_${host}`));
    return ['Minimize', ` 0 ${names[0]}`, 'Subject To', ...lines.map((line, i) => ` c${i}: ${line}`), 'Binary',
      ` ${names.join(' ')}`, 'End'].join('\n');
  });
}

test('a yes and a no of a proof are what an exact solver says, with 12 hosts and 60 VMs', async () => {
  // The package's types are those of its CommonJS build, in which the module is what is imported.
  const load = highsLoader as unknown as typeof highsLoader.default;
  const highs = await load();
  const random = randomStream('capacity against an exact solver');
  const counted = { yes: 0, no: 0, open: 0 };
  for (let i = 0; i < clusters; i += 1) {
    const snapshot = tightCluster(random);
    const lost = random.integer(hostCount);
    const { witness, isCertain } = prove(snapshot, [lost]);
    const { Status: status } = highs.solve(asProgram(snapshot, lost));
    expect(['Optimal', 'Infeasible']).toContain(status);
    if (!isCertain) counted.open += 1;
    else {
      counted[witness ? 'yes' : 'no'] += 1;
      expect({ i, isPossible: witness !== null }).toEqual({ i, isPossible: status === 'Optimal' });
    }
  }
  expect(counted.yes).toBeGreaterThan(10);
  expect(counted.no).toBeGreaterThan(10);
  expect(counted.open).toBeLessThan(clusters / 10);
}, 120_000);
