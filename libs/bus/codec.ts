import { refusalOf } from '@holdfast/contracts';
import type { z } from 'zod';
import { BusError } from './bus.js';

/** Something went wrong that no caller is waiting for. */
export interface BusProblem {
  what: 'invalid-record' | 'invalid-message' | 'handler-failed' | 'connection' | 'reading';
  /** Subject, bucket and key, or server. */
  where: string;
  error: unknown;
}
export type ReportProblem = (problem: BusProblem) => void;

/** The value as its schema has it. @throws BusError `invalid`, naming the field. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new BusError('invalid', `${where}: ${refusalOf(result.error).message}`, { cause: result.error });
}

export function encode<T>(schema: z.ZodType<T>, value: T, where: string): string {
  return JSON.stringify(checked(schema, value, where));
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new BusError('invalid', `${where}: not JSON`, { cause });
  }
}

export function decode<T>(schema: z.ZodType<T>, text: string, where: string): T {
  return checked(schema, parseJson(text, where), where);
}

/** Ends the process through its handler of uncaught errors, where a callback has nobody to throw to. */
export function crash(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Calls a listener that must not throw; if it does, that is a bug. */
export function deliver(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    crash(error);
  }
}
