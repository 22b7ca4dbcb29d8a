/** What many agents cost failover, and whether it still notices the silence of one as soon as among a few. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet, LabError, spreadOf, waitUntil, type FleetUse, type Spread } from '@holdfast/lab';

/** Detection among so few is what detection among many is held against. */
const fewHosts = 10;
/** Under load their handshakes take longest. */
const onlineWithinMs = (hosts: number): number => 60_000 + 500 * hosts;
const detectedWithinMs = 20_000;
/** Starting many makes all heartbeats uneven, which failover remembers for a while. */
const settleMs = (hosts: number): number => 10_000 + 20 * hosts;
/** A host that was just suspected is left alone for a while. */
const restMs = 3500;
/** What failover's acting replica may use of one core. */
export const cpuLimitPercent = 40;

export interface AgentsGroup {
  hosts: number;
  /** Of one core, over the window in which nothing happens. */
  failoverCpuPercent: number;
  othersCpuPercent: number[];
  busCpuPercent: number;
  agentsCpuPercent: number;
  failoverHeapMiB: number;
  failoverResidentMiB: number;
  /** Heartbeats sent in the window; those that this machine let be late are no fault of failover's. */
  heartbeatsPerSecond: number;
  heartbeatsLate: number;
  longestGapMs: number;
  /** Hosts that were suspected in the window, though nothing was done to them. */
  suspectedFalsely: number;
  runs: number;
  /** From the last heartbeat of an agent that is killed until its host is suspected. */
  detectedMs: Spread | null;
}

export interface AgentsBench {
  groups: AgentsGroup[];
  cpuLimitPercent: number;
  failures: string[];
}

export interface AgentsBenchOptions {
  hosts: number;
  /** How long the CPU is measured, for each group. */
  seconds: number;
  /** How many agents are killed, one after another, in each group. */
  runs: number;
  progress(step: string): void;
  signal: AbortSignal;
}

/** Few agents first, then all, on the same servers and replicas. Needs no lab, and leaves nothing. */
export async function benchAgents(options: AgentsBenchOptions): Promise<AgentsBench> {
  const { hosts, progress, signal } = options;
  const fleet = await Fleet.start({ hosts, progress });
  try {
    const groups: AgentsGroup[] = [];
    const failures: string[] = [];
    for (const count of new Set([Math.min(fewHosts, hosts), hosts])) {
      const group = new Group(fleet, count, options);
      groups.push(await group.measure());
      failures.push(...group.failures);
    }
    const busiest = groups.at(-1);
    if (busiest && busiest.failoverCpuPercent > cpuLimitPercent) {
      const used = `${busiest.failoverCpuPercent} % of a core`;
      failures.push(`failover used ${used} for ${busiest.hosts} hosts; ${cpuLimitPercent} % is the limit`);
    }
    return { groups, cpuLimitPercent, failures };
  } finally {
    progress('ending the agents, failover and NATS');
    await fleet.close();
    signal.throwIfAborted();
  }
}

class Group {
  readonly failures: string[] = [];

  constructor(
    private readonly fleet: Fleet,
    private readonly hosts: number,
    private readonly options: AgentsBenchOptions,
  ) {}

  async measure(): Promise<AgentsGroup> {
    const { fleet, hosts, options: { runs, seconds, progress, signal } } = this;
    progress(`starting agents: ${hosts} in all`);
    await fleet.grow(hosts, signal);
    await waitUntil(`${hosts} hosts to be online`, () => {
      progress(`waiting for ${hosts} hosts to be online: ${fleet.onlineCount()}`);
      return fleet.onlineCount() >= hosts;
    }, { withinMs: onlineWithinMs(hosts), everyMs: 1000, signal });
    await sleep(settleMs(hosts), undefined, { signal });
    progress(`${hosts} agents: measuring CPU for ${seconds} s`);
    const quietSinceMs = Date.now();
    const before = await fleet.use();
    await fleet.beats();
    await sleep(seconds * 1000, undefined, { signal });
    const after = await fleet.use();
    const beats = await fleet.beats();
    const suspectedFalsely = fleet.suspectedSince(quietSinceMs).length;
    const detected: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      progress(`${hosts} agents: silencing one, ${run + 1} of ${runs}`);
      const detectedMs = await this.silenceOne(run);
      if (detectedMs !== null) detected.push(detectedMs);
    }
    return {
      hosts,
      ...shares(before, after, fleet.actingReplica),
      heartbeatsPerSecond: Math.round(beats.sent / seconds),
      heartbeatsLate: beats.late,
      longestGapMs: beats.longestGapMs,
      suspectedFalsely,
      runs,
      detectedMs: spreadOf(detected),
    };
  }

  /** Null: nobody noticed, which is told among the failures. */
  private async silenceOne(run: number): Promise<number | null> {
    const { fleet, hosts, options: { signal } } = this;
    // Each in turn, far apart, so that none is silenced again at once.
    const host = `h${1 + Math.floor((run * hosts) / 7 + run) % hosts}`;
    await waitUntil(`${host} to be online`, () => fleet.isOnline(host), { signal });
    // At any moment between two heartbeats.
    await sleep(Math.random() * 250, undefined, { signal });
    const lastBeatAtMs = await fleet.killAgent(host);
    const suspicion = () => fleet.suspectedSince(lastBeatAtMs).find((each) => each.host === host);
    try {
      await waitUntil(`${host} to be suspected`, () => suspicion() !== undefined,
        { withinMs: detectedWithinMs, everyMs: 20, signal });
    } catch (error) {
      if (!(error instanceof LabError && error.code === 'timeout')) throw error;
      this.failures.push(`${hosts} agents: the silence of ${host} was not noticed in ${detectedWithinMs / 1000} s`);
    }
    await fleet.startAgent(host);
    await waitUntil(`${host} to be online again`, () => fleet.isOnline(host), { signal });
    if (hosts <= fewHosts) await sleep(restMs, undefined, { signal });
    const atMs = suspicion()?.atMs;
    return atMs === undefined ? null : atMs - lastBeatAtMs;
  }
}

type Shares = Pick<AgentsGroup, 'failoverCpuPercent' | 'othersCpuPercent' | 'busCpuPercent' | 'agentsCpuPercent'
  | 'failoverHeapMiB' | 'failoverResidentMiB'>;

/** CPU used between the two, in percent of one core. */
export function shares(before: FleetUse, after: FleetUse, actingReplica: string): Shares {
  const elapsedMs = after.atMs - before.atMs;
  const percent = (fromMs: number, toMs: number): number => Math.round((1000 * (toMs - fromMs)) / elapsedMs) / 10;
  const each = after.failover.map((now, index) => ({
    ...now,
    cpuPercent: percent(before.failover[index]?.cpuMs ?? 0, now.cpuMs),
  }));
  const acting = each.find(({ replica }) => replica === actingReplica);
  return {
    failoverCpuPercent: acting?.cpuPercent ?? 0,
    othersCpuPercent: each.filter((one) => one !== acting).map(({ cpuPercent }) => cpuPercent),
    busCpuPercent: percent(before.busCpuMs, after.busCpuMs),
    agentsCpuPercent: percent(before.agentsCpuMs, after.agentsCpuMs),
    failoverHeapMiB: acting?.heapMiB ?? 0,
    failoverResidentMiB: acting?.residentMiB ?? 0,
  };
}
