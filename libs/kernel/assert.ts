/** A broken invariant: a bug, never bad input. It crashes the process, which is safer than going on. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(`Invariant broken: ${message}`);
    this.name = 'InvariantError';
  }
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** For the default branch of an exhaustive switch: an unknown state dies. */
export function unreachable(value: never, what: string): never {
  throw new InvariantError(`${what} is unknown: ${JSON.stringify(value)}`);
}
