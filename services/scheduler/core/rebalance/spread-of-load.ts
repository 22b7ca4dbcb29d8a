/** How evenly hosts are used, and the problem of using them more evenly, for the search of `reassign/`. */
import { demandFor } from '../capacity/prove.js';
import { hostsAllowing } from '../placement/allowed-hosts.js';
import { vmFlag } from '../placement/columns.js';
import type { Snapshot } from '../placement/snapshot.js';
import { Occupancy } from '../reassign/occupancy.js';
import type { Assignment, Problem } from '../reassign/problem.js';

/** What a VM was measured to use. Left out: what it has reserved, as busy as the measured ones are. */
export interface VmLoad {
  /** CPUs kept busy, 0.5 for half of one. */
  cpus: number;
}

/**
 * Standard deviations over the hosts that take VMs, of the share of its own memory and CPUs that each one uses, from
 * the share that all would use alike. A VM that moves counts where it moves to.
 */
export interface Unevenness {
  memory: number;
  cpus: number;
}

export interface LoadProblem {
  problem: Problem;
  /** VM slots by number of the process; hosts have the numbers of their slots. */
  vms: Int32Array;
  /** How many hosts take VMs. */
  hosts: number;
}

export interface Worth {
  /** How much the deviations have to drop for each GiB copied, times the number of hosts. */
  gainPerGiB: number;
  /** Of one more move, however small: as if so many GiB more were copied. */
  gibPerMove: number;
}

/** CPUs that each VM keeps busy, by slot. */
export function busyCpus({ vms }: Snapshot, loads: ReadonlyMap<string, VmLoad>): Float64Array {
  const busy = new Float64Array(vms.names.length);
  let [measured, reserved] = [0, 0];
  for (const [name, { cpus }] of loads) {
    const slot = vms.slot(name);
    if (slot === undefined) continue;
    measured += cpus;
    reserved += vms.cpus[slot] as number;
  }
  const usual = reserved === 0 ? 1 : measured / reserved;
  for (const name of vms.allNames()) {
    const slot = vms.slot(name) as number;
    busy[slot] = loads.get(name)?.cpus ?? usual * (vms.cpus[slot] as number);
  }
  return busy;
}

export function unevennessOf({ problem, hosts }: LoadProblem, at: Assignment): Unevenness {
  const squares = new Occupancy(problem, at).squares();
  const sigma = (r: number): number => Math.sqrt((squares[r] as number) / Math.max(1, hosts));
  return { memory: sigma(0), cpus: sigma(2) };
}

const resources = 3;
/** Below it nobody minds, and chance decides. */
const leastDeviation = 0.02;


/** Both deviations, as this state has them, times the number of hosts that count. */
export function deviations(state: Occupancy, hosts: number): number {
  const squares = state.squares();
  return Math.sqrt(hosts * (squares[0] as number)) + Math.sqrt(hosts * (squares[2] as number));
}

/**
 * What counts is the sum of both deviations. Squares add up host by host, a deviation does not: but near `sigma` a drop
 * of the sum of squares by `x` is one of the deviation by `x / (2 * sigma)` a host.
 */
export function weighByDeviation(state: Occupancy, hosts: number): Float64Array {
  const weight = state.squares().map((sum) => 1 / (2 * Math.max(leastDeviation, Math.sqrt(sum / hosts))));
  weight[1] = 0;
  state.weigh(weight);
  return weight;
}

/** Memory and vCPUs are limits, memory and busy CPUs are to be even. Who may not move by himself stays. */
export function loadProblem(snapshot: Snapshot, busy: Float64Array, worth: Worth): LoadProblem {
  const { hosts, vms } = snapshot;
  const slots = Int32Array.from(vms.allNames().sort(), (name) => vms.slot(name) as number)
    .filter((vm) => (vms.at[vm] as number) >= 0);
  const capacity = new Float64Array(hosts.size * resources);
  const scale = new Float64Array(hosts.size * resources);
  const requirement = new Float64Array(slots.length * resources);
  const sums = { memory: 0, cpus: 0, usedMemory: 0, usedCpus: 0 };
  for (const [p, vm] of slots.entries()) {
    const row = [vms.memoryMiB[vm] as number, vms.cpus[vm] as number, busy[vm] as number];
    requirement.set(row, p * resources);
    if (hosts.open[placeOf(snapshot, vm)] !== 1) continue;
    sums.usedMemory += row[0] as number;
    sums.usedCpus += row[2] as number;
  }
  const allBusy = busy.reduce((sum, value) => sum + value, 0);
  for (let host = 0; host < hosts.size; host += 1) {
    const [memoryMiB, cpus] = [hosts.memoryMiB[host] as number, hosts.cpus[host] as number];
    capacity.set([memoryMiB, hosts.vcpus[host] as number, allBusy + 1], host * resources);
    if (hosts.open[host] !== 1) continue;
    scale.set([1 / memoryMiB, 0, 1 / cpus], host * resources);
    sums.memory += memoryMiB;
    sums.cpus += cpus;
  }
  const goal = Float64Array.from([sums.usedMemory / (sums.memory || 1), 0, sums.usedCpus / (sums.cpus || 1)]);
  for (const vm of slots) {
    if ((vms.to[vm] as number) < 0) continue;
    const cell = (vms.at[vm] as number) * resources;
    capacity[cell] = (capacity[cell] as number) - (vms.memoryMiB[vm] as number);
    capacity[cell + 1] = (capacity[cell + 1] as number) - (vms.cpus[vm] as number);
  }
  const { service, services } = servicesOf(snapshot, slots);
  const problem: Problem = {
    ...plain(hosts.size, services),
    processes: slots.length,
    capacity,
    safety: capacity,
    service,
    requirement,
    initial: slots.map((vm) => placeOf(snapshot, vm)),
    fixed: Uint8Array.from(slots, (vm) => (mayMove(snapshot, vm) ? 0 : 1)),
    processMoveCost: Float64Array.from(slots, (vm) => costOfMove(vms.memoryMiB[vm] as number, worth)),
    evenness: { weight: Float64Array.from([1, 0, 1]), goal, scale },
    places: placesOf(snapshot, slots),
  };
  return { problem, vms: slots, hosts: hosts.open.subarray(0, hosts.size).reduce((sum, open) => sum + open, 0) };
}

export const costOfMove = (memoryMiB: number, { gainPerGiB, gibPerMove }: Worth): number =>
  gainPerGiB * (memoryMiB / 1024 + gibPerMove);

/** It still takes room on the host that it leaves. */
const placeOf = ({ vms }: Snapshot, vm: number): number =>
  (vms.to[vm] as number) >= 0 ? (vms.to[vm] as number) : (vms.at[vm] as number);

/** What the challenge has, and rebalancing has not. */
function plain(machines: number, services: number): Omit<
  Problem, 'processes' | 'capacity' | 'safety' | 'service' | 'requirement' | 'initial' | 'fixed' | 'processMoveCost'
> {
  return {
    machines,
    resources,
    services,
    locations: 1,
    neighbourhoods: 1,
    transient: new Uint8Array(resources),
    loadWeight: new Float64Array(resources),
    location: new Int32Array(machines),
    neighbourhood: new Int32Array(machines),
    moveCost: null,
    spread: new Int32Array(services),
    dependencyStart: new Int32Array(services + 1),
    dependsOn: new Int32Array(0),
    balances: [],
    weights: { processMove: 1, serviceMove: 0, machineMove: 0 },
  };
}

/** Wanted, running where it is for certain, on a host that is well, and in no group that only moves together. */
function mayMove(snapshot: Snapshot, vm: number): boolean {
  const { hosts, vms } = snapshot;
  const isWanted = ((vms.flags[vm] as number) & vmFlag.wanted) !== 0;
  if (!isWanted || (vms.to[vm] as number) >= 0 || hosts.open[vms.at[vm] as number] !== 1) return false;
  return (snapshot.rulesOf(vms.nameOf(vm))?.group.size ?? 1) <= 1;
}

/** VMs that a rule keeps apart are of one service; of one with more such rules the first counts here. */
function servicesOf(snapshot: Snapshot, slots: Int32Array): { service: Int32Array; services: number } {
  const known = new Map<string, number>();
  const taken = new Set<string>();
  const service = slots.map((vm, p) => {
    const name = snapshot.vms.nameOf(vm);
    const at = placeOf(snapshot, vm);
    const key = snapshot.rulesOf(name)?.apart[0]?.id ?? '';
    // Two on one host already: the search would take one of them for the other.
    if (key === '' || taken.has(`${key} ${at}`)) return -1 - p;
    taken.add(`${key} ${at}`);
    const number = known.get(key) ?? known.size;
    known.set(key, number);
    return number;
  });
  let services = known.size;
  return { service: service.map((s) => (s >= 0 ? s : services++)), services };
}

/** Hosts that filters leave each VM as things stand; those that all alike may be on share a row. */
function placesOf(snapshot: Snapshot, slots: Int32Array): NonNullable<Problem['places']> {
  const { hosts, vms } = snapshot;
  const words = (hosts.size + 31) >> 5;
  const rows: Int32Array[] = [];
  const known = new Map<string, number>();
  const rowOf = slots.map((vm) => {
    const name = vms.nameOf(vm);
    const hasRules = snapshot.rulesOf(name) !== null || snapshot.exclusions.length > 0;
    const pools = snapshot.lostOf(vms.poolsOf(vm)).map(({ pool }) => pool).join(' ');
    const key = hasRules ? `vm ${name}` : `${vms.cpus[vm]} ${pools} ${vms.needsOf(vm).join(' ')}`;
    const row = known.get(key);
    if (row !== undefined) return row;
    known.set(key, rows.length);
    rows.push(rowFor(snapshot, vm, words));
    return rows.length - 1;
  });
  const bits = new Int32Array(rows.length * words);
  for (const [i, row] of rows.entries()) bits.set(row, i * words);
  return { rowOf, bits };
}

function rowFor(snapshot: Snapshot, vm: number, words: number): Int32Array {
  const row = new Int32Array(words);
  const allow = (host: number): void => {
    row[host >> 5] = (row[host >> 5] as number) | (1 << (host & 31));
  };
  hostsAllowing(snapshot, demandFor(snapshot, vm)).forEach(allow);
  // It is there, whatever speaks against it now.
  allow(snapshot.vms.at[vm] as number);
  return row;
}
