/** The options that say something of a VM, and how that reads. */
import type { VmView } from '@holdfast/client';
import type { VmWords, VmWordsChange } from '@holdfast/contracts';
import type { Command } from 'commander';
import { UsageError } from '../failure.js';
import { labelsText, parseLabels } from './host-words.js';

export interface WordFlags {
  note?: string;
  label?: string[];
  protect?: boolean;
}

const collect = (text: string, before: string[] = []): string[] => [...before, text];

export function withWords(command: Command): Command {
  return command
    .option('--note <TEXT>', 'what people should know of it')
    .option('--label <KEY=VALUE>', 'to find it by; repeat it for more', collect)
    .option('--protect', 'refuse to delete it');
}

/** Of a VM that is there already: what it has can be taken back. */
export function withWordChanges(command: Command): Command {
  return command
    .option('--note <TEXT>', 'what people should know of it; "" takes it away')
    .option('--label <KEY=VALUE>', 'to find it by, KEY- takes it away; repeat it for more', collect)
    .option('--protect', 'refuse to delete it')
    .option('--no-protect', 'let it be deleted');
}

export function wordsOf({ note, label = [], protect }: WordFlags): VmWords {
  const { set, remove } = parseLabels(label);
  if (remove.length > 0) throw new UsageError(`${remove[0]}- is no label of a new VM`, 'say KEY=VALUE');
  return {
    ...(note !== undefined && { note }),
    ...(label.length > 0 && { labels: set }),
    ...(protect !== undefined && { protected: protect }),
  };
}

/** Null: they change nothing. */
export function wordChangeOf({ note, label, protect }: WordFlags): VmWordsChange | null {
  const change = {
    ...(note !== undefined && { note }),
    ...(label !== undefined && { labels: parseLabels(label) }),
    ...(protect !== undefined && { protected: protect }),
  };
  return Object.keys(change).length === 0 ? null : change;
}

/** For people, a line each; none for a VM of which nobody has said anything. */
export function wordLines({ note = '', labels = {}, protected: isProtected }: VmView): [label: string, text: string][] {
  return [
    ...(note === '' ? [] : [['note', note] satisfies [string, string]]),
    ...(Object.keys(labels).length === 0 ? [] : [['labels', labelsText(labels)] satisfies [string, string]]),
    ...(isProtected === true ? [['protected', 'yes: it cannot be deleted'] satisfies [string, string]] : []),
  ];
}
