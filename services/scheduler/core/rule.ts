/**
 * What the rules ask of one VM, and where they want it.
 *
 * VMs that must run together form a group: what binds one member binds all of them, and one host, the anchor, is right
 * for the whole group. The anchor follows from the watched facts alone, so that every member finds the same one.
 */
import type { RuleRecord, VmRecord } from '@holdfast/contracts';
import { candidates, hostsHolding, type Candidate } from './candidate.js';
import type { Cluster } from './cluster.js';
import { cpuRatio } from './filter.js';
import { scoreOf } from './score.js';

export interface VmRules {
  /** The VMs that must run on one host, itself among them. */
  group: readonly string[];
  /** VMs that nobody of the group may share a host with, and the rule that says so. */
  apart: ReadonlyMap<string, string>;
  hosts: readonly { id: string; weights: Readonly<Record<string, number>>; strict: boolean }[];
}

type RuleBook = ReadonlyMap<string, VmRules>;
const books = new WeakMap<readonly RuleRecord[], RuleBook>();

/** Null when no rule names this VM. */
export function rulesOf(cluster: Cluster, vm: string): VmRules | null {
  const rules = cluster.rules();
  if (rules.length === 0) return null;
  let book = books.get(rules);
  if (!book) {
    book = bookOf(rules);
    books.set(rules, book);
  }
  return book.get(vm) ?? null;
}

export function bookOf(all: readonly RuleRecord[]): RuleBook {
  const rules = all.filter(({ state }) => state === 'active');
  const groups = new Map<string, Set<string>>();
  for (const { spec } of rules) {
    for (const vm of spec.vms) if (!groups.has(vm)) groups.set(vm, new Set([vm]));
    if (spec.kind !== 'vm-affinity' || !spec.together) continue;
    const joined = new Set(spec.vms.flatMap((vm) => [...(groups.get(vm) ?? [])]));
    for (const vm of joined) groups.set(vm, joined);
  }
  const book = new Map<string, VmRules>();
  for (const group of new Set(groups.values())) {
    const apart = new Map<string, string>();
    const hosts: VmRules['hosts'][number][] = [];
    for (const { id, spec } of rules) {
      if (!spec.vms.some((vm) => group.has(vm))) continue;
      if (spec.kind === 'host-affinity') hosts.push({ id, weights: spec.hosts, strict: spec.strict });
      else if (!spec.together) {
        const others = spec.vms.filter((vm) => !group.has(vm)).flatMap((vm) => [...(groups.get(vm) ?? [])]);
        for (const other of others) apart.set(other, id);
      }
    }
    const bound = { group: [...group], apart, hosts };
    for (const vm of group) book.set(vm, bound);
  }
  return book;
}

export interface Limits {
  /** Hosts that are out for this VM, each with the reason. */
  avoid: Map<string, string>;
  /** How much a host is preferred: 0 for any, more for one that a rule names. */
  weight(host: string): number;
}

const noLimits: Limits = { avoid: new Map(), weight: () => 0 };

/** Where the rules allow this VM now, and where they would rather have it. */
export function limitsOf(cluster: Cluster, vm: Pick<VmRecord, 'name' | 'home' | 'spec'>): Limits {
  const rules = rulesOf(cluster, vm.name);
  const home = vm.spec.policy.failback ? vm.home : null;
  if (!rules) return home === null ? noLimits : { ...noLimits, weight: (host) => (host === home ? 0.5 : 0) };
  const avoid = forbidden(cluster, rules);
  if (rules.group.length > 1) {
    const anchor = anchorOf(cluster, rules, avoid);
    for (const { host } of cluster.hosts()) {
      if (host === anchor || avoid.has(host)) continue;
      const cannot = 'cannot take all VMs that must run together';
      avoid.set(host, anchor === null ? cannot : `is not ${anchor}, where its group belongs`);
    }
  }
  return { avoid, weight: (host) => weightOf(rules, host) + (host === home ? 0.5 : 0) };
}

function weightOf({ hosts }: VmRules, host: string): number {
  let sum = 0;
  for (const { weights } of hosts) {
    const weight = weights[host];
    if (weight !== undefined) sum += 1 + weight;
  }
  return sum;
}

function forbidden(cluster: Cluster, rules: VmRules): Map<string, string> {
  const avoid = new Map<string, string>();
  for (const { id, weights, strict } of rules.hosts) {
    if (!strict) continue;
    for (const { host } of cluster.hosts()) {
      if (weights[host] === undefined) avoid.set(host, `is not among the hosts of rule ${id}`);
    }
  }
  for (const [name, id] of rules.apart) {
    const other = cluster.vm(name);
    if (!other) continue;
    for (const host of hostsHolding(other)) avoid.set(host, `holds ${name}, kept apart by rule ${id}`);
  }
  return avoid;
}

/** Where a member is, or is about to be. */
function placeOf({ assignment, migration }: VmRecord): string | null {
  if (migration && migration.stage !== 'abandoning') return migration.to.host;
  return assignment?.host ?? null;
}

/** A silent host may be back in a moment: its group waits for the verdict before it goes elsewhere. */
function keepsItsGroup(candidate: Candidate): boolean {
  const { host, observed, isDraining } = candidate;
  const isThere = host.health === 'online' || host.health === 'suspect' || host.health === 'held';
  return isThere && host.admin === 'active' && !isDraining && observed?.leaving !== true;
}

/** The one host for a whole group, null when none can take all of it. */
function anchorOf(cluster: Cluster, rules: VmRules, avoid: ReadonlyMap<string, string>): string | null {
  const members = rules.group.flatMap((name) => cluster.vm(name) ?? []).filter(({ desired }) => desired === 'running');
  const size = {
    cpus: Math.max(1, ...members.map(({ spec }) => spec.cpus)),
    memoryMiB: members.reduce((sum, { spec }) => sum + spec.memoryMiB, 0),
  };
  const returns = members.every(({ spec }) => spec.policy.failback);
  const [newest] = members
    .flatMap(({ chosen }) => chosen ?? [])
    .sort((a, b) => b.atMs - a.atMs || (a.host < b.host ? -1 : 1));
  let best: { name: string; rank: number[] } | null = null;
  for (const candidate of candidates(cluster, new Set(rules.group))) {
    const name = candidate.host.host;
    if (avoid.has(name) || !keepsItsGroup(candidate)) continue;
    if (candidate.usedMemoryMiB + size.memoryMiB > candidate.memoryMiB) continue;
    const there = members.filter((member) => placeOf(member) === name).length;
    const weight = weightOf(rules, name);
    const isChosen = newest?.host === name ? 1 : 0;
    const [first, ...then] = returns ? [weight, isChosen, there] : [isChosen, there, weight];
    const rank = [first ?? 0, ...then, scoreOf(candidate, size, cpuRatio)];
    if (!best || isAbove(rank, best.rank) || (!isAbove(best.rank, rank) && name < best.name)) best = { name, rank };
  }
  return best?.name ?? null;
}

function isAbove(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
