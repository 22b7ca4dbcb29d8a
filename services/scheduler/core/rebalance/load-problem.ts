/** How evenly hosts are used, and the problem of using them more evenly, for the search of `reassign/`. */
import { demandFor } from '../capacity/prove.js';
import { isOpen } from '../filter.js';
import { hostsAllowing } from '../placement/allowed-hosts.js';
import { vmFlag } from '../placement/columns.js';
import type { Snapshot } from '../placement/snapshot.js';
import type { Occupancy } from '../reassign/occupancy.js';
import type { Problem } from '../reassign/problem.js';
import { isPacked } from '../score.js';
import type { Loads } from './load-book.js';

/** Resources of the problem. Memory and vCPUs are limits; memory and load are to be even. */
export const memory = 0;
const vcpus = 1;
export const load = 2;
const resources = 3;

export interface Worth {
  /** How much both deviations have to drop for each GiB copied, times the number of hosts. */
  gainPerGiB: number;
  /** Of one more move, however small, for its pause and its bother: as if so many GiB more were copied. */
  gibPerMove: number;
}

export interface LoadOptions extends Worth {
  /** Why a VM is not to be moved now; null when it may be. */
  whyStays(vm: string): string | null;
}

export interface LoadProblem {
  problem: Problem;
  /** Slots by number of the process. Processes beyond these are what hosts do besides their VMs. */
  vms: Int32Array;
  /** Slots by number of the machine: in the order of their names. */
  hosts: Int32Array;
  /** 1 for machines whose use is to be evened out. */
  counted: Uint8Array;
  /** By resource, 1: is to be even. */
  evens: readonly number[];
  /** By process, CPUs that it wants, those that it is kept from by pressure included: now, and in an hour. */
  now: Float64Array;
  soon: Float64Array;
  hasForecast: boolean;
  /** By process: why it stays; left out for one that may move. */
  stays: ReadonlyMap<number, string>;
}

/** Below it nobody minds, and chance decides. */
const leastDeviation = 0.02;
const ioWeight = 0.5;
/** Words of the table of hosts that each VM may be on: 16 MB. Of more VMs than that allows, some stay. */
const mostWords = 4_000_000;

/** By resource: the standard deviation over the hosts that count, from the share that all would use alike. */
export function deviationsOf({ counted, evens }: LoadProblem, state: Occupancy): number[] {
  const count = Math.max(1, counted.reduce((sum, each) => sum + each, 0));
  return [...state.squares()].map((sum, r) => (evens[r] === 1 ? Math.sqrt(sum / count) : 0));
}

/** What is lowered: both deviations, times the number of hosts that count. */
export function unevenness(loaded: LoadProblem, state: Occupancy): number {
  const count = loaded.counted.reduce((sum, each) => sum + each, 0);
  return count * deviationsOf(loaded, state).reduce((sum, deviation) => sum + deviation, 0);
}

/**
 * What counts is the sum of both deviations. Squares add up host by host, a deviation does not: but near `sigma` a drop
 * of the sum of squares by `x` is one of the deviation by `x / (2 * sigma)` a host.
 */
export function weighByDeviation(loaded: LoadProblem, state: Occupancy): Float64Array {
  const sigmas = deviationsOf(loaded, state);
  const weight = Float64Array.from(sigmas, (sigma, r) =>
    loaded.evens[r] === 1 ? 1 / (2 * Math.max(leastDeviation, sigma)) : 0);
  state.weigh(weight);
  return weight;
}

/** `loads` null: nothing is measured, and what VMs have reserved counts. Otherwise hosts that nobody hears do not. */
export function loadProblem(snapshot: Snapshot, loads: Loads | null, options: LoadOptions): LoadProblem {
  const { hosts, vms } = snapshot;
  const order = Int32Array.from(hosts.names.keys()).sort((a, b) => rank(snapshot, a) - rank(snapshot, b));
  const counted = Uint8Array.from(order, (slot) => (counts(snapshot, slot, loads) ? 1 : 0));
  const slots = Int32Array.from(vms.allNames().sort(), (name) => vms.slot(name) as number)
    .filter((vm) => (vms.at[vm] as number) >= 0);
  const { now, soon, hasForecast } = wantsOf(snapshot, slots, loads);
  const besides = baseOf(snapshot, order, loads);
  const others = [...order.keys()].filter((m) => counted[m] === 1 && (besides[m] as number) > 0);
  const initial = Int32Array.from([...slots].map((vm) => rank(snapshot, placeOf(snapshot, vm))).concat(others));
  const both = { now: joined(now, others, besides), soon: joined(soon, others, besides) };
  const requirement = new Float64Array(initial.length * resources);
  for (let p = 0; p < initial.length; p += 1) {
    const vm = slots[p];
    const size = vm === undefined ? [0, 0] : [vms.memoryMiB[vm] as number, vms.cpus[vm] as number];
    requirement.set([...size, Math.max(both.now[p] as number, both.soon[p] as number)], p * resources);
  }
  const stays = new Map<number, string>();
  for (const [p, vm] of slots.entries()) {
    const isCounted = counted[initial[p] as number] === 1;
    const why = isCounted ? whyStays(snapshot, vm, loads, options) : 'its host does not count';
    if (why !== null) stays.set(p, why);
  }
  const evens = [isPacked(snapshot.settings) ? 0 : 1, 0, 1];
  const spread = evennessOf(snapshot, { order, counted, evens, requirement, initial });
  const fixed = Uint8Array.from(initial.keys(), (p) => (p >= slots.length || stays.has(p) ? 1 : 0));
  const problem: Problem = {
    ...plain(order.length),
    processes: initial.length,
    ...limitsOfHosts(snapshot, { order, slots, allLoad: requirement.reduce((sum, need) => sum + need, 1) }),
    ...servicesOf(snapshot, slots, initial),
    requirement,
    initial,
    fixed,
    processMoveCost: Float64Array.from(initial, (_, p) =>
      p < slots.length ? costOfMove(vms.sizeMiB(slots[p] as number), options) : 0),
    evenness: spread,
    places: placesOf(snapshot, { order, counted, slots, initial, fixed }),
  };
  return { problem, vms: slots, hosts: order, counted, evens, ...both, hasForecast, stays };
}

const costOfMove = (memoryMiB: number, { gainPerGiB, gibPerMove }: Worth): number =>
  gainPerGiB * (memoryMiB / 1024 + gibPerMove);

const rank = ({ hosts }: Snapshot, slot: number): number => hosts.byName()[slot] as number;

/** Hosts that are empty on purpose stay so. */
function counts(snapshot: Snapshot, slot: number, loads: Loads | null): boolean {
  if (!isOpen(snapshot, slot) || (loads !== null && !loads.hosts.has(snapshot.hosts.nameOf(slot)))) return false;
  return !isPacked(snapshot.settings) || (snapshot.hosts.first[slot] as number) >= 0;
}

/** Where it counts. One that moves still takes room on the host that it leaves. */
const placeOf = ({ vms }: Snapshot, vm: number): number =>
  (vms.to[vm] as number) >= 0 ? (vms.to[vm] as number) : (vms.at[vm] as number);

/** Wanted, running where it is for certain, and in no group that only moves together. */
function whyStays(snapshot: Snapshot, vm: number, loads: Loads | null, options: LoadOptions): string | null {
  const { vms } = snapshot;
  const name = vms.nameOf(vm);
  if (((vms.flags[vm] as number) & vmFlag.wanted) === 0) return 'is not to run';
  if ((vms.to[vm] as number) >= 0) return 'moves already';
  const others = [...(snapshot.rulesOf(name)?.group ?? [])].filter((other) => other !== name);
  if (others.length > 0) return `runs together with ${others.slice(0, 5).join(', ')}, and is not moved without`;
  if (loads !== null && !loads.vms.has(name)) return 'is not measured yet';
  return options.whyStays(name);
}

interface Wants {
  now: Float64Array;
  soon: Float64Array;
  hasForecast: boolean;
}

/** One that is not measured is as busy as the others, for what it has reserved. Pressure goes with the memory. */
function wantsOf(snapshot: Snapshot, slots: Int32Array, loads: Loads | null): Wants {
  const { hosts, vms } = snapshot;
  let [measured, reserved] = [0, 0];
  const memoryOn = new Float64Array(hosts.size);
  for (const vm of slots) {
    const level = loads?.vms.get(vms.nameOf(vm));
    measured += level?.cpus ?? 0;
    reserved += level ? (vms.cpus[vm] as number) : 0;
    const at = placeOf(snapshot, vm);
    memoryOn[at] = (memoryOn[at] as number) + (vms.memoryMiB[vm] as number);
  }
  const usual = loads === null ? 1 : reserved === 0 ? 0 : measured / reserved;
  const now = new Float64Array(slots.length);
  const soon = new Float64Array(slots.length);
  let hasForecast = false;
  for (const [p, vm] of slots.entries()) {
    const level = loads?.vms.get(vms.nameOf(vm));
    const at = placeOf(snapshot, vm);
    const share = (vms.memoryMiB[vm] as number) / Math.max(1, memoryOn[at] as number);
    const pressed = share * pressureOn(snapshot, at, loads);
    const cpus = level?.cpus ?? usual * (vms.cpus[vm] as number);
    now[p] = cpus + pressed;
    soon[p] = (level?.soon ?? cpus) + pressed;
    hasForecast ||= level?.soon != null;
  }
  return { now, soon, hasForecast };
}

/** Of other work on a host, by machine; all of the pressure where no VM can be the reason. */
function baseOf(snapshot: Snapshot, order: Int32Array, loads: Loads | null): Float64Array {
  const { hosts } = snapshot;
  return Float64Array.from(order, (slot) => {
    const base = loads?.hosts.get(hosts.nameOf(slot))?.base ?? 0;
    return base + ((hosts.first[slot] as number) < 0 ? pressureOn(snapshot, slot, loads) : 0);
  });
}

/** In CPUs: all of them where tasks wait all the time. */
function pressureOn({ hosts }: Snapshot, slot: number, loads: Loads | null): number {
  const level = loads?.hosts.get(hosts.nameOf(slot));
  return level ? (level.memoryPressure + ioWeight * level.ioPressure) * (hosts.cpus[slot] as number) : 0;
}

const joined = (ofVms: Float64Array, others: readonly number[], besides: Float64Array): Float64Array =>
  Float64Array.from([...ofVms, ...others.map((m) => besides[m] as number)]);

interface Use {
  order: Int32Array;
  counted: Uint8Array;
  evens: readonly number[];
  requirement: Float64Array;
  initial: Int32Array;
}

function evennessOf({ hosts }: Snapshot, use: Use): NonNullable<Problem['evenness']> {
  const { order, counted, evens, requirement, initial } = use;
  const scale = new Float64Array(order.length * resources);
  const [used, size] = [new Float64Array(resources), new Float64Array(resources)];
  const add = (sums: Float64Array, r: number, value: number): void => {
    sums[r] = (sums[r] as number) + value;
  };
  for (const [m, slot] of order.entries()) {
    if (counted[m] !== 1) continue;
    const [memoryMiB, cpus] = [hosts.memoryMiB[slot] as number, hosts.cpus[slot] as number];
    scale.set([1 / memoryMiB, 0, 1 / cpus], m * resources);
    add(size, memory, memoryMiB);
    add(size, load, cpus);
  }
  for (const [p, m] of initial.entries()) {
    if (counted[m] !== 1) continue;
    add(used, memory, requirement[p * resources + memory] as number);
    add(used, load, requirement[p * resources + load] as number);
  }
  return { weight: Float64Array.from(evens), goal: used.map((sum, r) => sum / (size[r] || 1)), scale };
}

/** What a VM on its way holds where it comes from is nobody's. Load is no limit. */
function limitsOfHosts(
  snapshot: Snapshot,
  { order, slots, allLoad }: { order: Int32Array; slots: Int32Array; allLoad: number },
): Pick<Problem, 'capacity' | 'safety'> {
  const { hosts, vms } = snapshot;
  const capacity = new Float64Array(order.length * resources);
  for (const [m, slot] of order.entries()) {
    capacity.set([hosts.memoryMiB[slot] as number, hosts.vcpus[slot] as number, allLoad], m * resources);
  }
  for (const vm of slots) {
    if ((vms.to[vm] as number) < 0) continue;
    const cell = rank(snapshot, vms.at[vm] as number) * resources;
    capacity[cell + memory] = (capacity[cell + memory] as number) - (vms.memoryMiB[vm] as number);
    capacity[cell + vcpus] = (capacity[cell + vcpus] as number) - (vms.cpus[vm] as number);
  }
  return { capacity, safety: capacity };
}

/** What the challenge has, and rebalancing has not. */
function plain(machines: number): Pick<
  Problem,
  'machines' | 'resources' | 'locations' | 'neighbourhoods' | 'transient' | 'loadWeight' | 'location' |
  'neighbourhood' | 'moveCost' | 'dependsOn' | 'balances' | 'weights'
> {
  return {
    machines,
    resources,
    locations: 1,
    neighbourhoods: 1,
    transient: new Uint8Array(resources),
    loadWeight: new Float64Array(resources),
    location: new Int32Array(machines),
    neighbourhood: new Int32Array(machines),
    moveCost: null,
    dependsOn: new Int32Array(0),
    balances: [],
    weights: { processMove: 1, serviceMove: 0, machineMove: 0 },
  };
}

type Services = Pick<Problem, 'service' | 'services' | 'spread' | 'dependencyStart'>;

/** VMs that a rule keeps apart are of one service; of one with more such rules the first counts here. */
function servicesOf(snapshot: Snapshot, slots: Int32Array, initial: Int32Array): Services {
  const known = new Map<string, number>();
  const taken = new Set<string>();
  const named = initial.map((at, p) => {
    const vm = slots[p];
    const key = vm === undefined ? '' : (snapshot.rulesOf(snapshot.vms.nameOf(vm))?.apart[0]?.id ?? '');
    // Two on one host already: the search would take one of them for the other.
    if (key === '' || taken.has(`${key} ${at}`)) return -1;
    taken.add(`${key} ${at}`);
    const number = known.get(key) ?? known.size;
    known.set(key, number);
    return number;
  });
  let services = known.size;
  const service = named.map((s) => (s >= 0 ? s : services++));
  return { service, services, spread: new Int32Array(services), dependencyStart: new Int32Array(services + 1) };
}

interface Placed extends Pick<Use, 'order' | 'counted' | 'initial'> {
  slots: Int32Array;
  fixed: Uint8Array;
}

/** Hosts that filters leave each VM as things stand; those that all alike may be on share a row. */
function placesOf(snapshot: Snapshot, placed: Placed): NonNullable<Problem['places']> {
  const { vms } = snapshot;
  const { order, slots, initial, fixed } = placed;
  const words = (order.length + 31) >> 5;
  const rows: Int32Array[] = [];
  const known = new Map<string, number>();
  const rowOf = initial.map((_, p) => {
    const vm = slots[p];
    if (vm === undefined || fixed[p] === 1) return -1;
    const name = vms.nameOf(vm);
    const hasRules = snapshot.rulesOf(name) !== null || snapshot.exclusions.length > 0;
    const pools = snapshot.lostOf(vms.poolsOf(vm)).map(({ pool }) => pool).join(' ');
    const key = hasRules ? `vm ${name}` : `${vms.cpus[vm]} ${pools} ${vms.needsOf(vm).join(' ')}`;
    const row = known.get(key);
    if (row !== undefined) return row;
    if ((rows.length + 1) * words > mostWords) {
      fixed[p] = 1;
      return -1;
    }
    known.set(key, rows.length);
    rows.push(rowFor(snapshot, vm, placed, words));
    return rows.length - 1;
  });
  const bits = new Int32Array(rows.length * words);
  for (const [i, row] of rows.entries()) bits.set(row, i * words);
  return { rowOf, bits };
}

/** None that is held off, and none that its rules prefer less than the one that it is on. */
function rowFor(snapshot: Snapshot, vm: number, { counted }: Placed, words: number): Int32Array {
  const { hosts, vms } = snapshot;
  const demand = demandFor(snapshot, vm);
  const { weights } = demand.limits;
  const row = new Int32Array(words);
  const own = weights.get(vms.at[vm] as number) ?? 0;
  for (const host of hostsAllowing(snapshot, demand)) {
    const m = rank(snapshot, host);
    if (counted[m] !== 1 || hosts.heldOff[host] === 1 || (weights.get(host) ?? 0) < own) continue;
    row[m >> 5] = (row[m >> 5] as number) | (1 << (m & 31));
  }
  return row;
}
