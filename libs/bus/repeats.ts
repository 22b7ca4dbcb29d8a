import type { Broadcast } from '@holdfast/contracts';
import { checked } from './codec.js';

/** More senders than any cluster has; what is forgotten costs one look at the schema. */
const maxSenders = 8192;

/**
 * Most messages of a sender are its last one with other counters: those are known to be valid without their schema,
 * which is what the receiver of many heartbeats would spend much of its time on.
 */
export class Repeats<T> {
  private readonly valid = new Map<string, object>();

  constructor(private readonly contract: Pick<Broadcast<T>, 'schema' | 'counters'>) {}

  /** As its schema has it. @throws BusError `invalid`, naming the field. */
  checked(value: unknown, sender: string, where: string): T {
    const { schema, counters } = this.contract;
    if (counters === undefined) return checked(schema, value, where);
    const before = this.valid.get(sender);
    if (before && isRepeat(before, value, counters)) return value as T;
    const message = checked(schema, value, where);
    // Only where the schema takes a message as it is does it take the next one so.
    if (!isObject(message) || !isRepeat(message, value, [])) return message;
    if (this.valid.size >= maxSenders) this.valid.clear();
    this.valid.set(sender, message);
    return message;
  }
}

/** The same fields with the same plain values, but for the counters, each of which is a whole number from 0 on. */
function isRepeat(before: object, value: unknown, counters: readonly string[]): value is object {
  if (!isObject(value)) return false;
  const keys = Object.keys(before);
  if (Object.keys(value).length !== keys.length) return false;
  return keys.every((key) => {
    if (!Object.hasOwn(value, key)) return false;
    const field = value[key as keyof typeof value] as unknown;
    if (counters.includes(key)) return Number.isSafeInteger(field) && (field as number) >= 0;
    return field === before[key as keyof typeof before];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
