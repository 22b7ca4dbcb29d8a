import { z } from 'zod';

/** What of a record only the machinery needs: no view shows it. */
export const machinery = { transitions: true, transitionCount: true, derivedThrough: true, incarnation: true } as const;

const next = z.string().nullable().describe('The `after` of the following page; null on the last.');

/** One page of a list. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

export function pageSchema<T>(item: z.ZodType<T>): z.ZodType<Page<T>> {
  return z.object({ items: z.array(item), next });
}

export const contentVersion = z.string().describe('For `If-Match`: the same as long as what is set here is.');
export const versionShown = z.string().describe('What its `ETag` has between quotes, for `If-Match`.');
