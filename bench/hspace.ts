/** `hspace` of Debian's ganeti-htools: how many VMs of one size fit, placed one by one. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { installPackage, timedRun } from './peer-run.js';

const run = promisify(execFile);
export const hspaceBinary = '/usr/bin/hspace';
const diskMiB = 1024;
const timeLimitMs = 900_000;

export interface HspaceRun {
  version: string;
  placed: number;
  cpuSeconds: number;
  perCpuSecond: number;
}

export interface PeerCluster {
  hosts: number;
  cpus: number;
  memoryMiB: number;
  /** vCPUs for each CPU. */
  cpuRatio: number;
  vm: { cpus: number; memoryMiB: number };
}

/** `why` when nothing can be compared. */
export async function hspace(
  cluster: PeerCluster,
  progress: (step: string) => void,
): Promise<{ run: HspaceRun; why: null } | { run: null; why: string }> {
  const missing = await installHtools(progress);
  if (missing !== null) return { run: null, why: missing };
  progress(`hspace: ${cluster.hosts} hosts until they are full (some minutes)`);
  try {
    const measured = await measure(cluster);
    if (measured) return { run: measured, why: null };
    return { run: null, why: `hspace took more than ${timeLimitMs / 60_000} minutes` };
  } catch (error) {
    return { run: null, why: String(error) };
  }
}

/** Says so when it has to; returns why it cannot, or null when the tools are there. */
export const installHtools = (progress: (step: string) => void): Promise<string | null> =>
  installPackage('ganeti-htools', hspaceBinary, progress);

/** The same hosts and VMs, and disks elsewhere, as ours are. */
export function hspaceArguments({ hosts, cpus, memoryMiB, cpuRatio, vm }: PeerCluster): string[] {
  const nodes = `preferred,${hosts},${diskMiB * 1_000_000},${memoryMiB},${cpus}`;
  const size = `${diskMiB},${vm.memoryMiB},${vm.cpus}`;
  const like = ['--disk-template', 'ext', '--max-cpu', String(cpuRatio), '--machine-readable'];
  return ['--simulate', nodes, '--standard-alloc', size, ...like];
}

/** Null when it takes too long. */
async function measure(cluster: PeerCluster): Promise<HspaceRun | null> {
  // Without proof that the loss of a host would be survived, which takes it twenty times as long.
  const args = [...hspaceArguments(cluster), '--no-capacity-checks'];
  const timed = await timedRun(hspaceBinary, args, { timeLimitMs });
  if (!timed) return null;
  const { stdout, cpuSeconds } = timed;
  // It fills the cluster twice: with VMs that shrink as room does, and with VMs of one size.
  const count = (key: string): number => Number(new RegExp(`^${key}=(\\d+)`, 'm').exec(stdout)?.[1] ?? Number.NaN);
  const placed = count('HTS_ALLOC_INSTANCES');
  const placements = placed + count('HTS_TRL_INST_CNT');
  const version = await run(hspaceBinary, ['--version']);
  const perCpuSecond = Number((placements / cpuSeconds).toFixed(1));
  return { version: (version.stdout.split('\n')[0] ?? '').trim(), placed, cpuSeconds, perCpuSecond };
}
