/** How long it takes to find new hosts for all VMs of lost ones, by priority, and whether any rule is broken. */
import { afterLoss, placeEach, placeOn, type Snapshot } from '@holdfast/scheduler/core';
import { crmSimulate, type PeerRecovery } from './crm-simulate.js';
import { cpuMsSince } from './cpu-time.js';
import { median } from './median.js';
import { anywhere, benchCluster, heldOn } from './place-cluster.js';

/** CPU time of one host of 200, and of a rack of 40 of 10,000; how many times as fast as the peer. */
const limits = { hosts: 200, oneHostMs: 5, largeHosts: 10_000, rackMs: 100, timesPeer: 1000 };

export interface RecoverCase {
  name: string;
  hosts: number;
  lost: number;
  victims: number;
  /** Found no host. Of those that are left out, the lowest priority comes first where sizes are alike. */
  losers: number;
  /** Placements that break a limit or a strict rule, told anew from what is on each host. */
  violations: number;
  /** Of the runs: the median of CPU and of wall time. */
  cpuMs: number;
  wallMs: number;
}

export interface RecoverBench {
  cases: RecoverCase[];
  /** One host of as many, with as many VMs; null where it cannot be measured, and why. */
  peer: PeerRecovery | null;
  withoutPeer: string | null;
  failures: string[];
}

export interface RecoverOptions {
  hosts: number;
  largeHosts: number;
  runs: number;
  /** Null: not compared. */
  peerHosts: number | null;
  progress(step: string): void;
}

export async function benchRecover(options: RecoverOptions): Promise<RecoverBench> {
  const { hosts, largeHosts, runs, peerHosts, progress } = options;
  const cases: RecoverCase[] = [];
  const measure = (snapshot: Snapshot, name: string, lost: readonly number[]): void => {
    progress(name);
    cases.push(recover(snapshot, { name, lost, runs }));
  };
  progress(`filling ${hosts} hosts`);
  const some = filled(hosts);
  measure(some, `one of ${hosts} hosts`, [0]);
  measure(some, `a quarter of ${hosts} hosts`, Array.from({ length: Math.floor(hosts / 4) }, (_, i) => i * 4));
  progress(`filling ${largeHosts} hosts`);
  const rack = Array.from({ length: 40 }, (_, i) => i);
  measure(filled(largeHosts), `a rack of 40 of ${largeHosts} hosts`, rack);
  const { peer, why } = peerHosts === null ? { peer: null, why: null } : await crmSimulate(peerHosts, progress);
  return { cases, peer, withoutPeer: why, failures: failuresOf(cases, peer) };
}

/** Null where the peer lost a host of another cluster. */
export function timesAsFast(cases: readonly RecoverCase[], peer: PeerRecovery | null): number | null {
  const same = cases.find(({ hosts, lost }) => lost === 1 && hosts === peer?.hosts);
  return peer && same ? (peer.cpuSeconds * 1000) / same.cpuMs : null;
}

function failuresOf(cases: readonly RecoverCase[], peer: PeerRecovery | null): string[] {
  const failures = cases.flatMap(({ name, hosts, lost, cpuMs, violations }) => {
    const limitMs = lost === 1 && hosts === limits.hosts ? limits.oneHostMs
      : hosts === limits.largeHosts ? limits.rackMs : Infinity;
    const late = cpuMs > limitMs ? [`${name}: ${cpuMs.toFixed(1)} ms of CPU, not ${limitMs}`] : [];
    return violations > 0 ? [...late, `${name}: ${violations} violations`] : late;
  });
  const times = timesAsFast(cases, peer);
  if (peer?.hosts === limits.hosts && times !== null && times < limits.timesPeer) {
    failures.push(`only ${times.toFixed(0)} times as fast as crm_simulate`);
  }
  return failures;
}

/** Priorities from 0 to 90, evenly. */
function filled(hosts: number): Snapshot {
  let count = 0;
  return benchCluster(hosts, ({ snapshot }, vm) => {
    const priority = (count % 10) * 10;
    count += 1;
    snapshot.setVm(vm.name, { ...heldOn(vm, placeOn(snapshot, vm, anywhere).host), priority, pools: vm.pools });
  }).snapshot;
}

function recover(
  snapshot: Snapshot,
  { name, lost, runs }: { name: string; lost: readonly number[]; runs: number },
): RecoverCase {
  const cpuMs: number[] = [];
  const wallMs: number[] = [];
  let found = { victims: 0, losers: 0, violations: 0 };
  for (let run = 0; run < runs; run += 1) {
    const [before, startMs] = [process.cpuUsage(), performance.now()];
    found = afterLoss(snapshot, lost, (victims) => {
      const { assigned, losers } = placeEach(snapshot, victims);
      wallMs.push(performance.now() - startMs);
      cpuMs.push(cpuMsSince(before));
      return { victims: victims.length, losers: losers.length, violations: violationsOf(snapshot, assigned.vms) };
    });
  }
  const hosts = snapshot.hosts.size;
  return { name, hosts, lost: lost.length, ...found, cpuMs: median(cpuMs), wallMs: median(wallMs) };
}

/** From what is on each host, summed up anew, and the rules themselves. */
export function violationsOf(snapshot: Snapshot, placed: Iterable<number>): number {
  const { hosts, vms } = snapshot;
  let broken = 0;
  for (const vm of placed) {
    const host = vms.at[vm] as number;
    const there = [...snapshot.vmsOn(host)];
    const sum = (column: Int32Array): number => there.reduce((all, each) => all + (column[each] as number), 0);
    const names = new Set(there.map((each) => vms.nameOf(each)));
    const rules = snapshot.rulesOf(vms.nameOf(vm));
    const facts = snapshot.factsOf(hosts.nameOf(host));
    const meet = (others: readonly string[]): boolean => others.filter((name) => names.has(name)).length > 1;
    const isApart = !(rules?.apart ?? []).some(({ vms: others }) => meet(others));
    const isNamed = (rules?.hosts ?? []).every(({ strict, weights }) =>
      !strict || weights[hosts.nameOf(host)] !== undefined);
    const hasRoom = facts !== null && sum(vms.memoryMiB) <= facts.memoryMiB && sum(vms.cpus) <= facts.vcpus;
    const reaches = vms.poolsOf(vm).every((pool) => !facts?.lostPools.includes(pool));
    if (!hasRoom || facts.closed !== null || !isApart || !isNamed || !reaches) broken += 1;
  }
  return broken;
}
