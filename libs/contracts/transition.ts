import { z } from 'zod';
import { idSchema, nameSchema, timeSchema } from './names.js';
import { traceparentSchema } from './traceparent.js';

/**
 * A numbered state change. A record carries its own until their events were derived from them; the number and the
 * record's incarnation make the event's id, so deriving one twice is harmless.
 */
export const transitionSchema = z.object({
  number: z.number().int().positive(),
  atMs: timeSchema,
  /** `noun.past-tense-verb`, for example `vm.started`. */
  event: z.string().regex(/^[a-z]+\.[a-z-]+$/),
  /** A sentence for people. */
  text: z.string().max(2000),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
  operation: idSchema.nullable().default(null),
  incident: idSchema.nullable().default(null),
  /** Of the request that caused it, if one did. */
  traceparent: traceparentSchema.optional(),
});
export type Transition = z.infer<typeof transitionSchema>;

/** The part that every record with events has. */
export const transitionsShape = {
  /** The cluster's incarnation in which the record was last written. */
  incarnation: z.string(),
  transitions: z.array(transitionSchema).max(128),
  /** Number of the newest transition, also of those already trimmed. */
  transitionCount: z.number().int().nonnegative(),
  /** Events up to this number are out; written lazily, so after a crash a few are published again under the same id. */
  derivedThrough: z.number().int().nonnegative(),
  changedAtMs: timeSchema,
};

/** CloudEvents 1.0, structured JSON mode. */
export const eventSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  /** Left out by versions before. */
  dataschema: z.string().optional(),
  subject: z.string(),
  /** That of the VM it is about. */
  project: nameSchema.optional(),
  time: z.string(),
  /** Of the request that caused it, if one did: the extension Distributed Tracing. */
  traceparent: traceparentSchema.optional(),
  datacontenttype: z.literal('application/json'),
  data: z.object({
    text: z.string(),
    atMs: timeSchema,
    operation: idSchema.nullable(),
    incident: idSchema.nullable(),
  }).catchall(z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type CloudEvent = z.infer<typeof eventSchema>;

export const eventStream = { name: 'EVENTS', subjects: ['evt.v1.>'] } as const;

/** `evt.v1.NOUN.ID.VERB` */
export function eventSubject(event: string, id: string): string {
  const [noun, verb] = event.split('.');
  return `evt.v1.${noun}.${id}.${verb}`;
}
