/**
 * The health of one host.
 *
 *   joining ──► online ──► suspect ──► fencing ──► fenced ──► joining
 *                 ▲           │  ▲         ▲
 *                 │           ▼  │         │
 *                 └───────── held ─────────┘         (online/suspect ──► fenced at once on a new boot id)
 *
 *   online ──► asleep ──► joining       (to save power: `sleep.ts`)
 *
 * Invariants
 *  1. `fenced` is entered only with standing evidence of that fence. Silence alone never gets there.
 *  2. The epoch grows on every fence and on every joining, never otherwise, and never shrinks.
 *  3. A host is `online` only after its agent, in the boot we hear, has accepted the host's epoch and reports no stale
 *     copy.
 *  4. A sign of life after a power-off proof voids that proof.
 */
import type { HostHealth, HostRecord } from '@holdfast/contracts';
import { asksOnStoragePath, conditionAsReported, withAlert, withCondition } from './condition.js';
import { confirming } from './confirm.js';
import { beginFencing, fenced, fencing, rebooted } from './fence.js';
import { returnOf, withoutHoldOff, withReturn } from './flapping.js';
import {
  checkPower,
  heardSince,
  inBoot,
  mayBeSilentMs,
  silentForMs,
  type HostStep,
  type HostView,
} from './host-view.js';
import { withRelease } from './lease-proof.js';
import { move, openIncident, withDecision, withView } from './ledger.js';
import { formerEpoch, isForeign, restored } from './restored.js';
import { asleep, closing, wentSilentAgain } from './sleep.js';

const next: Record<HostHealth, (view: HostView) => HostStep> = {
  joining,
  online,
  suspect: (view) => confirming(view, beginFencing),
  held: (view) => confirming(view, beginFencing),
  fencing,
  fenced,
  asleep,
};

/** Somebody has heard the host that was silent: a suspicion has ended, or it is on its way back. */
export function isCleared(before: HostRecord | null, after: HostRecord | null): boolean {
  if (after?.health === 'joining') return before?.health === 'fenced' || before?.health === 'asleep';
  return after?.health === 'online' && (before?.health === 'suspect' || before?.health === 'held');
}

export function stepHost(view: HostView): HostStep {
  if (isForeign(view)) return restored(view);
  const state = withRelease(view);
  if (state !== view.host) return { state, effects: [], wakeAtMs: null };
  return next[view.host.health](view);
}

function online(view: HostView): HostStep {
  const { host, timing, env } = view;
  const heartbeat = heardSince(view, host.changedAtMs);
  if (heartbeat && heartbeat.bootId !== host.bootId) return rebooted(view, heartbeat.bootId);
  const silentMs = silentForMs(view);
  const deadlineMs = mayBeSilentMs(view);
  const state = silentMs < deadlineMs ? looked(view) : host;
  if (state !== host) return { state, effects: [], wakeAtMs: null };
  if (silentMs < deadlineMs && host.sleep) return closing(view, host.sleep);
  if (silentMs < deadlineMs || !view.busAnswers) {
    // Once the bus answers again, silence counts anew from there: nobody is suspected before the next look.
    const leftMs = deadlineMs - silentMs;
    const dueInMs = leftMs > 0 ? Math.max(20, leftMs) : timing.askAgainMs;
    return { state: host, effects: [...checkPower(host), ...asksOnStoragePath(view)], wakeAtMs: env.nowMs + dueInMs };
  }
  const sparedForMs = timing.suspectAgainAfterMs - heardByAnotherAgoMs(view);
  if (sparedForMs > 0) return { state: host, effects: checkPower(host), wakeAtMs: env.nowMs + sparedForMs };
  const says = `no heartbeat for ${Math.round(silentMs)} ms`;
  const incident = withView(openIncident(view, 'silent'), 'bus', says, env.nowMs);
  return move(view, { health: 'suspect', incident }, {
    event: 'host.suspect',
    text: `${says}; asking the other paths`,
    incident: incident.id,
  });
}

/** What its agent says is wrong with it, whether a person should know, and whether its hold-off is over. */
function looked(view: HostView): HostRecord {
  const { host, env, timing } = view;
  const found = withCondition(host, conditionAsReported(view), env.nowMs);
  const state = withoutHoldOff(found, env.nowMs, timing);
  return state === host ? withAlert(view) : state;
}

/** How long ago the record came to say that somebody heard the host. Our clock may have been set back since. */
function heardByAnotherAgoMs({ clearedAtMs, env }: HostView): number {
  return clearedAtMs === null || clearedAtMs > env.nowMs ? Infinity : env.nowMs - clearedAtMs;
}

/** Cleaned up or not yet: it counts only once its agent has accepted the epoch and has no stale copy left. */
function joining(view: HostView): HostStep {
  const { host, env, observed } = view;
  const heartbeat = heardSince(view, host.changedAtMs);
  if (heartbeat && heartbeat.bootId !== host.bootId) {
    return move(view, { epoch: host.epoch + 1, ...inBoot(host, heartbeat.bootId) }, {
      event: 'host.joining',
      text: 'booted again while joining',
    });
  }
  const wait = (): HostStep => ({ state: host, effects: checkPower(host), wakeAtMs: env.nowMs + 1000 });
  const silentMs = silentForMs(view);
  const unheardMs = Math.min(silentMs, heardByAnotherAgoMs(view));
  if (unheardMs >= view.timing.rejoinSilenceMs && host.incident?.state === 'fenced') {
    return move(view, { health: 'fenced' }, {
      event: 'host.fenced',
      text: 'went silent again before it had cleaned up; its proof still stands',
    });
  }
  if (unheardMs >= view.timing.rejoinSilenceMs && host.sleep) return wentSilentAgain(view, host.sleep);
  const isOfThisBoot = observed?.bootId === host.bootId && observed.incarnation === env.incarnation;
  if (isOfThisBoot && formerEpoch(observed) >= host.epoch) {
    return move(view, { epoch: formerEpoch(observed) + 1 }, {
      event: 'host.joining',
      text: `its agent remembers epoch ${formerEpoch(observed)} of another incarnation; goes on above it`,
    });
  }
  const hasAccepted = observed?.bootId === host.bootId && observed.epoch === host.epoch;
  if (!hasAccepted || observed.incarnation !== env.incarnation) return wait();
  if (observed.staleCopies.length > 0 || observed.hypervisor !== 'connected') return wait();
  if (silentMs >= view.timing.suspectAfterMs) return wait();
  const before = host.incident;
  const incident =
    before && before.state !== 'closed'
      ? {
          ...withDecision(before, 'back, cleaned up and online', env.nowMs),
          state: 'closed' as const,
          closedAtMs: env.nowMs,
        }
      : before;
  const { addresses, probePort } = observed;
  const moved = move(view, { health: 'online', incident, addresses, probePort }, {
    event: 'host.online',
    text: 'heard, cleaned up, takes VMs',
    incident: before?.state === 'closed' ? null : (before?.id ?? null),
    data: { epoch: host.epoch },
  });
  return { ...moved, state: withReturn(moved.state, returnOf(host), env.nowMs, view.timing) };
}
