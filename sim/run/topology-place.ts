/**
 * Where each VM of an inventory runs at the beginning: where it says, or where there is most room, as its rules allow.
 * Only the start: every later placement is the scheduler's.
 */
import { TopologyError, type Topology, type TopologyVm } from './topology-file.js';

interface Rooms {
  names: string[];
  index: Map<string, number>;
  memoryMiB: Float64Array;
  freeMemoryMiB: Float64Array;
  vcpus: Float64Array;
  freeVcpus: Float64Array;
}

/** vCPUs for each CPU, as the scheduler counts them. */
const cpuRatio = 4;

interface Unit {
  vms: string[];
  cpus: number;
  memoryMiB: number;
}

/** Throws `TopologyError` naming the VM that fits nowhere. */
export function placeAll(topology: Topology): Map<string, string> {
  const rooms = roomsOf(topology);
  const rules = new Placing(topology, rooms);
  const placed = new Map<string, string>();
  const put = (vm: string, at: number): void => {
    const { cpus, memoryMiB } = topology.vms.get(vm) as TopologyVm;
    rooms.freeMemoryMiB[at] = (rooms.freeMemoryMiB[at] as number) - memoryMiB;
    rooms.freeVcpus[at] = (rooms.freeVcpus[at] as number) - cpus;
    placed.set(vm, rooms.names[at] as string);
    rules.taken(vm, at);
  };
  for (const [vm, { host }] of topology.vms) {
    if (host === undefined) continue;
    const at = rooms.index.get(host) as number;
    put(vm, at);
    if ((rooms.freeMemoryMiB[at] as number) < 0) {
      throw new TopologyError(`vms.${vm}.host`, `${host} has no memory left for it`, 'move it to another host');
    }
  }
  for (const unit of unitsOf(topology, placed)) {
    const at = rules.choose(unit, placed);
    if (at === null) {
      const [vm = ''] = unit.vms;
      const many = unit.vms.length > 1 ? ` with the ${unit.vms.length - 1} that must run beside it` : '';
      throw new TopologyError(`vms.${vm}`, `no host has room for it${many}`, 'add hosts, or give its `host`');
    }
    for (const vm of unit.vms) put(vm, at);
  }
  return placed;
}

function roomsOf({ hosts }: Topology): Rooms {
  const names = [...hosts.keys()];
  const memoryMiB = Float64Array.from(hosts.values(), (host) => host.memoryMiB);
  const vcpus = Float64Array.from(hosts.values(), ({ cpus }) => cpus * cpuRatio);
  const index = new Map(names.map((name, at) => [name, at] as const));
  return { names, index, memoryMiB, freeMemoryMiB: memoryMiB.slice(), vcpus, freeVcpus: vcpus.slice() };
}

/** VMs that must run together are placed as one; those with rules first, they have the least choice. */
function unitsOf({ vms, rules }: Topology, placed: ReadonlyMap<string, string>): Unit[] {
  const unitOf = new Map<string, Set<string>>();
  for (const rule of rules) {
    if (rule.kind !== 'vm-affinity' || !rule.together) continue;
    const joined = new Set<string>(rule.vms.flatMap((vm) => [...(unitOf.get(vm) ?? [vm])]));
    for (const vm of joined) unitOf.set(vm, joined);
  }
  const ruled = new Set(rules.flatMap((rule) => rule.vms));
  const units: Unit[] = [];
  const done = new Set<string>(placed.keys());
  for (const vm of [...ruled, ...vms.keys()]) {
    if (done.has(vm)) continue;
    const members = [...(unitOf.get(vm) ?? [vm])].filter((member) => !placed.has(member));
    let [cpus, memoryMiB] = [0, 0];
    for (const member of members) {
      done.add(member);
      cpus += vms.get(member)?.cpus ?? 0;
      memoryMiB += vms.get(member)?.memoryMiB ?? 0;
    }
    units.push({ vms: members, cpus, memoryMiB });
  }
  return units;
}

/** What rules say of a choice, as far as VMs are placed. */
class Placing {
  private readonly together = new Map<string, string[]>();
  private readonly apart = new Map<string, number[]>();
  private readonly takenBy = new Map<number, Set<number>>();
  private readonly preferences = new Map<string, { weights: Map<number, number>; isStrict: boolean }[]>();

  constructor(
    private readonly topology: Topology,
    private readonly rooms: Rooms,
  ) {
    topology.rules.forEach((rule, number) => {
      for (const vm of rule.vms) {
        if (rule.kind === 'host-affinity') {
          const weights = new Map(
            Object.entries(rule.hosts).map(([host, weight]) => [rooms.index.get(host) as number, weight] as const),
          );
          this.preferences.set(vm, [...(this.preferences.get(vm) ?? []), { weights, isStrict: rule.strict }]);
        } else if (rule.together) this.together.set(vm, [...(this.together.get(vm) ?? []), ...rule.vms]);
        else this.apart.set(vm, [...(this.apart.get(vm) ?? []), number]);
      }
    });
  }

  taken(vm: string, at: number): void {
    for (const rule of this.apart.get(vm) ?? []) {
      const hosts = this.takenBy.get(rule) ?? new Set();
      hosts.add(at);
      this.takenBy.set(rule, hosts);
    }
  }

  choose(unit: Unit, placed: ReadonlyMap<string, string>): number | null {
    const { names, index, memoryMiB, freeMemoryMiB, vcpus, freeVcpus } = this.rooms;
    const beside = unit.vms.flatMap((vm) => this.together.get(vm) ?? []).find((vm) => placed.has(vm));
    const only = beside === undefined ? null : (index.get(placed.get(beside) as string) as number);
    const apart = unit.vms.flatMap((vm) => (this.apart.get(vm) ?? []).map((rule) => this.takenBy.get(rule)));
    const preferences = unit.vms.flatMap((vm) => this.preferences.get(vm) ?? []);
    const cpus = Math.max(...unit.vms.map((vm) => this.topology.vms.get(vm)?.cpus ?? 0));
    const isRuled = only !== null || apart.length > 0 || preferences.length > 0;
    const isAllowed = (at: number): boolean =>
      (only === null || only === at) &&
      apart.every((hosts) => hosts?.has(at) !== true) &&
      preferences.every(({ weights, isStrict }) => !isStrict || weights.has(at));
    let best: number | null = null;
    let bestScore = -1;
    for (let at = 0; at < names.length; at += 1) {
      const memoryLeft = (freeMemoryMiB[at] as number) - unit.memoryMiB;
      const vcpusLeft = (freeVcpus[at] as number) - unit.cpus;
      if (memoryLeft < 0 || vcpusLeft < 0 || cpus * cpuRatio > (vcpus[at] as number)) continue;
      if (isRuled && !isAllowed(at)) continue;
      let score = Math.min(memoryLeft / (memoryMiB[at] as number), vcpusLeft / (vcpus[at] as number));
      // A preferred host goes before any room.
      if (isRuled) for (const { weights } of preferences) score += 2 * ((weights.get(at) ?? -1) + 1);
      if (score > bestScore) [best, bestScore] = [at, score];
    }
    return best;
  }
}
