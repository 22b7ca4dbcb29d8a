/** The twin of what a replica of failover remembers of heartbeats: the newest of each host, and its rhythm. */
import { heartbeatIntervalMs, type Heartbeat } from '@holdfast/contracts';
import { beaten, defaultTiming, heardNow, type HeardHost, type Rhythm } from '@holdfast/failover/core';
import type { Machine } from '../engine/process.js';
import { HeardBySender, type Heard } from '../engine/pulse.js';

/** After so many equal intervals one more changes nothing. */
const restedAtMost = 128;

export class HeardHosts {
  private readonly newest: HeardBySender<Heartbeat>;
  /** As of the newest beat that did not rest, and of how many that rested since is counted in. */
  private readonly rhythms = new Map<string, { rhythm: Rhythm | null; atMs: number; restedCount: number }>();

  constructor(private readonly machine: Machine) {
    this.newest = new HeardBySender(machine, undefined, 1);
  }

  get(host: string): Heard<Heartbeat> | undefined {
    return this.newest.get(host);
  }

  renew(message: Heartbeat, listeningSinceMs: number): Heard<Heartbeat> {
    const now = { atMs: this.machine.clockMs(), listeningSinceMs, timing: defaultTiming };
    this.machine.loop.stepCount += 1;
    const { rhythm } = heardNow(message, this.view(message.host), now);
    const heard = this.newest.renew(message.host, message);
    this.rhythms.set(message.host, { rhythm, atMs: heard.atMs, restedCount: 0 });
    return heard;
  }

  isHeardNow(host: string): boolean {
    return (this.newest.get(host)?.atMs ?? 0) > this.machine.clockMs() - defaultTiming.suspectAtLeastMs;
  }

  view(host: string): HeardHost | null {
    const heard = this.newest.get(host);
    return heard ? { heartbeat: heard.message, atMs: heard.atMs, rhythm: this.rhythmAt(host, heard.atMs) } : null;
  }

  /** Beats that rested came one interval after another. */
  private rhythmAt(host: string, heardAtMs: number): Rhythm | null {
    const known = this.rhythms.get(host);
    if (!known) return null;
    const rested = Math.min(restedAtMost, Math.round((heardAtMs - known.atMs) / heartbeatIntervalMs));
    for (; known.restedCount < rested; known.restedCount += 1) {
      known.rhythm = beaten(known.rhythm, heartbeatIntervalMs, defaultTiming);
    }
    return known.rhythm;
  }
}
