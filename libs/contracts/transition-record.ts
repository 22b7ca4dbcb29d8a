import { eventDataSchema } from './event-types.js';
import type { CloudEvent, Transition } from './transition.js';

/** Any record that carries its transitions. */
export interface TransitionRecord {
  incarnation: string;
  transitions: Transition[];
  transitionCount: number;
  derivedThrough: number;
  changedAtMs: number;
  /** Of what belongs to one. */
  project?: string | undefined;
}

/** What a record without history starts with. */
export function noTransitions(incarnation: string, atMs: number): TransitionRecord {
  return { incarnation, transitions: [], transitionCount: 0, derivedThrough: 0, changedAtMs: atMs };
}

/**
 * The record as one of that incarnation. Its numbers go on; what it carries from the incarnation before was told under
 * that one's ids, before it was taken up, and is not told again under these.
 */
export function inIncarnation<T extends TransitionRecord>(record: T, incarnation: string): T {
  if (record.incarnation === incarnation) return record;
  return { ...record, incarnation, derivedThrough: record.transitionCount };
}

/** How many transitions a record keeps for people after their events were derived. */
export const keptTransitions = 12;

export interface NewTransition {
  event: string;
  text: string;
  data?: Transition['data'];
  operation?: string | null;
  incident?: string | null;
  /** Left out: that of its operation, or of its incident. */
  traceparent?: string | undefined;
}

/** The record with one more numbered transition. Never drops one: trimming is the deriver's business. */
export function withTransition<T extends TransitionRecord>(
  record: T,
  atMs: number,
  transition: NewTransition,
): T {
  const number = record.transitionCount + 1;
  const { operation = null, incident = null } = transition;
  const { traceparent = traceOf(record, operation, incident) } = transition;
  return {
    ...record,
    changedAtMs: atMs,
    transitionCount: number,
    transitions: [
      ...record.transitions,
      {
        number,
        atMs,
        event: transition.event,
        text: transition.text,
        data: transition.data ?? {},
        operation,
        incident,
        ...(traceparent !== undefined && { traceparent }),
      },
    ],
  };
}

/** What is done of an operation, or else in an incident, was caused by whoever caused what was done of it before. */
function traceOf(
  { transitions }: TransitionRecord, operation: string | null, incident: string | null,
): string | undefined {
  if (operation === null && incident === null) return undefined;
  const isOfSame = (before: Transition): boolean =>
    operation === null ? before.incident === incident : before.operation === operation;
  return transitions.findLast((before) => before.traceparent !== undefined && isOfSame(before))?.traceparent;
}

/** The record with the request told that caused what came after the transition of that number. */
export function causedBy<T extends TransitionRecord>(
  record: T, after: number, traceparent: string | undefined,
): T {
  if (traceparent === undefined || record.transitionCount <= after) return record;
  const transitions = record.transitions.map((transition) =>
    transition.number <= after || transition.traceparent !== undefined ? transition : { ...transition, traceparent });
  return { ...record, transitions };
}

/** The record without transitions whose events are out, except the newest few. */
export function trimmed<T extends TransitionRecord>(record: T, derivedThrough: number): T {
  const oldestKept = record.transitionCount - keptTransitions;
  const transitions = record.transitions.filter(
    ({ number }) => number > derivedThrough || number > oldestKept,
  );
  return { ...record, transitions, derivedThrough: Math.max(derivedThrough, record.derivedThrough) };
}

/** The public event of one transition. `identity` is unique to this record for ever (a VM's uid, not its name). */
export function eventOf(
  record: TransitionRecord,
  transition: Transition,
  about: { service: string; noun: string; key: string; identity: string },
): CloudEvent {
  return {
    specversion: '1.0',
    id: `${record.incarnation}.${about.noun}.${about.identity}.${transition.number}`,
    source: `/holdfast/${about.service}`,
    type: `io.holdfast.${transition.event}.v1`,
    dataschema: eventDataSchema(`io.holdfast.${transition.event}.v1`),
    subject: about.key,
    ...(record.project !== undefined && { project: record.project }),
    time: new Date(transition.atMs).toISOString(),
    ...(transition.traceparent !== undefined && { traceparent: transition.traceparent }),
    datacontenttype: 'application/json',
    data: {
      ...transition.data,
      text: transition.text,
      atMs: transition.atMs,
      operation: transition.operation,
      incident: transition.incident,
    },
  };
}
