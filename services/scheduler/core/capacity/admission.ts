/** Whether a start, or a growth, leaves enough room for all to return after the losses that the settings name. */
import type { Loss, VmRecord } from '@holdfast/contracts';
import type { Cluster } from '../cluster.js';
import { placeOn, seekerOf } from '../place.js';
import { vmFactsOf } from '../placement/facts.js';
import { snapshotOf } from '../placement/feed.js';
import type { Snapshot } from '../placement/snapshot.js';
import { capacityBookOf, type CapacityBook } from './book.js';
import { textOfLoss, type LossKind } from './losses.js';
import { lossOf } from './report.js';

/** Proofs that one admission makes; where more are due, they have to be made before (`CapacityBook.proveSome`). */
const provenAtMost = 300;
/** VMs that were admitted and have no host yet. */
const countedAtMost = 100;
const namedAtMost = 5;

type Vm = Pick<VmRecord, 'name' | 'spec' | 'home' | 'volumes'> & Parameters<typeof vmFactsOf>[0];

export interface LeftOut {
  /** For people; ends without a full stop. */
  text: string;
  remedy: string;
  /** Not known yet: asked again shortly, it will be. */
  isOpen: boolean;
}

/** What the settings have a look at; null for nothing: it is off, or no host would be left after such a loss. */
export function admissionBook(cluster: Cluster, snapshot: Snapshot): CapacityBook | null {
  const { admission, admissionHosts: hosts, admissionLabel: label } = cluster.settings();
  if (admission === 'off') return null;
  const kind: LossKind = { hosts, label };
  return label === null && snapshot.hosts.facts.filter((facts) => facts !== null).length <= hosts
    ? null
    : capacityBookOf(snapshot, kind);
}

/**
 * Who would not return after such a loss once this VM runs; null when all would, or when no host takes it anyhow.
 * What was admitted before and has no host yet is placed first: VMs admitted at the same moment must see each other.
 */
export function leftOutBy(cluster: Cluster, vm: Vm, wish: string | null): LeftOut | null {
  const snapshot = snapshotOf(cluster);
  const book = admissionBook(cluster, snapshot);
  if (!book) return null;
  if (book.dueCount > provenAtMost) {
    const text = 'it is not proven yet that all return after a loss of hosts';
    return { text, remedy: 'try again shortly', isOpen: true };
  }
  const before = new Set(book.failing().map(({ hosts }) => hosts.join(' ')));
  const put: string[] = [];
  const place = (each: Vm, to: string | null): string | null => {
    const at = each.assignment?.host ?? null;
    const { host } = at === null ? placeOn(snapshot, seekerOf(each), { avoid: new Map(), wish: to }) : { host: at };
    if (host === null) return null;
    const { policy } = each.spec;
    const running = { at: host, to: null, isWanted: true, isProtected: policy.restart === 'always' };
    put.push(each.name);
    snapshot.setVm(each.name, { ...vmFactsOf(each), ...running });
    return host;
  };
  try {
    for (const other of admittedBefore(cluster, vm.name)) place(other, other.wish);
    const host = place(vm, wish);
    if (host === null) return null;
    const ranks = snapshot.hosts.byName();
    const failing = book
      .failing()
      .map((each) => ({ ...each, isOld: before.has(each.hosts.join(' ')), rank: ranks[each.hosts[0] ?? -1] ?? 0 }))
      .sort((a, b) => Number(a.isOld) - Number(b.isOld) || a.rank - b.rank);
    const [worst] = failing;
    if (!worst) return null;
    const { isOld } = worst;
    const text = textOfLoss(snapshot, worst.hosts, book.kind);
    const loss = lossOf(snapshot, { ...worst, text }, namedAtMost);
    const told = textOf(vm.name, host, loss, failing.length);
    return { text: isOld ? `${told}, as without it` : told, remedy: remedyFor(loss), isOpen: false };
  } finally {
    for (const name of put) {
      const known = cluster.vm(name);
      snapshot.setVm(name, known && vmFactsOf(known));
    }
  }
}

function admittedBefore(cluster: Cluster, except: string): VmRecord[] {
  const admitted = cluster
    .vms()
    .filter(({ name, desired, assignment, phase }) =>
      name !== except && desired === 'running' && assignment === null && phase !== 'failed');
  return admitted.slice(0, countedAtMost);
}

function textOf(vm: string, host: string, loss: Loss, count: number): string {
  const names = loss.losers.map((loser) => loser.vm);
  const more = loss.loserCount - names.length;
  const who = names.length === 0
    ? 'no way was found for all to start again'
    : `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''} would not start again`;
  const others = count > 1 ? ` (or ${count - 1} other loss${count > 2 ? 'es' : ''})` : '';
  return `with ${vm} on ${host}, after the loss of ${loss.lost}${others} ${who}`;
}

function remedyFor({ cure, losers }: Loss): string {
  const [first] = losers;
  const room = cure ? cure.text : first ? `${first.vm} on ${first.why}` : 'ask holdfast capacity what is missing';
  return room.slice(0, 800);
}
