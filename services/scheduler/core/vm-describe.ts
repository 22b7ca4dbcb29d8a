/** Note, labels and protection: said at any time, and of no consequence for what the VM does at the moment. */
import {
  maxVmLabels, refused, type Reply, type VmRecord, type VmWords, type VmWordsChange,
} from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Admission, VmRequest } from './vm-request.js';
import { admitBeside } from './vm-set.js';

export function admitDescribe(
  vm: VmRecord | null,
  request: VmRequest & { words: VmWordsChange },
  env: Env,
): Admission {
  return admitBeside(vm, request, env, (known) => {
    const { note, labels: change } = request.words;
    const after = labelsAfter(known.labels, change);
    if ('refusal' in after) return after;
    const { labels } = after;
    const words = { note: note ?? known.note, labels, protected: request.words.protected ?? known.protected };
    return { record: { ...known, ...words }, event: 'vm.described', text: textOf(request.words, labels) };
  });
}

/** With the change, where there is one. */
export function labelsAfter(
  before: VmWords['labels'],
  change: VmWordsChange['labels'],
): { labels: VmWords['labels'] } | { refusal: Reply<never> } {
  if (!change) return { labels: before };
  const { set, remove } = change;
  const both = remove.find((key) => key in set);
  if (both !== undefined) {
    const more = { field: 'labels.remove', remedy: 'either set it or remove it' };
    return { refusal: refused('invalid', `labels.remove: ${both} is to be set as well`, more) };
  }
  const kept = Object.entries({ ...before, ...set }).filter(([key]) => !remove.includes(key));
  if (kept.length > maxVmLabels) {
    const more = { field: 'labels.set', remedy: 'remove labels that tell nothing any more' };
    return { refusal: refused('invalid', `labels.set: there are at most ${maxVmLabels} labels`, more) };
  }
  return { labels: Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Notes are long, and are read where they stand. */
function textOf(change: VmWordsChange, labels: Record<string, string> = {}): string {
  const told = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const said = [
    ...(change.note === undefined ? [] : [change.note === '' ? 'its note was taken away' : 'it has a new note']),
    ...(change.labels === undefined ? [] : [`its labels are now: ${told.join(', ') || 'none'}`]),
    ...(change.protected === undefined ? [] : [`it is ${change.protected ? 'now' : 'no longer'} protected`]),
  ];
  return said.join('; ');
}
