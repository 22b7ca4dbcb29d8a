/** The same fault done to Debian's Corosync and Pacemaker in a lab like Holdfast's, measured the same way. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LabError, labUp, toolsDirectory, waitUntil, type Software } from '@holdfast/lab';
import { PeerCluster } from './cluster.js';
import { peerModes, settingsOf, type PeerMode, type PeerSetting } from './modes.js';
import { rangeOf, type Range } from './range.js';

const hostCount = 3;
const comeBackWithinMs = 120_000;
const lookEveryMs = 50;

export interface PeerRun {
  mode: PeerMode;
  run: number;
  host: string;
  /** The host decided for the whole cluster, which had to elect another first. */
  wasCoordinator: boolean;
  strikeMs: number;
  /** From the cut until libvirt of another host saw the domain's QEMU run; missing if it never did. */
  runningMs?: number;
  guestBootMs?: number;
  staleWrites: number;
  failure: string | null;
}

export interface PeerCase {
  mode: PeerMode;
  settings: PeerSetting[];
  runs: number;
  runningMs: Range | null;
  guestBootMs: Range | null;
  staleWrites: number;
  failures: string[];
  raw: PeerRun[];
}

export interface PacemakerBench {
  name: 'pacemaker';
  versions: Record<string, string>;
  cases: PeerCase[];
}

export interface PacemakerBenchOptions {
  /** Nothing may run there. */
  stateDirectory: string;
  /** Of each mode. */
  runs: number;
  progress(step: string): void;
  told(run: PeerRun): void;
  signal: AbortSignal;
}

/** Where its packages are. @throws LabError with the remedy, when they are not. */
export function pacemakerSoftware(): Software {
  const directory = join(toolsDirectory(), 'pacemaker');
  if (!existsSync(join(directory, 'usr/sbin/pacemakerd'))) {
    throw new LabError('not-supported',
      'Corosync and Pacemaker are not unpacked; remedy: run it as ./holdfast bench failover --peer pacemaker');
  }
  const names = ['corosync', 'pacemaker'];
  return { directory, directories: names.flatMap((name) => [`/var/lib/${name}`, `/var/log/${name}`]) };
}

/** A lab of its own for each mode, without Holdfast in it, that is taken down again. */
export async function benchPacemaker(options: PacemakerBenchOptions): Promise<PacemakerBench> {
  const { stateDirectory, progress, signal } = options;
  const software = pacemakerSoftware();
  const cases: PeerCase[] = [];
  let versions: Record<string, string> = {};
  for (const mode of peerModes) {
    progress(`pacemaker ${mode}: bringing up a lab, ${hostCount} hosts`);
    // Hosts that reach the BMCs, as those of the peer fence each other.
    const lab = await labUp({
      stateDirectory, hosts: hostCount, controlNodes: hostCount, controlOnHosts: true, software, progress,
    });
    try {
      progress(`pacemaker ${mode}: starting the cluster and its VM`);
      const cluster = await PeerCluster.start(lab, mode, software, signal);
      try {
        versions = await cluster.versions();
        const raw: PeerRun[] = [];
        for (let run = 0; run < options.runs; run += 1) {
          const say = (step: string): void => progress(`pacemaker ${mode} ${run + 1}: ${step}`);
          const ended = await measure({ cluster, mode, run, say, signal, cut: (host) => lab.power(host, 'off') });
          raw.push(ended);
          options.told(ended);
          say(`giving ${ended.host} its power back and waiting for the cluster to be whole`);
          await cluster.letBoot(ended.host, true);
          await lab.power(ended.host, 'on');
          await cluster.untilWhole();
        }
        cases.push(caseOf(mode, raw));
      } finally {
        await cluster.close();
      }
    } finally {
      progress(`pacemaker ${mode}: taking the lab down`);
      await lab.down();
    }
  }
  return { name: 'pacemaker', versions, cases };
}

interface Measured {
  cluster: PeerCluster;
  mode: PeerMode;
  run: number;
  say(step: string): void;
  cut(host: string): Promise<void>;
  signal: AbortSignal;
}

/** The plug of the host with the VM is pulled. */
async function measure({ cluster, mode, run, say, cut, signal }: Measured): Promise<PeerRun> {
  const host = await cluster.vmHost();
  const wasCoordinator = (await cluster.state())?.coordinator === host;
  const oldBootId = cluster.journal.newest().bootId;
  await cluster.letBoot(host, false);
  say(`${host} is struck`);
  const faultAtMs = Date.now();
  await cut(host);
  const about = { mode, run: run + 1, host, wasCoordinator, strikeMs: Date.now() - faultAtMs, staleWrites: 0 };
  try {
    let startedAtMs: number | null = null;
    await waitUntil('the VM to run elsewhere', async () => {
      startedAtMs = await cluster.startedElsewhereAt(host, faultAtMs);
      return startedAtMs !== null;
    }, { withinMs: comeBackWithinMs, everyMs: lookEveryMs, signal });
    const runningAtMs = startedAtMs ?? Infinity;
    say('it runs again; its guest boots');
    const { journal } = cluster;
    await waitUntil('the guest to write in a new boot', () => journal.newest().bootId !== oldBootId, { signal });
    const wroteAtMs = journal.firstOf(journal.newest().bootId).seenAtMs;
    const staleWrites = journal.staleWrites(oldBootId, runningAtMs);
    const isWell = staleWrites === 0 && journal.isWhole();
    return {
      ...about,
      runningMs: runningAtMs - faultAtMs,
      guestBootMs: wroteAtMs - runningAtMs,
      staleWrites,
      failure: isWell ? null : `${staleWrites} stale writes, or a journal with gaps`,
    };
  } catch (error) {
    if (!(error instanceof LabError && error.code === 'timeout')) throw error;
    return { ...about, failure: error.message };
  }
}

function caseOf(mode: PeerMode, raw: PeerRun[]): PeerCase {
  return {
    mode,
    settings: settingsOf(mode),
    runs: raw.length,
    runningMs: rangeOf(raw.flatMap(({ runningMs }) => runningMs ?? [])),
    guestBootMs: rangeOf(raw.flatMap(({ guestBootMs }) => guestBootMs ?? [])),
    staleWrites: raw.reduce((sum, { staleWrites }) => sum + staleWrites, 0),
    failures: raw.flatMap(({ failure }) => failure ?? []),
    raw,
  };
}
