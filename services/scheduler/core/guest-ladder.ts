/**
 * What is done for a guest that does not live as it should, as its host's agent sees it. One rung for each judgement:
 *
 *   unhealthy ──► reset where it is ──► restart on the same host ──► relocate ──► failed
 *                                       (maxRestart times)           (maxRelocate hosts, each from the first rung)
 *
 * Rungs are counted together with crashes and failed starts. All of that is forgotten once the guest has been healthy
 * for the policy's restart window.
 *
 * Invariants
 *  1. A judgement is acted on once: what is seen late of one that was acted on changes nothing.
 *  2. Nothing is done while a person's operation is in hand, while the host is not online, while the cluster is
 *     disarmed, or with policy `restart: never`: then it is told only.
 */
import {
  isProbed,
  type GuestHealth,
  type ObservedVm,
  type VmProbes,
  type VmRecord,
  type WatchOrder,
} from '@holdfast/contracts';
import { deriveId } from '@holdfast/kernel';
import { pauseMsAfter } from './pause.js';
import { effects, type VmEffect } from './vm-effect.js';
import { copyOf, finish, move, type VmStep, type VmView } from './vm-record.js';
import { assigned } from './vm-turn.js';

const resetsOnAHost = 1;

/** By probes, of which a record keeps the same object: asked with every step, and always the same. */
const orders = new WeakMap<VmProbes, WatchOrder | null>();

/** How the guest is to be looked at; null for not at all. */
export function watchOf({ spec }: Pick<VmRecord, 'spec'>): WatchOrder | null {
  const { probes } = spec.policy;
  let order = orders.get(probes);
  if (order === undefined) {
    order = isProbed(probes) ? { key: deriveId('probes', JSON.stringify(probes)), probes } : null;
    orders.set(probes, order);
  }
  return order;
}

/** Tells the agent, if it looks at the guest in another way than it should. */
export function watchEffects(view: VmView): VmEffect[] {
  const at = assigned(view.vm);
  const copy = copyOf(view, at);
  if (!copy || isWatchedRight(view.vm, copy)) return [];
  return [effects.watch(at, watchOf(view.vm)?.key ?? null)];
}

function isWatchedRight(vm: VmRecord, copy: ObservedVm): boolean {
  return (copy.watch ?? null) === (watchOf(vm)?.key ?? null);
}

/** The next step for the guest of a VM that runs, or null when it needs none. */
export function tendGuest(view: VmView): VmStep | null {
  const { vm, env } = view;
  const at = assigned(vm);
  const copy = copyOf(view, at);
  const told = vm.guest ?? null;
  if (!copy || !isWatchedRight(vm, copy)) return null;
  const seen = copy.guest ?? null;
  if (seen === null) return watchOf(vm) === null && told ? move(view, { guest: null }, notLookedAt) : null;
  const { generation } = at;
  if (seen.state === 'healthy') {
    if (told === null || told.state === 'healthy') return null;
    const guest = { ...seen, generation, toldAtMs: env.nowMs, isActedOn: true };
    return move(view, { guest }, {
      event: 'vm.healthy',
      text: `its guest is healthy again on ${at.host}`,
      data: { host: at.host },
    });
  }
  const isTold =
    told?.generation === generation && told.sinceMs === seen.sinceMs && told.state === seen.state;
  if (isTold && (told.isActedOn || whyNotNow(view))) return null;
  return climb(view, seen);
}

const notLookedAt = { event: 'vm.healthy', text: 'its guest is not looked at any more' };

/** A reset that this ladder has asked for did not come about: the next rung. */
export function climbOn(view: VmView, why: string): VmStep | null {
  const { vm } = view;
  const told = vm.guest ?? null;
  if (vm.operation !== null || told === null || told.state === 'healthy') return null;
  return climb({ ...view, vm: { ...vm, reboot: null } }, { ...told, reason: `not reset: ${why}` });
}

/** Whether what went before is still to be remembered for its guest's sake. */
export function isGuestSettled({ vm, env }: VmView): boolean {
  const told = vm.guest ?? null;
  if (told === null) return true;
  const healthyMs = env.nowMs - told.toldAtMs;
  return told.state === 'healthy' && healthyMs >= vm.spec.policy.restartWindowSeconds * 1000;
}

function climb(view: VmView, seen: GuestHealth): VmStep {
  const { vm, env } = view;
  const at = assigned(vm);
  const { maxRestart, maxRelocate } = vm.spec.policy;
  const { state, probe, reason, sinceMs } = seen;
  const before = { state, probe, reason, sinceMs, generation: at.generation, toldAtMs: env.nowMs };
  const guest = { ...before, isActedOn: true };
  const what = `its guest on ${at.host} ${sentenceOf(seen)}`;
  const data = { host: at.host, state, probe };
  const tell = (then: string, patch: Partial<VmRecord>): VmStep =>
    move(view, { guest, ...patch }, { event: 'vm.unhealthy', text: `${what}; ${then}`, data });

  const whyNot = whyNotNow(view);
  if (whyNot) return tell(whyNot, { guest: { ...before, isActedOn: false } });
  const { failures } = vm;
  const resets = (failures.resets ?? 0) + 1;
  if (resets <= resetsOnAHost) {
    const operation = deriveId('guest-reset', vm.uid, at.generation, sinceMs);
    return tell('resetting it', { reboot: { operation, force: true }, failures: { ...failures, resets } });
  }
  // One that has panicked, or whose watchdog has barked, does not hear its power button.
  const force = state !== 'unhealthy';
  const stopping = { phase: 'stopping' as const, generation: vm.generation + 1, reboot: null, force };
  const starts = failures.starts + 1;
  const inARow = (failures.inARow ?? 0) + 1;
  if (starts <= maxRestart) {
    const pauseMs = pauseMsAfter(inARow);
    const counted = { ...failures, starts, inARow, notBeforeMs: env.nowMs + pauseMs };
    const then = pauseMs > 0 ? `starting it anew, in ${pauseMs / 1000} s` : 'starting it anew';
    return tell(then, { ...stopping, wish: at.host, failures: counted });
  }
  const hosts = [...new Set([...failures.hosts, at.host])];
  const counted = { starts: 0, hosts, inARow };
  if (hosts.length <= maxRelocate) return tell('starting it elsewhere', { ...stopping, failures: counted });
  const tried = hosts.join(', ');
  return finish(view, 'failed', { phase: 'failed', guest, reboot: null, failures: counted }, {
    event: 'vm.failed',
    text: `given up, its guest did not become healthy on ${tried} (${probe}: ${reason})`,
    data,
  });
}

function whyNotNow({ vm, cluster }: VmView): string | null {
  if (vm.spec.policy.restart === 'never') return 'nothing is done (policy: restart never)';
  if (!cluster.arming().armed) return 'nothing is done while the cluster is disarmed';
  const host = cluster.host(assigned(vm).host);
  return host?.health === 'online' ? null : `waiting until that host is online; it is ${host?.health ?? 'unknown'}`;
}

function sentenceOf({ state, probe, reason }: GuestHealth): string {
  if (state === 'panicked') return 'has panicked';
  if (state === 'watchdog') return 'did not feed its watchdog';
  return `is unhealthy (${probe}: ${reason})`;
}
