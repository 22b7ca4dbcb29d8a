/** What may go with any change of a record: on which version of it it rests, and that it is only to be tried. */
import { z } from 'zod';
import { nameSchema, timeSchema } from './names.js';
import { projectOf } from './project.js';
import { refused, type Reply } from './refusal.js';
import type { TransitionRecord } from './transition-record.js';

export const askedShape = {
  /** Only while the record is of this version (`versionOf`). */
  ifVersion: z.string().max(200).optional(),
  /** Nothing is changed: only what would come of it is said. */
  dryRun: z.boolean().optional(),
  /** Only if the record is of this project: who may not see it is told that it is not there. */
  ofProject: nameSchema.optional(),
  /** What arrives later is refused: nobody counts on it any more. */
  untilMs: timeSchema.optional(),
};
export interface Asked {
  operation: string;
  ifVersion?: string | undefined;
  dryRun?: boolean | undefined;
  ofProject?: string | undefined;
  untilMs?: number | undefined;
}

/** What of an answer tells what was not done. */
export const wouldShape = {
  would: z.string().max(2000).optional().describe('Of a dry run: what would be written down of it.'),
};

/** Another one after every change that is worth a word; what only the machinery notes of a record leaves it. */
export function versionOf(record: (TransitionRecord & { uid: string }) | null): string {
  return record === null ? 'none' : `${record.uid}.${record.transitionCount}`;
}

/** The record, unless it is another project's than the change is for. */
export function ofAskedProject<State extends { project?: string | undefined }>(
  record: State | null,
  { ofProject }: Pick<Asked, 'ofProject'>,
): State | null {
  return record && (ofProject === undefined || projectOf(record) === ofProject) ? record : null;
}

/**
 * The same, as it was asked for: refused (`stale`, field `ifVersion`) on another version of the record, and without
 * its change on a dry run. To be asked with the record that the change is then compared and set with.
 */
export function asAsked<State extends TransitionRecord, Value extends object>(
  record: (TransitionRecord & { uid: string }) | null,
  { operation, ifVersion, dryRun }: Partial<Asked>,
  admit: () => { change: State | null; reply: Reply<Value> },
): { change: State | null; reply: Reply<Value & { would?: string }> } {
  // Asked for again it has been changed by this very request.
  const isAgain = operation !== undefined &&
    record?.transitions.some((transition) => transition.operation === operation) === true;
  if (ifVersion !== undefined && !isAgain && ifVersion !== versionOf(record)) {
    const reply = refused('stale', 'it has changed since it was read', {
      field: 'ifVersion', remedy: 'read it again, and decide by what it is now',
    });
    return { change: null, reply };
  }
  const { change, reply } = admit();
  if (dryRun !== true || !reply.ok) return { change, reply };
  const would = change?.transitions.at(-1)?.text ?? 'nothing: it is so already';
  return { change: null, reply: { ok: true, value: { ...reply.value, would } } };
}
