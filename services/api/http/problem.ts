import { BusError } from '@holdfast/bus';
import type { ProblemCode } from '@holdfast/client';
import type { Refusal } from '@holdfast/contracts';

interface Kind {
  status: number;
  title: string;
}

const kinds: Record<ProblemCode, Kind> = {
  invalid: { status: 400, title: 'The request is not valid' },
  unauthorized: { status: 401, title: 'Who is asking?' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'unknown-route': { status: 404, title: 'There is no such route' },
  exists: { status: 409, title: 'It exists already' },
  conflict: { status: 409, title: 'Its state does not allow this' },
  stale: { status: 409, title: 'It has moved on meanwhile' },
  'precondition-failed': { status: 412, title: 'It has changed meanwhile' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'Only JSON is understood' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'no-capacity': { status: 422, title: 'Nothing has room for it' },
  'over-quota': { status: 422, title: 'Its project may not take up so much' },
  internal: { status: 500, title: 'Something broke here' },
  unavailable: { status: 503, title: 'Not available now' },
};

export interface ProblemMore {
  field?: string | undefined;
  remedy?: string | undefined;
  near?: string[] | undefined;
  headers?: Record<string, string>;
}

/** An error to be answered. Everything in it is meant for the one who asked. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: ProblemCode,
    message: string,
    readonly more: ProblemMore = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  get status(): number {
    return kinds[this.code].status;
  }

  get title(): string {
    return kinds[this.code].title;
  }

  get headers(): Record<string, string> {
    const retry: Record<string, string> = this.code === 'unavailable' ? { 'Retry-After': '1' } : {};
    return { ...retry, ...this.more.headers };
  }
}

export function problemOfRefusal(refusal: Refusal): Problem {
  if (refusal.code === 'stale' && refusal.field === 'ifVersion') {
    return new Problem('precondition-failed', refusal.message, { field: 'If-Match', remedy: refusal.remedy });
  }
  // The API's requests are flat where a command nests the VM's spec.
  const field = refusal.field?.replace(/^spec\./, '');
  return new Problem(refusal.code, refusal.message, { field, remedy: refusal.remedy });
}

export function problemOfBusError(error: BusError, service: string): Problem {
  if (error.code === 'invalid' || error.code === 'forbidden' || error.code === 'internal') {
    return new Problem('internal', 'the request could not be passed on', {}, { cause: error });
  }
  const detail = {
    'no-responder': `no ${service} is running; nothing was changed`,
    timeout: `${service} did not answer in time; it may still do what was asked`,
    disconnected: 'the connection to the message bus is down; it may still do what was asked',
  }[error.code];
  const remedy = 'try again with the same Idempotency-Key: it is carried out once';
  return new Problem('unavailable', detail, { remedy }, { cause: error });
}
