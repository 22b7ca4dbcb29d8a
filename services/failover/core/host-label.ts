/** Labels say what a host shares with others: a rack, a power unit, a switch. Whatever fails there fails them all. */
import {
  accepted,
  asAsked,
  maxHostLabels,
  refused,
  withTransition,
  type Asked,
  type HostRecord,
  type Reply,
} from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';

interface LabelRequest extends Partial<Asked> {
  host: string;
  set: Record<string, string>;
  remove: string[];
  by: string;
}
interface LabelAdmission {
  change: HostRecord | null;
  reply: Reply<{ host: string; labels: Record<string, string>; would?: string }>;
}

export function admitHostLabel(host: HostRecord, request: LabelRequest, env: Env): LabelAdmission {
  return asAsked({ ...host, uid: host.uuid }, request, () => labelled(host, request, env));
}

function labelled(host: HostRecord, { set, remove, by, operation }: LabelRequest, env: Env): LabelAdmission {
  const both = remove.find((key) => key in set);
  if (both !== undefined) {
    const more = { field: 'remove', remedy: 'either set it or remove it' };
    return { change: null, reply: refused('invalid', `remove: ${both} is to be set as well`, more) };
  }
  const kept = Object.entries({ ...host.labels, ...set }).filter(([key]) => !remove.includes(key));
  if (kept.length > maxHostLabels) {
    const more = { field: 'set', remedy: 'remove labels that tell nothing any more' };
    return { change: null, reply: refused('invalid', `set: a host has at most ${maxHostLabels} labels`, more) };
  }
  const labels = Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
  const reply = accepted({ host: host.host, labels });
  const isFewer = kept.length < Object.keys(host.labels).length;
  const isNews = isFewer || kept.some(([key, value]) => host.labels[key] !== value);
  if (!isNews) return { change: null, reply };
  const told = labelsText(labels);
  const text = told === '' ? `${by} has taken its labels away` : `labelled by ${by}: ${told}`;
  const transition = { event: 'host.labelled', text, operation: operation ?? null };
  return { change: withTransition({ ...host, labels }, env.nowMs, transition), reply };
}

function labelsText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}
