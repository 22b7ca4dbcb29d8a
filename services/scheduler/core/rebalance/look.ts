/**
 * What becomes of the balance: proposed, or carried out one move at a time.
 *
 *   idle ◄──► proposed ──► applying ──► idle
 *     └──────────────────────▲
 *
 * Each look goes by the watched facts. Where they do not agree any more with what is being carried out, the rest of it
 * is dropped and planned anew: any host may die at any step.
 */
import {
  accepted,
  inIncarnation,
  isPaused,
  noTransitions,
  rebalanceKey,
  withTransition,
  type NewTransition,
  type RebalanceMove,
  type RebalancePlan,
  type RebalanceRecord,
  type Reply,
} from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import type { Cluster } from '../cluster.js';
import { isWantedEmpty } from '../holding.js';
import { hasTurn } from '../move-bounds.js';
import { place } from '../place.js';
import { snapshotOf } from '../placement/feed.js';
import type { Loads } from './load-book.js';
import { planRebalance } from './plan.js';

/** What was planned so long ago rests on loads that are no more. */
const dropAfterMs = 1_800_000;
const namedAtMost = 5;
const movesAtMost = 32;

export interface RebalanceView {
  cluster: Cluster;
  /** As they are now. */
  loads(): Loads;
  env: Env;
}

export interface RebalanceLook {
  change: RebalanceRecord | null;
  reply: Reply<{ start: RebalanceMove | null; plan: RebalancePlan | null }>;
}

export function planNow({ cluster, loads, env }: RebalanceView): RebalancePlan {
  const why = (vm: string): string | null => whyStays(cluster, vm, env.nowMs);
  const snapshot = snapshotOf(cluster);
  return planRebalance(snapshot, loads(), { maxMoves: movesAtMost, whyStays: why, leaving: leavingOf(cluster) });
}

/** Running VMs on hosts that are to be empty. */
function leavingOf(cluster: Cluster): string[] {
  const snapshot = snapshotOf(cluster);
  const drained = cluster.hosts().filter(({ host }) => isWantedEmpty(cluster, host));
  const there = drained.flatMap(({ host }) => [...snapshot.vmsOn(snapshot.hosts.slot(host) ?? -1)]);
  return there.map((vm) => snapshot.vms.nameOf(vm)).filter((name) => {
    const vm = cluster.vm(name);
    return vm?.phase === 'running' && vm.desired === 'running' && vm.operation === null && !isPaused(vm);
  });
}

/** A VM stays where it is for a while after each start and each move, and where it waits to go home from. */
function whyStays(cluster: Cluster, name: string, nowMs: number): string | null {
  const vm = cluster.vm(name);
  if (vm?.phase !== 'running' || vm.desired !== 'running') return 'does not run';
  if (vm.operation || vm.reboot) return 'is being worked on';
  if (isPaused(vm)) return 'is paused';
  if (vm.home !== null) return `waits to return to ${vm.home}`;
  if (vm.canary === true) return 'belongs to a drill';
  const { rebalanceHoldSeconds } = cluster.settings();
  const isHeld = nowMs - vm.phaseSinceMs < rebalanceHoldSeconds * 1000;
  return isHeld ? `was started or moved less than ${rebalanceHoldSeconds} s ago` : null;
}

/** `operation`: of a person who wants it now; null for the look now and then. */
export function lookRebalance(
  existing: RebalanceRecord | null,
  view: RebalanceView,
  operation: string | null,
): RebalanceLook {
  if (existing?.state === 'applying') return goOn(existing, view);
  const mode = view.cluster.settings().rebalance;
  const isOn = operation !== null || (mode !== 'off' && view.cluster.arming().armed);
  const plan = isOn ? planNow(view) : null;
  const moves = plan?.moves ?? [];
  const reply = accepted({ start: null, plan });
  if (plan === null || moves.length === 0) {
    const isOver = existing?.state === 'proposed';
    const over = { event: 'rebalance.withdrawn', text: 'the load is even enough as it is' };
    return { change: isOver ? to(existing, view.env, { state: 'idle', moves: [] }, over) : null, reply };
  }
  const { before, after } = plan;
  const isCarriedOut = operation !== null || mode === 'auto';
  if (!isCarriedOut && existing?.state === 'proposed' && keyOf(existing.moves) === keyOf(moves)) {
    return { change: null, reply };
  }
  const state = isCarriedOut ? 'applying' : 'proposed';
  const text = `${textOf(moves)}; the loads differ by ${percent(before)} now, by ${percent(after)} then`;
  const transition = { event: isCarriedOut ? 'rebalance.begun' : 'rebalance.proposed', text, operation };
  return { change: to(existing, view.env, { state, moves, before, after }, transition), reply };
}

function goOn(record: RebalanceRecord, { cluster, env }: RebalanceView): RebalanceLook {
  const nothing = accepted({ start: null, plan: null });
  const drop = (why: string): RebalanceLook => {
    const dropped = { event: 'rebalance.dropped', text: `${why}: the rest is dropped, and planned anew` };
    return { change: to(record, env, { state: 'idle', moves: [] }, dropped), reply: nothing };
  };
  const waiting: RebalanceMove[] = [];
  let left = 0;
  for (const [i, move] of record.moves.entries()) {
    const state = stateOf(cluster, record, i);
    if (typeof state === 'object') return drop(state.broken);
    if (state !== 'done') left += 1;
    if (state === 'waiting') waiting.push(move);
  }
  if (left === 0) {
    const text = `${record.moves.length} VM${record.moves.length === 1 ? ' has' : 's have'} moved`;
    const completed = { event: 'rebalance.completed', text };
    return { change: to(record, env, { state: 'idle', moves: [] }, completed), reply: nothing };
  }
  if (env.nowMs - record.sinceMs > dropAfterMs) return drop('it takes too long');
  // In their order: the room that one needs may be what another leaves.
  const [next] = waiting;
  const isItsTurn = next !== undefined && isThere(cluster, next) && hasTurn(cluster, next.from, next.to);
  if (!isItsTurn) return { change: null, reply: nothing };
  if (mayStart(cluster, next)) return { change: null, reply: accepted({ start: next, plan: null }) };
  const isNoneUnderWay = left === waiting.length;
  return isNoneUnderWay ? drop(`${next.to} does not take ${next.vm} any more`) : { change: null, reply: nothing };
}

type MoveState = 'done' | 'moving' | 'waiting' | { broken: string };

/** Of a move of the record, by its place in it. A VM that goes by way of a third host has two of them. */
function stateOf(cluster: Cluster, { moves, sinceMs }: RebalanceRecord, index: number): MoveState {
  const { vm: name, from, to: target } = moves[index] as RebalanceMove;
  const vm = cluster.vm(name);
  if (vm?.desired !== 'running') return { broken: `${name} is not to run any more` };
  const at = vm.assignment?.host;
  const others = moves.filter((move, i) => move.vm === name && i !== index);
  if (others.some((move) => moves.indexOf(move) > index && move.to === at)) return 'done';
  if (others.some((move) => moves.indexOf(move) < index && move.from === at)) return 'waiting';
  if (vm.phase === 'migrating' && (vm.migration?.to.host === target || at === target)) return 'moving';
  const isOnTheWay = others.some(({ to: other }) => vm.migration?.to.host === other);
  if (vm.phase === 'migrating' && isOnTheWay) return at === target ? 'done' : 'waiting';
  if (vm.phase !== 'running') return { broken: `${name} is ${vm.phase}` };
  if (at === target) return 'done';
  if (at !== from) return { broken: `${name} is on ${at} meanwhile` };
  if (vm.operation !== null) return vm.operation.kind === 'migrate' ? 'moving' : { broken: `${name} is busy` };
  const failed = vm.transitions.some(({ event, atMs }) => event === 'vm.migration-failed' && atMs >= sinceMs);
  if (failed) return { broken: `${name} could not be moved` };
  const unfit = [from, target].find((host) => !isFit(cluster, host));
  return unfit === undefined ? 'waiting' : { broken: `${unfit} is not at work` };
}

/** Where the move begins, and free to go. */
function isThere(cluster: Cluster, { vm: name, from }: RebalanceMove): boolean {
  const vm = cluster.vm(name);
  return vm?.phase === 'running' && vm.assignment?.host === from;
}

function isFit(cluster: Cluster, host: string): boolean {
  const record = cluster.host(host);
  return record?.health === 'online' && record.admin === 'active' && !isWantedEmpty(cluster, host);
}

/** By the facts of this moment: room and rules on the target. */
function mayStart(cluster: Cluster, { vm: name, from, to: target }: RebalanceMove): boolean {
  const vm = cluster.vm(name);
  if (!vm) return false;
  return place(cluster, vm, { avoid: new Map([[from, 'runs it now']]), wish: target }).host !== null;
}

function to(
  existing: RebalanceRecord | null,
  { incarnation, nowMs }: Env,
  patch: Pick<RebalanceRecord, 'state' | 'moves'> & Partial<RebalanceRecord>,
  transition: NewTransition,
): RebalanceRecord {
  const record: RebalanceRecord = existing ?? {
    ...noTransitions(incarnation, nowMs),
    uid: deriveId(incarnation, 'rebalance', rebalanceKey),
    state: 'idle',
    moves: [],
    before: 0,
    after: 0,
    sinceMs: nowMs,
  };
  return withTransition({ ...inIncarnation(record, incarnation), ...patch, sinceMs: nowMs }, nowMs, transition);
}

const keyOf = (moves: readonly RebalanceMove[]): string => moves.map(({ vm, to: host }) => `${vm}>${host}`).join();
const percent = (share: number): string => `${Math.round(share * 100)} points`;

function textOf(moves: readonly RebalanceMove[]): string {
  const named = moves.slice(0, namedAtMost).map(({ vm, from, to: host, makesRoomFor }) =>
    `${vm} from ${from} to ${host}${makesRoomFor === null ? '' : `, which makes room for ${makesRoomFor}`}`);
  const more = moves.length > namedAtMost ? `; and ${moves.length - namedAtMost} more` : '';
  return `${named.join('; ')}${more}`;
}
