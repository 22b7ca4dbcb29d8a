import type { ProblemCode, ProblemDetails } from './resources.js';

/** The API refused or failed a request, and said why. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(readonly details: ProblemDetails) {
    super(details.detail);
  }

  get status(): number {
    return this.details.status;
  }

  get code(): ProblemCode {
    return this.details.code;
  }

  get field(): string | undefined {
    return this.details.field;
  }

  get remedy(): string | undefined {
    return this.details.remedy;
  }
}

/**
 * No answer, or none that comes from this API: it is down, elsewhere, or its certificate is not
 * trusted.
 */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';

  constructor(
    readonly baseUrl: string,
    why: string,
    options?: { cause?: unknown },
  ) {
    super(`the API at ${baseUrl} does not answer: ${why}`, options);
  }
}

/** The operation goes on, but was not seen to end in the time given. */
export class OperationTimeout extends Error {
  override readonly name = 'OperationTimeout';

  constructor(
    readonly operation: string,
    timeoutMs: number,
    lastReason: string,
  ) {
    super(
      `operation ${operation} has not ended within ${Math.round(timeoutMs / 1000)} s` +
        (lastReason === '' ? '' : ` (${lastReason})`),
    );
  }
}

function isProblemDetails(body: unknown): body is ProblemDetails {
  const details = body as Partial<ProblemDetails> | null;
  return (
    typeof details === 'object' &&
    typeof details?.detail === 'string' &&
    typeof details.status === 'number' &&
    typeof details.code === 'string'
  );
}

/** The error in an answer of the API; anything else there is some other server. */
export function problemOf(baseUrl: string, status: number, body: unknown): Error {
  if (isProblemDetails(body)) return new ApiProblem(body);
  return new ApiUnreachable(baseUrl, `something else answered with HTTP ${status}`);
}
