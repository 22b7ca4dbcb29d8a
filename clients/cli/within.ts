import { CommandFailure } from './failure.js';

/** A number known to be wrong before anything is started; undefined is left to its default. @throws CommandFailure */
export function requireWithin(
  field: string,
  value: number | undefined,
  [least, most]: readonly [number, number],
  remedy = `leave --${field} out for what is usual`,
): void {
  if (value === undefined || (value >= least && value <= most)) return;
  throw new CommandFailure({ code: 'invalid', message: `${field}: ${value} is not from ${least} to ${most}`, remedy });
}
