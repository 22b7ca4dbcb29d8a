/** The twin of how an agent pets its host's watchdog. */
import { pettingIntervalMs, type HostRecord, type Watchdog } from '@holdfast/contracts';
import {
  defaultIsolationTiming,
  firstWatchdog,
  lastRenewedMs,
  releasedBinding,
  stepWatchdog,
  toldOf,
  type Contact,
  type WatchdogState,
} from '@holdfast/host-agent/core';
import type { Loop } from '../engine/loop.js';
import type { Pulse } from '../engine/pulse.js';
import type { WatchdogTimer } from '../world/watchdog-timer.js';

const kind = 'softdog' as const;
const timing = { ...defaultIsolationTiming, pettingIntervalMs };

export interface TwinWatchdogParts {
  loop: Loop;
  timer: WatchdogTimer;
  bootId: string;
  contact(): Contact;
  nodes(): Iterable<string>;
  record(): HostRecord | null;
  isArmed(): boolean;
  changed(): void;
}

export class TwinWatchdog {
  private state: WatchdogState;

  constructor(private readonly parts: TwinWatchdogParts) {
    this.state = firstWatchdog(parts.loop.nowMs);
  }

  /** Between beats that rested it was petted all the same. */
  restedUntil(atMs: number): void {
    if (this.state.pettedAtMs === null) return;
    this.state = { ...this.state, pettedAtMs: atMs };
    this.parts.timer.settle(atMs);
  }

  rest(pulse: Pulse): void {
    if (this.state.pettedAtMs !== null) this.parts.timer.restOn(pulse);
  }

  /** True when the next look would find the same. */
  look(): boolean {
    const { parts } = this;
    const { timeoutMs } = parts.timer;
    const { nowMs } = parts.loop;
    const released = releasedBinding(parts.record(), parts.bootId);
    const contact = parts.contact();
    const nodes = [...new Set(parts.nodes())].sort();
    const view = { nowMs, sinceBootMs: nowMs, contact, nodes, isArmed: parts.isArmed(), isEnding: false, released };
    parts.loop.stepCount += 1;
    const { state, pets, isNews } = stepWatchdog(this.state, view, { kind, timeoutMs }, timing);
    this.state = state;
    if (pets) parts.timer.pet();
    if (isNews) parts.changed();
    const isRenewed = lastRenewedMs(contact, state.nodes) === nowMs;
    return state.mode === 'free' || (state.mode === 'bound' && isRenewed);
  }

  told(): Watchdog {
    return toldOf(this.state, { kind, timeoutMs: this.parts.timer.timeoutMs }, timing.leaseMs);
  }
}
