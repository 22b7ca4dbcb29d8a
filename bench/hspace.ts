/** `hspace` of Debian's ganeti-htools: how many VMs of one size fit, placed one by one. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

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
    return { run: await measure(cluster), why: null };
  } catch (error) {
    const { killed } = error as { killed?: boolean };
    return { run: null, why: killed ? `hspace took more than ${timeLimitMs / 60_000} minutes` : String(error) };
  }
}

/** Says so when it has to; returns why it cannot, or null when the tools are there. */
export async function installHtools(progress: (step: string) => void): Promise<string | null> {
  if (existsSync(hspaceBinary)) return null;
  progress('installing ganeti-htools (Debian package) to compare with');
  try {
    const install = ['apt-get', '-q', '-y', '--no-install-recommends', 'install', 'ganeti-htools'];
    await run('env', ['DEBIAN_FRONTEND=noninteractive', ...install]);
    return null;
  } catch (error) {
    const [last = ''] = String((error as { stderr?: string }).stderr ?? error).trim().split('\n').slice(-1);
    return `ganeti-htools cannot be installed here: ${last}`;
  }
}

/** The same hosts and VMs, and disks elsewhere, as ours are. */
export function hspaceArguments({ hosts, cpus, memoryMiB, cpuRatio, vm }: PeerCluster): string[] {
  const nodes = `preferred,${hosts},${diskMiB * 1_000_000},${memoryMiB},${cpus}`;
  const size = `${diskMiB},${vm.memoryMiB},${vm.cpus}`;
  const like = ['--disk-template', 'ext', '--max-cpu', String(cpuRatio), '--machine-readable'];
  return ['--simulate', nodes, '--standard-alloc', size, ...like];
}

async function measure(cluster: PeerCluster): Promise<HspaceRun> {
  // Without proof that the loss of a host would be survived, which takes it twenty times as long.
  const args = [...hspaceArguments(cluster), '--no-capacity-checks'];
  const timed = `TIMEFORMAT='%U %S'; time ${hspaceBinary} "$@"`;
  const { stdout, stderr } = await run('bash', ['-c', timed, 'hspace', ...args], {
    maxBuffer: 64 * 1024 ** 2,
    timeout: timeLimitMs,
  });
  // It fills the cluster twice: with VMs that shrink as room does, and with VMs of one size.
  const count = (key: string): number => Number(new RegExp(`^${key}=(\\d+)`, 'm').exec(stdout)?.[1] ?? Number.NaN);
  const placed = count('HTS_ALLOC_INSTANCES');
  const placements = placed + count('HTS_TRL_INST_CNT');
  const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  const cpuSeconds = user + system;
  const version = await run(hspaceBinary, ['--version']);
  const perCpuSecond = Number((placements / cpuSeconds).toFixed(1));
  return { version: (version.stdout.split('\n')[0] ?? '').trim(), placed, cpuSeconds, perCpuSecond };
}
