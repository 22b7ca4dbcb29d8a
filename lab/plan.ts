/**
 * Which nodes a lab has and how they are wired: pure, from two counts.
 * The addresses are of 198.18.0.0/15, which is set aside for laboratories (RFC 2544); they exist in
 * the instance's own network namespace only.
 */
import { LabError } from './errors.js';

export const NETWORKS = ['management', 'storage', 'guest', 'private', 'bmc'] as const;
export type NetworkName = (typeof NETWORKS)[number];
export type NodeKind = 'host' | 'san' | 'control' | 'bmc';

export interface NodePlan {
  readonly name: string;
  readonly kind: NodeKind;
  readonly networks: readonly NetworkName[];
  /** Without those that a host bridges for its guests, see `linksBatch`. */
  readonly addresses: { readonly [N in NetworkName]?: string };
  /** Unique in the lab, stable over power cycles, so that peers' ARP entries stay true. */
  readonly number: number;
  /** Runs a NATS server and a replica each of scheduler and failover. */
  readonly runsControl: boolean;
}

export interface Counts {
  readonly hosts: number;
  /** Default 1. */
  readonly controlNodes?: number;
  /** The first hosts are the control nodes; control1 is left with the API alone. */
  readonly controlOnHosts?: boolean;
}

export const MAX_HOSTS = 64;
/** How many control nodes there can be: a majority of them must live, and JetStream keeps at most five copies. */
export const CONTROL_COUNTS: readonly number[] = [1, 3, 5];
/** A host's bridge for guest NICs; its uplink goes to the guest network. */
export const GUEST_BRIDGE = 'br-guest';
/** Of each network that guests join. */
export const BRIDGES = { guest: GUEST_BRIDGE, private: 'br-private' } as const;

const OF_KIND: Readonly<Record<NodeKind, readonly NetworkName[]>> = {
  host: ['management', 'storage', 'guest', 'private'],
  san: ['management', 'storage'],
  control: ['management', 'bmc'],
  bmc: ['bmc'],
};
const SUBNET: Readonly<Record<NetworkName, number>> = {
  management: 1, storage: 2, guest: 3, bmc: 4, private: 5,
};
const SHORT: Readonly<Record<NetworkName, string>> = {
  management: 'mgmt', storage: 'stor', guest: 'guest', private: 'priv', bmc: 'bmc',
};
/** Last octet of the first node of a kind. A host and its BMC share theirs. */
const FIRST_OCTET: Readonly<Record<NodeKind, number>> = { control: 2, host: 11, bmc: 11, san: 201 };
/** Where a host that carries control replicas reaches the BMCs from: its number there is its BMC's. */
const FIRST_OCTET_TO_BMCS = 101;

/** Nodes in the order of booting: SAN, control, BMCs, hosts. */
export function planNodes({ hosts, controlNodes = 1, controlOnHosts = false }: Counts): NodePlan[] {
  checkCounts(hosts, controlNodes, controlOnHosts);
  const plan: NodePlan[] = [];
  const add = (kind: NodeKind, count: number, name: (n: number) => string): void => {
    for (let index = 1; index <= count; index += 1) {
      const runsControl = kind === (controlOnHosts ? 'host' : 'control') && index <= controlNodes;
      plan.push(planNode(kind, index, name(index), plan.length + 1, runsControl));
    }
  };
  add('san', 1, (n) => `san${n}`);
  add('control', controlOnHosts ? 1 : controlNodes, (n) => `control${n}`);
  add('bmc', hosts, (n) => bmcName(`h${n}`));
  add('host', hosts, (n) => `h${n}`);
  return plan;
}

export function bmcName(host: string): string {
  return `bmc-${host}`;
}

/** The fabric's end of a node's cable; at most 15 characters, as the kernel wants. */
export function fabricLink(node: string, network: NetworkName): string {
  return `${node}.${SHORT[network]}`;
}

const isBridged = (network: NetworkName): network is keyof typeof BRIDGES => network in BRIDGES;

/** The node's end of the cable. */
export function nodeLink(network: NetworkName): string {
  return isBridged(network) ? `${network}-uplink` : network;
}

/** /etc/hosts of every node: `h1` is its management address, `h1-storage` its storage address. */
export function hostsFile(nodes: readonly NodePlan[]): string {
  const lines = ['127.0.0.1 localhost'];
  for (const node of nodes) {
    for (const network of node.networks) {
      const address = node.addresses[network];
      if (address === undefined) continue;
      const bare = network === 'management' || node.kind === 'bmc';
      lines.push(`${address} ${bare ? node.name : `${node.name}-${network}`}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** `ip -batch` for the fabric's side: the cables, each plugged into its network's bridge. */
export function fabricBatch(node: NodePlan): string {
  return node.networks.map((network) => {
    const link = fabricLink(node.name, network);
    const address = macAddress(node, network);
    return `link add name ${link} type veth peer name ${nodeLink(network)} `
      + `address ${address} netns ${node.name}\nlink set ${link} master ${network}\n`;
  }).join('');
}

/** `ip -batch` for the node's side: addresses, and a host's bridge for its guests. */
export function linksBatch(node: NodePlan): string {
  const lines = ['link set lo up'];
  for (const network of node.networks) {
    const link = nodeLink(network);
    const address = node.addresses[network];
    if (address !== undefined) lines.push(`addr add ${address}/24 dev ${link}`);
    if (isBridged(network)) {
      const bridge = BRIDGES[network];
      lines.push(
        `link add name ${bridge} type bridge forward_delay 0 mcast_snooping 0`,
        `link set ${link} master ${bridge}`,
        `link set ${bridge} up`,
      );
      if (network === 'guest') lines.push(`addr add ${guestNetworkAddress(node)}/16 dev ${bridge}`);
    }
    lines.push(`link set ${link} up`);
  }
  return `${lines.join('\n')}\n`;
}

/** From where a host asks its guests; they have theirs in the upper half of 198.19.0.0/16, see `lab/tiny/init`. */
function guestNetworkAddress({ number }: NodePlan): string {
  return `198.19.0.${number}`;
}

function planNode(kind: NodeKind, index: number, name: string, number: number, runsControl: boolean): NodePlan {
  // Failover calls the BMCs from where it runs.
  const networks = kind === 'host' && runsControl ? [...OF_KIND.host, 'bmc' as const] : OF_KIND[kind];
  const octet = (network: NetworkName): number =>
    (kind === 'host' && network === 'bmc' ? FIRST_OCTET_TO_BMCS : FIRST_OCTET[kind]) + index - 1;
  const addresses = Object.fromEntries(networks
    .filter((network) => !isBridged(network))
    .map((network) => [network, `198.18.${SUBNET[network]}.${octet(network)}`]));
  return { name, kind, networks, addresses, number, runsControl };
}

function macAddress(node: NodePlan, network: NetworkName): string {
  const octet = (value: number): string => value.toString(16).padStart(2, '0');
  return `02:68:66:00:${octet(SUBNET[network])}:${octet(node.number)}`;
}

function checkCounts(hosts: number, controlNodes: number, controlOnHosts: boolean): void {
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > MAX_HOSTS) {
    throw new LabError('invalid-argument', `hosts must be a whole number from 1 to ${MAX_HOSTS}, not ${hosts}`);
  }
  if (!CONTROL_COUNTS.includes(controlNodes)) {
    throw new LabError('invalid-argument', `controlNodes must be ${CONTROL_COUNTS.join(', ')}, not ${controlNodes}: `
      + 'a majority must outlive a fault');
  }
  if (controlOnHosts && hosts < controlNodes) {
    throw new LabError('invalid-argument', `hosts must be at least ${controlNodes}, not ${hosts}, to be control nodes`);
  }
}
