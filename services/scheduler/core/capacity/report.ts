/** What is lost with some hosts: who does not return, and how much more room would bring all back. */
import {
  accepted,
  refused,
  type CapacityReport,
  type CapacityVerdict,
  type Loser,
  type Loss,
  type Reply,
} from '@holdfast/contracts';
import { hostsByName, nearestOf } from '../explain.js';
import type { Demand } from '../filter.js';
import { hostsAllowing } from '../placement/allowed-hosts.js';
import { hasShares } from '../placement/shares.js';
import type { Snapshot } from '../placement/snapshot.js';
import { slotsAway, whileAway } from './away.js';
import { capacityBookOf } from './book.js';
import { anyOneHost, heaviestFirst, lossesOf, textOfLoss, triedOf } from './losses.js';
import { afterLoss, demandFor, placeEach, prove, victimsOf, type Proof } from './prove.js';

const toldAtMost = 300;
const losersToldAtMost = 100;
/** All losses together. */
const losersInAll = 1000;

export interface Case {
  text: string;
  hosts: readonly number[];
  proof: Proof;
}

interface Room {
  memoryMiB: number;
  vcpus: number;
}

interface Cases {
  possible: number;
  all: Case[];
}

/**
 * `lose`: a host, LABEL=VALUE, or how many hosts; null for any one. `away`: hosts, separated by commas, that are
 * emptied before; whoever cannot leave them is told as lost with them.
 */
export function reportCapacity(
  snapshot: Snapshot,
  lose: string | null,
  away: string | null = null,
): Reply<CapacityReport> {
  if (away === null) return reportOf(snapshot, casesOf(snapshot, lose ?? '1'));
  const slots = slotsAway(snapshot, away);
  if ('refused' in slots) return slots.refused;
  return whileAway(snapshot, slots, (stuck) => {
    const cases = lose === null ? eachBut(snapshot, slots) : casesOf(snapshot, lose);
    const report = reportOf(snapshot, cases);
    return stuck.length > 0 && report.ok ? accepted(withStuck(snapshot, report.value, { away, slots, stuck })) : report;
  });
}

/** Losses of one host each, proven in the trial: what the book knows is about the facts. */
function eachBut(snapshot: Snapshot, away: readonly number[]): Cases {
  const slots = hostsByName(snapshot, null).filter((slot) => !away.includes(slot));
  const heaviest = heaviestFirst(snapshot, slots).slice(0, triedOf(slots.length));
  const all = heaviest.map((slot) =>
    ({ text: snapshot.hosts.nameOf(slot), hosts: [slot], proof: prove(snapshot, [slot]) }));
  return { possible: slots.length, all };
}

function withStuck(
  snapshot: Snapshot,
  report: CapacityReport,
  { away, slots, stuck }: { away: string; slots: readonly number[]; stuck: readonly number[] },
): CapacityReport {
  const losers = stuck.slice(0, losersToldAtMost).map((vm) => loserOf(snapshot, vm, slots));
  const loss: Loss = {
    lost: `${away} (away)`.slice(0, 1000),
    hostCount: slots.length,
    victims: stuck.length,
    verdict: 'some-lost',
    losers,
    loserCount: stuck.length,
    cure: null,
  };
  const losses = [loss, ...report.losses].slice(0, toldAtMost);
  const { possible, tried, failing } = report;
  return { verdict: 'some-lost', possible: possible + 1, tried: tried + 1, failing: failing + 1, losses };
}

function reportOf(snapshot: Snapshot, cases: Cases | { refused: Reply<never> }): Reply<CapacityReport> {
  if ('refused' in cases) return cases.refused;
  const { possible, all } = cases;
  const failing = all.filter(({ proof }) => proof.witness === null);
  const good = all.filter(({ proof }) => proof.witness !== null);
  const isWhole = all.length === possible;
  let verdict: CapacityVerdict = isWhole ? 'all-return' : 'unproven';
  if (failing.length > 0) verdict = failing.some(({ proof }) => proof.isCertain) ? 'some-lost' : 'unproven';
  let left = losersInAll;
  const losses = [...failing, ...good].slice(0, toldAtMost).map((each) => {
    const loss = lossOf(snapshot, each, Math.min(left, losersToldAtMost));
    left -= loss.losers.length;
    return loss;
  });
  return accepted({ verdict, possible, tried: all.length, failing: failing.length, losses });
}

function casesOf(snapshot: Snapshot, lose: string): Cases | { refused: Reply<never> } {
  const { hosts } = snapshot;
  const slots = hostsByName(snapshot, null);
  const no = (message: string, remedy: string): { refused: Reply<never> } => ({
    refused: refused('invalid', `lose: ${message}`, { field: 'lose', remedy }),
  });
  if (/^\d+$/.test(lose)) {
    const count = Number(lose);
    if (count >= 1 && count < slots.length) return anyOf(snapshot, count);
    const remedy = `give a number from 1 to ${Math.max(1, slots.length - 1)}`;
    return no(`of ${slots.length} hosts not any ${lose} can be lost and others remain`, remedy);
  }
  const [label = '', value] = lose.split('=', 2);
  const lost = value === undefined
    ? slots.filter((slot) => hosts.nameOf(slot) === lose)
    : slots.filter((slot) => hosts.facts[slot]?.labels[label] === value);
  if (lost.length === 0) {
    const what = value === undefined ? 'there is no host' : 'no host has the label';
    return no(`${what} ${lose}`, 'give a host, LABEL=VALUE, or how many hosts are lost');
  }
  return { possible: 1, all: [{ text: lose, hosts: lost, proof: prove(snapshot, lost) }] };
}

function anyOf(snapshot: Snapshot, count: number): Cases {
  const { possible, all } = lossesOf(snapshot, { ...anyOneHost, hosts: count });
  const book = count === 1 ? capacityBookOf(snapshot) : null;
  return {
    possible,
    all: all.map((hosts) => ({
      text: textOfLoss(snapshot, hosts, anyOneHost),
      hosts,
      proof: book?.proofOf(hosts[0] ?? -1) ?? prove(snapshot, hosts),
    })),
  };
}

export function lossOf(snapshot: Snapshot, { text, hosts, proof }: Case, tell: number): Loss {
  const victims = victimsOf(snapshot, hosts).length;
  const verdict = proof.witness ? 'all-return' : proof.isCertain ? 'some-lost' : 'unproven';
  const lost = { lost: text.slice(0, 1000), hostCount: hosts.length, victims, verdict } as const;
  if (proof.witness) return { ...lost, losers: [], loserCount: 0, cure: null };
  return afterLoss(snapshot, hosts, (all) => {
    const { losers } = placeEach(snapshot, all);
    const named = losers.slice(0, Math.max(0, tell)).map((vm) => loserOf(snapshot, vm, hosts));
    return { ...lost, losers: named, loserCount: losers.length, cure: cureOf(snapshot, losers) };
  });
}

function loserOf(snapshot: Snapshot, vm: number, lost: readonly number[]): Loser {
  const { vms } = snapshot;
  const others = hostsByName(snapshot, null).filter((host) => !lost.includes(host));
  const nearest = nearestOf(snapshot, demandFor(snapshot, vm), others);
  return {
    vm: vms.nameOf(vm),
    priority: vms.priority[vm] as number,
    cpus: vms.cpus[vm] as number,
    memoryMiB: vms.sizeMiB(vm),
    why: nearest ? `${nearest.host}: ${nearest.text}`.slice(0, 1200) : 'there is no other host',
  };
}

/**
 * Each loser on the host where least room is missing, with that much more room there: a placement of all of them by
 * construction. Null when one of them is kept from every host by more than room. Within a trial.
 */
export function cureOf(snapshot: Snapshot, losers: readonly number[]): Loss['cure'] {
  const { hosts } = snapshot;
  const more = new Map<number, Room>();
  const isWhole = withMoreRoom(snapshot, more, () =>
    losers.every((vm) => {
      const demand = demandFor(snapshot, vm);
      const host = leastMissing(snapshot, demand);
      if (host < 0) return false;
      const lacking = missingOn(snapshot, host, demand);
      const known = more.get(host) ?? { memoryMiB: 0, vcpus: 0 };
      hosts.memoryMiB[host] = (hosts.memoryMiB[host] as number) + lacking.memoryMiB;
      hosts.vcpus[host] = (hosts.vcpus[host] as number) + lacking.vcpus;
      const memoryMiB = known.memoryMiB + lacking.memoryMiB;
      more.set(host, { memoryMiB, vcpus: known.vcpus + lacking.vcpus });
      snapshot.put(vm, host);
      return true;
    }),
  );
  const needed = [...more].filter(([, { memoryMiB, vcpus }]) => memoryMiB > 0 || vcpus > 0);
  if (!isWhole || needed.length > 100) return null;
  const parts = needed.map(([host, { memoryMiB, vcpus }]) => ({ host: hosts.nameOf(host), memoryMiB, vcpus }));
  parts.sort((a, b) => (a.host < b.host ? -1 : 1));
  const text = parts.map(({ host, memoryMiB, vcpus }) => {
    const what = [memoryMiB > 0 ? `${memoryMiB} MiB` : '', vcpus > 0 ? `${vcpus} vCPU${vcpus === 1 ? '' : 's'}` : ''];
    return `${what.filter((each) => each !== '').join(' and ')} on ${host}`;
  });
  return { hosts: parts, text: `free, or add, ${text.join(', ')}`.slice(0, 4000) };
}

/** The room is as before in the end, whatever `grow` gave to the hosts that it puts into `more`. */
function withMoreRoom<T>({ hosts }: Snapshot, more: ReadonlyMap<number, Room>, grow: () => T): T {
  try {
    return grow();
  } finally {
    for (const [host, { memoryMiB, vcpus }] of more) {
      hosts.memoryMiB[host] = (hosts.memoryMiB[host] as number) - memoryMiB;
      hosts.vcpus[host] = (hosts.vcpus[host] as number) - vcpus;
    }
  }
}

/** A host that only lacks room; -1 for none. */
function leastMissing(snapshot: Snapshot, demand: Demand): number {
  const { hosts } = snapshot;
  let best = -1;
  let least = Infinity;
  for (const host of hostsAllowing(snapshot, demand)) {
    // Huge pages or bandwidth: more memory would not help.
    if (!hasShares(snapshot, host, demand.shares)) continue;
    const { memoryMiB, vcpus } = missingOn(snapshot, host, demand);
    const share = memoryMiB / Math.max(1, hosts.memoryMiB[host] as number) +
      vcpus / Math.max(1, hosts.vcpus[host] as number);
    if (share >= least) continue;
    best = host;
    least = share;
  }
  return best;
}

function missingOn({ hosts }: Snapshot, host: number, demand: Demand): Room {
  const { cpus, memoryMiB } = demand;
  return {
    memoryMiB: Math.max(0, (hosts.usedMemoryMiB[host] as number) + memoryMiB - (hosts.memoryMiB[host] as number)),
    vcpus: Math.max(0, (hosts.usedVcpus[host] as number) + cpus - (hosts.vcpus[host] as number)),
  };
}
