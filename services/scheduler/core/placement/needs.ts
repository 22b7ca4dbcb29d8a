/**
 * What a VM asks of a host that is either there or not: CPU models and features, guest networks. A need is a word,
 * `kind:value`, so that VMs that ask for the same share it, and the hosts without it are found once for all of them.
 */
import { cpuPartsOf, nicsOf, type HostCapacity, type VmNeeds } from '@holdfast/contracts';
import type { Refusal } from './facts.js';

/** Also the names of the filters. */
export const needKinds = ['network', 'cpu-model', 'numa'] as const;
export type NeedKind = (typeof needKinds)[number];

/** What a host says that it has; hosts that say the same share one. */
export interface Offers {
  /** Null: it does not say, and nobody relies on it. */
  cpuModels: ReadonlySet<string> | null;
  cpuFeatures: ReadonlySet<string>;
  /** Null: it does not say, and counts as on all of them. */
  networks: Readonly<Record<string, 'up' | 'down'>> | null;
  /** Empty: it does not say. */
  numaNodes: readonly Node[];
}

interface Node {
  cpus: number;
  memoryMiB: number;
}

const saysNothing: Offers = { cpuModels: null, cpuFeatures: new Set(), networks: null, numaNodes: [] };
const known = new Map<string, Offers>();
/** There are few kinds of hosts; should there be many all the same, they are not remembered. */
const knownAtMost = 4096;

export function offersOf(capacity: HostCapacity | undefined): Offers {
  const { cpuModels, cpuFeatures, networks, numaNodes = [] } = capacity ?? {};
  if (cpuModels === undefined && networks === undefined && numaNodes.length === 0) return saysNothing;
  const key = JSON.stringify([cpuModels, cpuFeatures, networks, numaNodes]);
  const found = known.get(key);
  if (found) return found;
  const offers: Offers = {
    cpuModels: cpuModels === undefined ? null : new Set(cpuModels.split(' ')),
    cpuFeatures: new Set(cpuFeatures?.split(' ')),
    networks: networks ?? null,
    numaNodes,
  };
  if (known.size >= knownAtMost) known.clear();
  known.set(key, offers);
  return offers;
}

export function needsOf(spec: VmNeeds & Node): readonly string[] {
  const { cpuModel, numa, cpus, memoryMiB } = spec;
  const needs = [...new Set(nicsOf(spec).map(({ network }) => `network:${network}`))];
  if (cpuModel !== undefined) needs.push(`cpu-model:${cpuModel}`);
  if (numa !== undefined) needs.push(`numa:${cpus}x${memoryMiB}`);
  return needs;
}

function hasNode({ numaNodes }: Offers, value: string): boolean {
  const [cpus = 0, memoryMiB = 0] = value.split('x').map(Number);
  return numaNodes.some((node) => node.cpus >= cpus && node.memoryMiB >= memoryMiB);
}

export const kindOf = (need: string): NeedKind => need.slice(0, need.indexOf(':')) as NeedKind;
export const valueOf = (need: string): string => need.slice(need.indexOf(':') + 1);

export function isMet(need: string, offers: Offers = saysNothing): boolean {
  if (kindOf(need) === 'network') return offers.networks === null || offers.networks[valueOf(need)] === 'up';
  if (kindOf(need) === 'numa') return hasNode(offers, valueOf(need));
  return offers.cpuModels !== null && missingOf(valueOf(need), offers).length === 0;
}

/** Of a CPU, what the host does not have: its model, features. */
function missingOf(cpuModel: string, { cpuModels, cpuFeatures }: Offers): string[] {
  const { model, features } = cpuPartsOf(cpuModel);
  return [
    ...(cpuModels?.has(model) ? [] : [`model ${model}`]),
    ...features.filter((feature) => !cpuFeatures.has(feature)).map((feature) => `feature ${feature}`),
  ];
}

/** Why it is not met on this host. */
export function needRefusal(need: string, host: string, offers: Offers = saysNothing): Refusal {
  const value = valueOf(need);
  const names = [value];
  if (kindOf(need) === 'network') {
    const isDown = offers.networks?.[value] === 'down';
    const change = isDown ? `${host} has to reach the network ${value} again` : `put ${host} on the network ${value}`;
    const text = isDown ? `has lost the network ${value}` : `is not on the network ${value}`;
    return { text, change: { kind: 'network', text: change, names } };
  }
  if (kindOf(need) === 'numa') {
    const [cpus, memoryMiB] = value.split('x');
    const size = `${cpus} CPUs and ${memoryMiB} MiB`;
    const text = `has no NUMA node with ${size}`;
    return { text, change: { kind: 'numa', text: `give ${host} a NUMA node with ${size}, or ask for less`, names } };
  }
  const missing = missingOf(value, offers);
  const text = offers.cpuModels === null ? 'does not say which CPUs it offers' : `offers no CPU ${missing.join(', ')}`;
  const change = `${host} has to offer the CPU ${value}, or the VM has to ask for another`;
  return { text, change: { kind: 'cpuModel', text: change, names } };
}

/** Of these offers, whether one may ever meet it: what is only lost may come back. */
export function mayEverMeet(need: string, offers: Offers): boolean {
  if (kindOf(need) === 'network') return offers.networks === null || offers.networks[valueOf(need)] !== undefined;
  if (kindOf(need) === 'numa') return offers.numaNodes.length === 0 || isMet(need, offers);
  return offers.cpuModels === null || isMet(need, offers);
}
