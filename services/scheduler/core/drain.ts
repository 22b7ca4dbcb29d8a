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
  type DrainProgress,
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
  after: number;
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
  const { drain, cluster, env } = view;
  const left = leftOn(cluster, drain.host);
  const shutDown = shutDownBy(drain, cluster, left);
  if (left.length === 0) {
    const noting = note(view, 'maintenance');
    if (noting) return noting;
    const { progress } = drain;
    const nothingLeft = { leftVms: 0, leftMiB: 0, stuckVms: 0, stuckMiB: 0, atMs: env.nowMs };
    const told = progress && { progress: { ...progress, ...nothingLeft } };
    return move(view, { state: 'drained', left: [], ...told, ...shutDown }, {
      event: 'drain.completed',
      text: `no VM is left on ${drain.host}: it is in maintenance`,
    });
  }
  const named = left.slice(0, namedAtMost).map(({ vm, text }) => ({ vm, text }));
  if (JSON.stringify(named) === JSON.stringify(drain.left)) return stay(view);
  const waiting = named.filter(({ text }) => text !== moving);
  const waits = waiting[0] ? `; ${waiting[0].vm}: ${waiting[0].text}` : '';
  const text = `${left.length} VM${left.length === 1 ? '' : 's'} left on ${drain.host}${waits}`;
  const progress = progressOf(drain, left, env.nowMs);
  const transition = { event: 'drain.progressed', text, data: { left: left.length } };
  return move(view, { left: named, progress, ...shutDown }, transition);
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
  const noting = cluster.host(drain.host) ? note(view, 'active') : null;
  if (noting) return noting;
  return move(view, { state: 'ended', left: [] }, {
    event: 'drain.ended',
    text: `${drain.host} takes VMs again`,
  });
}

const moving = 'is moving away';

interface Left {
  vm: string;
  memoryMiB: number;
  text: string;
  isStuck: boolean;
}

function leftOn(cluster: Cluster, host: string): Left[] {
  return cluster
    .vms()
    .filter((vm) => hostsHolding(vm).includes(host) || isLeaving(vm, host))
    .map((vm) => ({ vm: vm.name, memoryMiB: vm.spec.memoryMiB, ...waitsFor(cluster, vm, host) }))
    .sort((a, b) => (a.vm < b.vm ? -1 : 1));
}

function progressOf({ progress }: DrainRecord, left: readonly Left[], nowMs: number): DrainProgress {
  const sumOf = (some: readonly Left[]): number => some.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  const stuck = left.filter(({ isStuck }) => isStuck);
  const leftMiB = sumOf(left);
  return {
    totalMiB: Math.max(progress?.totalMiB ?? 0, leftMiB),
    leftVms: left.length,
    leftMiB,
    stuckVms: stuck.length,
    stuckMiB: sumOf(stuck),
    atMs: nowMs,
  };
}

/** Those that have just left because they were shut down, next to those before. */
function shutDownBy(drain: DrainRecord, cluster: Cluster, left: readonly Left[]): Partial<DrainRecord> {
  if (drain.stuck !== 'shutdown') return {};
  const gone = drain.left.filter(({ vm }) => !left.some((each) => each.vm === vm)).map(({ vm }) => vm);
  const down = gone.filter((vm) => cluster.vm(vm)?.desired === 'stopped');
  const all = [...new Set([...(drain.shutDown ?? []), ...down])];
  return down.length === 0 ? {} : { shutDown: all.slice(0, namedAtMost) };
}

/** It runs elsewhere, but this host still has access to its disks. */
function isLeaving({ migration, transitions }: VmRecord, host: string): boolean {
  if (migration?.stage !== 'closing') return false;
  return transitions.findLast(({ event }) => event === 'vm.switched')?.data['from'] === host;
}

function waitsFor(cluster: Cluster, vm: VmRecord, host: string): Pick<Left, 'text' | 'isStuck'> {
  if (vm.phase === 'migrating') return { text: moving, isStuck: false };
  if (vm.phase !== 'running') return { text: `is ${vm.phase}`, isStuck: false };
  const choice = place(cluster, vm, { avoid: new Map([[host, 'is being drained']]), wish: null });
  if (choice.host) return { text: 'waits for its turn', isStuck: false };
  return { text: choice.text.slice(0, 2000), isStuck: true };
}

/**
 * Has failover note what the host is; null once it has, and no earlier request can change that any more. Each is of one
 * count of the host's changes, which is stored first: what was asked before, and is still under way, has lost then.
 */
function note(view: DrainView, admin: DrainEffect['admin']): DrainStep | null {
  const { drain, cluster, env } = view;
  const { host, reason } = drain;
  const record = cluster.host(host);
  const changes = record?.adminChanges ?? 0;
  const after = drain.incarnation === env.incarnation ? drain.askedAfter : undefined;
  const isNews = after === undefined || changes > after;
  if (record?.admin === admin && isNews) return null;
  if (isNews) {
    return { state: { ...inIncarnation(drain, env.incarnation), askedAfter: changes }, effects: [], wakeAtMs: null };
  }
  const key = `admin/${admin}/${after}`;
  return stay(view, [{ key, kind: 'host-admin', host, admin, after, reason, resendMs: 1000 }]);
}

function stay({ drain, env }: DrainView, effects: DrainEffect[] = []): DrainStep {
  return { state: drain, effects, wakeAtMs: drain.state === 'drained' ? null : env.nowMs + lookAgainMs };
}

function move({ drain, env }: DrainView, patch: Partial<DrainRecord>, transition: NewTransition): DrainStep {
  const state = withTransition({ ...inIncarnation(drain, env.incarnation), ...patch }, env.nowMs, transition);
  return { state, effects: [], wakeAtMs: null };
}
