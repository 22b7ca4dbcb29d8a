/**
 * What is wrong with a host that nobody would fence for: its agent is down or hung, its hypervisor does not answer, its
 * way to the bus is broken. Its VMs run on; nothing new is placed there. Where nobody can manage them for long a person
 * is told, and may order a fence (`host fence`).
 */
import { withTransition, type HostCondition, type HostRecord, type Observed } from '@holdfast/contracts';
import { storageViewKey, type HostEffect, type HostView, type StorageView } from './host-view.js';

type Found = Pick<HostCondition, 'kind' | 'text'>;

/** The verdicts that leave a host alone and say what is wrong with it. */
const ofSilence = ['agent-down', 'agent-hung', 'bus-path'] as const;
const lookAgainMs = 1000;

/** It cannot be told anything, whosever network is broken. */
const unheard = 'network-ours';

export function conditionOfVerdict({ verdict, text }: { verdict: string; text: string }): Found | null {
  const kind = verdict === unheard ? 'bus-path' : ofSilence.find((each) => each === verdict);
  return kind ? { kind, text } : null;
}

/** Of a host that is heard, as its agent says. */
export function conditionAsReported(view: HostView): Found | null {
  const { host, env, observed } = view;
  const isOfNow = observed?.bootId === host.bootId && observed.incarnation === env.incarnation;
  if (!isOfNow || observed.leaving) return null;
  if (observed.hypervisor === 'disconnected') {
    return { kind: 'hypervisor-down', text: 'its hypervisor does not answer its agent: its VMs run on' };
  }
  return storagePathLost(view);
}

/** Its agent has lost disks: whether by its own path, only the storage nodes can tell. */
export function asksOnStoragePath(view: HostView): HostEffect[] {
  if (!hasLostPools(view.observed)) return [];
  const key = (node: string): string => storageViewKey(view.host.bootId, node);
  return view.storageNodes.map((node) => ({ key: key(node), kind: 'storage-view', node, resendMs: lookAgainMs }));
}

function storagePathLost(view: HostView): Found | null {
  if (!hasLostPools(view.observed)) return null;
  const { host, env, storageNodes, timing } = view;
  if (storageNodes.length === 0) return null;
  const words = storageNodes.map((node) => {
    const answer = view.answer(storageViewKey(host.bootId, node));
    const isFresh = answer !== null && env.nowMs - answer.atMs < 3 * lookAgainMs;
    return isFresh && answer.reply.ok ? (answer.reply.value as StorageView) : null;
  });
  const { condition } = host;
  // A node that does not answer says nothing, neither for nor against.
  if (words.includes(null)) return condition?.kind === 'storage-path-lost' ? condition : null;
  const { storageHeardWithinMs: withinMs } = timing;
  const isLost = words.every((word) => word && word.hearsForMs >= withinMs && (word.heardAgoMs ?? Infinity) > withinMs);
  const text = 'no storage node hears it, and its disks do not answer: its VMs cannot write';
  return isLost ? { kind: 'storage-path-lost', text } : null;
}

function hasLostPools(observed: Observed | null): boolean {
  return Object.keys(observed?.lostPools ?? {}).length > 0;
}

/** What was wrong only because the host was silent; it is heard now. */
export function heardCondition({ condition }: HostRecord): HostCondition | null {
  return condition && !ofSilence.some((each) => each === condition.kind) ? condition : null;
}

/** The record with what was found, and the event that tells it; the same record if that is known already. */
export function withCondition(host: HostRecord, found: Found | null, nowMs: number): HostRecord {
  const before = host.condition ?? null;
  if (found === null) {
    if (before === null) return host;
    const told = { event: 'host.sound', text: `no longer ${before.kind}` };
    return withTransition({ ...host, condition: null }, nowMs, told);
  }
  if (before?.kind === found.kind) return host;
  // From hung to down its VMs are unmanaged all the time.
  const { sinceMs, alertedAtMs } = before ?? { sinceMs: nowMs, alertedAtMs: null };
  return withTransition({ ...host, condition: { ...found, sinceMs, alertedAtMs } }, nowMs, {
    event: 'host.degraded',
    text: found.text,
    incident: openIncidentOf(host),
    data: { condition: found.kind },
  });
}

/** Once for each condition: it has lasted so long that a person should know. */
export function withAlert(view: HostView): HostRecord {
  const { host, env, timing } = view;
  const { condition } = host;
  // One that has lost its storage path is managed: its agent hears us.
  if (!condition || condition.kind === 'storage-path-lost' || condition.alertedAtMs !== null) return host;
  const vmCount = livingCopies(view);
  if (vmCount === 0 || env.nowMs - condition.sinceMs < timing.unmanagedAfterMs) return host;
  const lastsS = Math.round((env.nowMs - condition.sinceMs) / 1000);
  const vms = vmCount === 1 ? '1 VM runs' : `${vmCount} VMs run`;
  const offer = `if it cannot be repaired, \`host fence ${host.host}\` has them started elsewhere`;
  const alerted = { ...host, condition: { ...condition, alertedAtMs: env.nowMs } };
  return withTransition(alerted, env.nowMs, {
    event: 'host.unmanaged',
    text: `${vms} on and nobody can manage them, for ${lastsS} s (${condition.kind}); ${offer}`,
    incident: openIncidentOf(host),
    data: { condition: condition.kind, vmCount, lastsS },
  });
}

/** As its agent has said last. */
function livingCopies({ observed }: HostView): number {
  const copies = Object.values(observed?.vms ?? {});
  return copies.filter(({ state }) => state !== 'stopped' && state !== 'failed').length;
}

function openIncidentOf({ incident }: HostRecord): string | null {
  return incident && incident.state !== 'closed' ? incident.id : null;
}
