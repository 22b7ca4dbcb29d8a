/**
 * Records of guest networks: whose VMs may be on them.
 *
 *     none --make, shared------------------> active --shared, said otherwise--> active
 *     none --make, of a project--> closing -> active, or none where a VM is found that could not stay
 *   active --of another project--> closing -> active, as it is to be or, where such a VM is found, as it was
 *   active --delete--------------> closing -> none, or active where a VM is found
 *
 * Invariants: no VM is put on a network that its project may not use, nor on one that is closing. A VM and a network
 * are two records, and no write covers both: so a network that is to be closed to some is closed to all for a while
 * first, which every replica knows of by then, and then looked at once more.
 */
import {
  accepted, networksOf, noTransitions, notToStayOn, refused, whyNotOn, withTransition,
  type NetworkChange, type NetworkRecord, type NetworkSpec, type NetworkUser, type Reply, type VmRecord, type VmSpec,
} from '@holdfast/contracts';
import { deriveId, type Env, type Step } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { labelsAfter } from './vm-describe.js';

const mostNetworks = 1000;
const namedAtMost = 10;
/** Longer than a record takes from one replica to another, and than a VM takes from its admission into its record. */
export const settleMs = 1000;

interface NetworkRequest {
  operation: string;
  network: string;
}

interface Value {
  network: string;
  transition: number;
}

export interface NetworkAdmission {
  change: NetworkRecord | null;
  reply: Reply<Value>;
}

export function admitNetworkMake(
  existing: NetworkRecord | null,
  request: NetworkRequest & { spec: NetworkSpec },
  cluster: Cluster,
  env: Env,
): NetworkAdmission {
  const { network: name, operation, spec } = request;
  const again = changedBy(existing, operation);
  if (again) return again;
  if (existing && existing.state !== 'deleted') {
    const remedy = `change that (holdfast network edit ${name})`;
    return no('exists', `there is a record of the network ${name} already`, { field: 'name', remedy });
  }
  const count = cluster.networks().filter(({ state }) => state !== 'deleted').length;
  if (count >= mostNetworks) {
    return no('no-capacity', `there are ${count} networks already`, { remedy: 'delete some' });
  }
  const base = existing ?? noTransitions(env.incarnation, env.nowMs);
  const uid = existing?.uid ?? deriveId(env.incarnation, 'network', name, operation);
  return become({ ...base, name, uid, state: 'active', ...wordsOf(spec) }, spec, true, request, cluster, env);
}

export function admitNetworkChange(
  existing: NetworkRecord | null,
  request: NetworkRequest & { change: NetworkChange },
  cluster: Cluster,
  env: Env,
): NetworkAdmission {
  const again = changedBy(existing, request.operation);
  if (again) return again;
  const found = presentOf(existing, request);
  if ('reply' in found) return found;
  const { change } = request;
  const labels = labelsAfter(found.labels, change.labels);
  if ('refusal' in labels) return { change: null, reply: labels.refusal };
  const project = change.project === undefined ? (found.project ?? null) : change.project;
  const spec = { project, note: change.note ?? found.note, ...labels };
  if (JSON.stringify(wordsOf(spec)) === JSON.stringify(wordsOf({ project: found.project ?? null, ...found }))) {
    return { change: null, reply: acceptedAs(found) };
  }
  return become(found, spec, false, request, cluster, env);
}

export function admitNetworkDelete(
  existing: NetworkRecord | null,
  request: NetworkRequest,
  cluster: Cluster,
  env: Env,
): NetworkAdmission {
  const again = changedBy(existing, request.operation);
  if (again) return again;
  const found = presentOf(existing, request);
  return 'reply' in found ? found : become(found, null, false, request, cluster, env);
}

/** What it is to be: at once where nobody loses by it, else once nobody is found that would. */
function become(
  network: NetworkRecord,
  to: NetworkSpec | null,
  isNew: boolean,
  request: NetworkRequest,
  cluster: Cluster,
  env: Env,
): NetworkAdmission {
  const { operation } = request;
  const isNarrower = to === null || (to.project !== null && (isNew || network.project !== to.project));
  if (!isNarrower) {
    const change = withTransition({ ...network, ...wordsOf(to) }, env.nowMs, { ...told(isNew, to), operation });
    return { change, reply: acceptedAs(change) };
  }
  const staying = notToStayOn(network.name, to, cluster.vms());
  if (staying.length > 0) return inUse(staying, to);
  const closing = { to, isNew, operation, sinceMs: env.nowMs };
  const text = 'nobody takes it up until it is known that no VM is on it that could not stay';
  const change = withTransition({ ...network, state: 'closing' as const, closing }, env.nowMs, {
    event: 'network.closing', text, operation,
  });
  return { change, reply: acceptedAs(change) };
}

export function stepNetwork(network: NetworkRecord, cluster: Cluster, env: Env): Step<NetworkRecord, never> {
  const step = (state: NetworkRecord, wakeAtMs: number | null): ReturnType<typeof stepNetwork> =>
    ({ state, effects: [], wakeAtMs });
  const { closing, ...open } = network;
  if (network.state !== 'closing' || !closing) return step(network, null);
  const { to, isNew, operation, sinceMs } = closing;
  if (env.nowMs < sinceMs + settleMs) return step(network, sinceMs + settleMs);
  const become = (patch: Partial<NetworkRecord>, said: { event: string; text: string }): ReturnType<typeof step> =>
    step(withTransition({ ...open, state: 'active', ...patch }, env.nowMs, { ...said, operation }), null);
  if (notToStayOn(network.name, to, cluster.vms()).length > 0) {
    const text = 'stays as it was: VMs have come to be on it that could not stay';
    return become(isNew ? { state: 'deleted' } : {}, { event: 'network.kept', text });
  }
  if (to === null) return become({ state: 'deleted' }, { event: 'network.dropped', text: 'has no record any more' });
  return become(wordsOf(to), told(isNew, to));
}

/** Refused: a VM on a network that its project may not use; null: none of them is. */
export function wrongNetwork(
  names: readonly string[],
  user: NetworkUser,
  cluster: Cluster,
): Reply<never> | null {
  for (const name of names) {
    const why = whyNotOn(name, cluster.network(name), user);
    if (why) return refused(why.code, why.text, { field: 'network', remedy: why.remedy });
  }
  return null;
}

/** The same, of all that a VM asks for. */
export function wrongNetworks(spec: VmSpec, user: NetworkUser, cluster: Cluster): Reply<never> | null {
  return wrongNetwork(networksOf(spec), user, cluster);
}

/** Names of projects are not told: the event is for those of the project that it belongs to when it is told. */
function told(isNew: boolean, { project }: NetworkSpec): { event: string; text: string } {
  const whose = project === null ? 'VMs of all projects may be on it' : 'only VMs of its project may be on it';
  return { event: isNew ? 'network.made' : 'network.changed', text: `${isNew ? 'made' : 'changed'}: ${whose}` };
}

function wordsOf({ project, note = '', labels = {} }: NetworkSpec): Pick<NetworkRecord, 'project' | 'note' | 'labels'> {
  return { project: project ?? undefined, note, labels };
}

function presentOf(existing: NetworkRecord | null, { network }: NetworkRequest): NetworkRecord | NetworkAdmission {
  if (!existing || existing.state === 'deleted') {
    const remedy = 'list the networks; one without a record gets one by holdfast network create';
    return no('not-found', `there is no record of a network ${network}`, { field: 'network', remedy });
  }
  if (existing.state === 'active') return existing;
  return no('conflict', `the network ${network} is being changed`, { remedy: 'try again in a moment' });
}

function inUse(staying: readonly VmRecord[], to: NetworkSpec | null): NetworkAdmission {
  const names = staying.map(({ name }) => name).sort();
  const more = names.length > namedAtMost ? ` and ${names.length - namedAtMost} more` : '';
  const who = `${names.slice(0, namedAtMost).join(', ')}${more}`;
  const whose = to === null ? 'VMs are on it' : 'VMs of other projects are on it';
  return no('conflict', `${whose}: ${who}`, { remedy: 'take their NICs from it first, or delete them' });
}

/** Asked for again. */
function changedBy(network: NetworkRecord | null, id: string): NetworkAdmission | null {
  const isAgain = network?.transitions.some(({ operation }) => operation === id);
  return network && isAgain ? { change: null, reply: acceptedAs(network) } : null;
}

function acceptedAs({ name, transitionCount }: NetworkRecord): Reply<Value> {
  return accepted({ network: name, transition: transitionCount });
}

function no(...args: Parameters<typeof refused>): NetworkAdmission {
  return { change: null, reply: refused(...args) };
}
