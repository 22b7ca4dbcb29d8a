/** What can be lost of an inventory, and how it is lost. */
import { links, type Link } from '../world/network.js';
import type { World } from '../world/world.js';
import { switchLabels, TopologyError, type Topology } from './topology-file.js';

/** `host`, `switch`, `storage`, `bus`; any other word is a label whose bearers lose their power together: `rack`. */
export type LossKind = string;

const switchable = Object.entries(switchLabels) as [Exclude<Link, 'guest'>, string][];
/** Every server of the bus at once. */
const wholeBus = 'all';

/** The nodes that a loss touches. */
export interface Touched {
  hosts: string[];
  storage: string[];
  control: string[];
}

interface LabelledNode {
  name: string;
  role: keyof Touched;
  labels: Record<string, string>;
}

function nodesOf({ hosts, storage, control }: Topology): LabelledNode[] {
  const nodes: LabelledNode[] = [];
  for (const [name, { labels }] of hosts) nodes.push({ name, role: 'hosts', labels });
  for (const [name, { labels }] of storage) nodes.push({ name, role: 'storage', labels });
  if (control.isApart) for (const [name, labels] of control.nodes) nodes.push({ name, role: 'control', labels });
  return nodes;
}

/** The names of all that can be lost of that kind. Throws `TopologyError` when there is none. */
export function elementsOf(topology: Topology, kind: LossKind): string[] {
  if (kind === 'host') return [...topology.hosts.keys()];
  if (kind === 'storage') return [...topology.storage.keys()];
  if (kind === 'bus') return [...topology.control.nodes.keys(), wholeBus];
  const keys: readonly string[] = kind === 'switch' ? Object.values(switchLabels) : [kind];
  const names = new Set<string>();
  for (const { labels } of nodesOf(topology)) {
    for (const key of keys) if (labels[key] !== undefined) names.add(labels[key]);
  }
  if (names.size === 0) {
    const example = `for example "labels": { "${kind}": "${kind}1" }`;
    throw new TopologyError('hosts', `nothing has a label ${kind}`, `label what is lost together: ${example}`);
  }
  return [...names];
}

export function lose(world: World, topology: Topology, kind: LossKind, name: string): Touched {
  if (kind === 'host') return powerOff(world, { hosts: [name], storage: [], control: [] });
  if (kind === 'storage') return powerOff(world, { hosts: [], storage: [name], control: [] });
  if (kind === 'bus') return stopBus(world, name);
  if (kind === 'switch') return cut(world, topology, name);
  const touched: Touched = { hosts: [], storage: [], control: [] };
  for (const node of nodesOf(topology)) if (node.labels[kind] === name) touched[node.role].push(node.name);
  return powerOff(world, touched);
}

function powerOff(world: World, touched: Touched): Touched {
  for (const node of touched.storage) world.storagePower(node, false);
  for (const node of touched.control) world.network.machines.get(node)?.powerOff();
  for (const host of touched.hosts) {
    world.heldOff.add(host);
    world.powerOff(host);
  }
  world.network.changed();
  return touched;
}

/** The services on those nodes run on, with nothing to talk through. */
function stopBus(world: World, name: string): Touched {
  if (name === wholeBus) world.bus.setOut(true);
  else world.bus.setServer(name, false);
  return { hosts: [], storage: [], control: name === wholeBus ? [...world.bus.servers] : [name] };
}

function cut(world: World, topology: Topology, name: string): Touched {
  const touched: Touched = { hosts: [], storage: [], control: [] };
  for (const node of nodesOf(topology)) {
    const carried = switchable.filter(([, label]) => node.labels[label] === name).map(([link]) => link);
    if (carried.length === 0) continue;
    touched[node.role].push(node.name);
    for (const link of links) {
      if (!carried.some((each) => each === link)) continue;
      world.network.setLink(node.name, link, false);
    }
    if (node.role === 'hosts') world.checker.faultAtMs.set(node.name, world.loop.nowMs);
  }
  return touched;
}
