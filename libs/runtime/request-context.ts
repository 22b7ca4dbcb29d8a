import { requestContext, type RequestContext } from '@holdfast/bus';
import { traceIdOf, traceparentSchema, type Transition } from '@holdfast/contracts';
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const requestIdPattern = /^[\w.-]{1,64}$/;
const uuidPattern = /^(?!0{8})([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i;
/** Of later versions only what this one has is understood. */
const laterPattern = /^(?!00|ff)[0-9a-f]{2}(-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})(?:-|$)/;
const maxTraceparentLength = 256;

/** A request nobody sent from outside begins its own trace, whose id is its own. */
export function newRequest(traceId = randomBytes(16).toString('hex'), flags = '00'): Required<RequestContext> {
  return { requestId: traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}` };
}

/**
 * What a request that arrives is known by: its trace, that of the caller if `traceparent` tells one, and its id, the
 * caller's `X-Request-Id` or else its trace. An id that is a UUID is the trace as well, where there is no other.
 */
export function contextOfRequest(headers: IncomingHttpHeaders): Required<RequestContext> {
  const caller = traceparentFrom(headers['traceparent']);
  const given = headers['x-request-id'];
  const requestId = typeof given === 'string' && requestIdPattern.test(given) ? given : undefined;
  const ofUuid = requestId && uuidPattern.exec(requestId)?.slice(1).join('').toLowerCase();
  const traceId = traceIdOf(caller) ?? (ofUuid || undefined);
  // Of the flags, only whether the caller keeps the trace is passed on: the others mean what this does not heed.
  const isKept = caller !== undefined && (parseInt(caller.slice(-2), 16) & 1) === 1;
  const context = newRequest(traceId, isKept ? '01' : '00');
  return { ...context, ...(requestId !== undefined && { requestId }) };
}

function traceparentFrom(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || header.length > maxTraceparentLength) return undefined;
  const known = laterPattern.exec(header)?.[1];
  return traceparentSchema.safeParse(known === undefined ? header : `00${known}`).data;
}

/** Of the request being worked on. */
export function currentTraceId(): string | undefined {
  return traceIdOf(requestContext.getStore()?.traceparent) ?? undefined;
}

/** Does something on account of what a record tells, and of the request that caused that. */
export function inTraceOf<T>(cause: Transition | undefined, act: () => T): T {
  return requestContext.run(cause?.traceparent === undefined ? {} : { traceparent: cause.traceparent }, act);
}
