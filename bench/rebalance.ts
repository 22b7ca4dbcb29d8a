/** How evenly hosts are used after a rebalance, with how many moves and in what time, beside `hbal`. */
import type { RebalancePlan } from '@holdfast/contracts';
import { planRebalance } from '@holdfast/scheduler/core';
import { cpuMsSince } from './cpu-time.js';
import { hbal } from './hbal.js';
import { installHtools } from './hspace.js';
import { median } from './median.js';
import { htoolsText, unevenCluster, unevennessOf, type LoadedVm } from './rebalance-cluster.js';

export interface RebalanceResult {
  /** Standard deviations of the shares of memory and of CPUs in use, added up. */
  deviation: number;
  moves: number;
  gib: number;
  cpuMs: number;
}

export interface RebalanceGroup {
  hosts: number;
  vms: number;
  /** Before any move. */
  deviation: number;
  /** Time: the median of the runs. */
  holdfast: RebalanceResult & { wallMs: number };
  /** Null when it did not end in time or is not there. */
  hbal: RebalanceResult | null;
  withoutPeer: string | null;
}

export interface RebalanceBench {
  groups: RebalanceGroup[];
  failures: string[];
}

export interface RebalanceBenchOptions {
  hosts: readonly number[];
  runs: number;
  /** Null for no peer. */
  peerLimitMs: number | null;
  progress(step: string): void;
}

export async function benchRebalance(options: RebalanceBenchOptions): Promise<RebalanceBench> {
  const groups: RebalanceGroup[] = [];
  const missing = options.peerLimitMs === null ? 'not asked for' : await installHtools(options.progress);
  for (const hosts of options.hosts) groups.push(await measure(options, hosts, missing));
  return { groups, failures: groups.flatMap(worseThanPeer) };
}

async function measure(options: RebalanceBenchOptions, hosts: number, missing: string | null): Promise<RebalanceGroup> {
  options.progress(`${hosts} hosts`);
  const { vms } = unevenCluster(hosts);
  const cpuMs: number[] = [];
  const wallMs: number[] = [];
  let plan: RebalancePlan | null = null;
  for (let run = 0; run < options.runs; run += 1) {
    // Anew: a snapshot keeps what was proven about it.
    const { snapshot } = unevenCluster(hosts);
    const [before, startMs] = [process.cpuUsage(), performance.now()];
    plan = planRebalance(snapshot, null);
    cpuMs.push(cpuMsSince(before));
    wallMs.push(performance.now() - startMs);
  }
  const moves = plan?.moves ?? [];
  const after = new Map(moves.map(({ vm, to }) => [vm, Number(to.slice(1))]));
  const holdfast = {
    deviation: unevennessOf(hosts, vms, after),
    moves: moves.length,
    gib: moves.reduce((sum, { memoryMiB }) => sum + memoryMiB / 1024, 0),
    cpuMs: median(cpuMs),
    wallMs: median(wallMs),
  };
  const peer = missing === null ? await peerOn(options, hosts, vms) : { result: null, why: missing };
  const deviation = unevennessOf(hosts, vms, new Map());
  return { hosts, vms: vms.length, deviation, holdfast, hbal: peer.result, withoutPeer: peer.why };
}

async function peerOn(
  { peerLimitMs, progress }: RebalanceBenchOptions,
  hosts: number,
  vms: readonly LoadedVm[],
): Promise<{ result: RebalanceResult | null; why: string | null }> {
  const limitMs = peerLimitMs ?? 0;
  progress(`${hosts} hosts by hbal (at most ${limitMs / 1000} s)`);
  const run = await hbal(htoolsText(hosts, vms), limitMs);
  if (!run) return { result: null, why: `did not end within ${limitMs / 1000} s` };
  const after = new Map([...run.after].map(([vm, host]) => [vm, Number(host.slice(1))]));
  const moved = vms.filter(({ name, host }) => after.get(name) !== host);
  const gib = moved.reduce((sum, vm) => sum + vm.memoryMiB / 1024, 0);
  const deviation = unevennessOf(hosts, vms, after);
  return { result: { deviation, moves: run.moves, gib, cpuMs: run.cpuSeconds * 1000 }, why: null };
}

function worseThanPeer({ hosts, holdfast, hbal: peer }: RebalanceGroup): string[] {
  if (!peer) return [];
  const text = (what: string, ours: number, theirs: number): string[] =>
    ours <= theirs + 1e-9 ? [] : [`${hosts} hosts: ${what} ${ours.toFixed(4)}, hbal ${theirs.toFixed(4)}`];
  return [
    ...text('deviation', holdfast.deviation, peer.deviation),
    ...text('moves', holdfast.moves, peer.moves),
    ...text('GiB moved', holdfast.gib, peer.gib),
  ];
}
