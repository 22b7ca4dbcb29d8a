/**
 * A host that somebody wants to work on.
 *
 *   draining ──► drained ──► ending ──► ended
 *      ▲  │         │           │
 *      └──┼─────────┘           │        (a VM is found on it after all)
 *      ▲  └──► ending           │
 *      └────────────────────────┘        (wanted empty again)
 *
 * Its VMs move away by themselves (`own-move.ts`); here is only looked at what is left.
 *
 * Invariants
 *  1. The host's record says `maintenance` only after no VM was assigned to it, and its access to those that moved
 *     away was taken.
 *  2. A host that is to be empty takes no VM, from the request on until it is told to work again.
 */
import {
  inIncarnation,
  withTransition,
  type DrainRecord,
  type DrainState,
  type NewTransition,
  type Reply,
  type VmRecord,
} from '@holdfast/contracts';
import type { Env, Step } from '@holdfast/kernel';
import { hostsHolding } from './holding.js';
import type { Cluster } from './cluster.js';
import { place } from './place.js';

/** The only thing that is asked of anybody: that failover notes it in the host's record. */
export interface DrainEffect {
  key: string;
  kind: 'host-admin';
  host: string;
  admin: 'active' | 'maintenance';
  reason: string;
  resendMs: number;
}
export type DrainStep = Step<DrainRecord, DrainEffect>;

export interface DrainView {
  drain: DrainRecord;
  cluster: Cluster;
  env: Env;
  answer(effectKey: string): { atMs: number; reply: Reply<unknown> } | null;
}

const lookAgainMs = 2000;
/** So many VMs are named that are left; the others are counted. */
const namedAtMost = 100;

const next: Record<DrainState, (view: DrainView) => DrainStep> = {
  draining,
  drained,
  ending,
  ended: (view) => stay(view),
};

export function stepDrain(view: DrainView): DrainStep {
  return next[view.drain.state](view);
}

function draining(view: DrainView): DrainStep {
  const { drain, cluster } = view;
  const left = leftOn(cluster, drain.host);
  if (left.length === 0) {
    if (cluster.host(drain.host)?.admin !== 'maintenance') return stay(view, [noted(drain, 'maintenance')]);
    return move(view, { state: 'drained', left: [] }, {
      event: 'drain.completed',
      text: `no VM is left on ${drain.host}: it is in maintenance`,
    });
  }
  const named = left.slice(0, namedAtMost);
  if (JSON.stringify(named) === JSON.stringify(drain.left)) return stay(view);
  const waiting = named.filter(({ text }) => text !== moving);
  const waits = waiting[0] ? `; ${waiting[0].vm}: ${waiting[0].text}` : '';
  const text = `${left.length} VM${left.length === 1 ? '' : 's'} left on ${drain.host}${waits}`;
  return move(view, { left: named }, { event: 'drain.progressed', text, data: { left: left.length } });
}

function drained(view: DrainView): DrainStep {
  const { drain, cluster } = view;
  const left = leftOn(cluster, drain.host);
  if (left.length === 0) return stay(view);
  return move(view, { state: 'draining' }, {
    event: 'drain.resumed',
    text: `${left[0]?.vm} is on ${drain.host} after all`,
  });
}

function ending(view: DrainView): DrainStep {
  const { drain, cluster } = view;
  if (cluster.host(drain.host)?.admin === 'maintenance') return stay(view, [noted(drain, 'active')]);
  return move(view, { state: 'ended', left: [] }, {
    event: 'drain.ended',
    text: `${drain.host} takes VMs again`,
  });
}

const moving = 'is moving away';

function leftOn(cluster: Cluster, host: string): DrainRecord['left'] {
  return cluster
    .vms()
    .filter((vm) => hostsHolding(vm).includes(host) || isLeaving(vm, host))
    .map((vm) => ({ vm: vm.name, text: waitsFor(cluster, vm, host) }))
    .sort((a, b) => (a.vm < b.vm ? -1 : 1));
}

/** It runs elsewhere, but this host still has access to its disks. */
function isLeaving({ migration, transitions }: VmRecord, host: string): boolean {
  if (migration?.stage !== 'closing') return false;
  return transitions.findLast(({ event }) => event === 'vm.switched')?.data['from'] === host;
}

function waitsFor(cluster: Cluster, vm: VmRecord, host: string): string {
  if (vm.phase === 'migrating') return moving;
  if (vm.phase !== 'running') return `is ${vm.phase}`;
  const choice = place(cluster, vm, { avoid: new Map([[host, 'is being drained']]), wish: null });
  return choice.host ? 'waits for its turn' : choice.text.slice(0, 2000);
}

function noted({ host, reason }: DrainRecord, admin: DrainEffect['admin']): DrainEffect {
  return { key: `admin/${admin}`, kind: 'host-admin', host, admin, reason, resendMs: 1000 };
}

function stay({ drain, env }: DrainView, effects: DrainEffect[] = []): DrainStep {
  return { state: drain, effects, wakeAtMs: drain.state === 'drained' ? null : env.nowMs + lookAgainMs };
}

function move({ drain, env }: DrainView, patch: Partial<DrainRecord>, transition: NewTransition): DrainStep {
  const state = withTransition({ ...inIncarnation(drain, env.incarnation), ...patch }, env.nowMs, transition);
  return { state, effects: [], wakeAtMs: null };
}
