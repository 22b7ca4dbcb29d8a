import type { Page } from '@holdfast/client';
import { z } from 'zod';
import { parsed } from './parse.js';

export const defaultPageSize = 100;
export const maxPageSize = 500;

export const pageQueryShape = {
  limit: z.coerce
    .number('give a whole number')
    .int('give a whole number')
    .min(1, 'a page has at least one item')
    .max(maxPageSize, `a page has at most ${maxPageSize} items`)
    .default(defaultPageSize),
  after: z.string().min(1).max(200).optional(),
};
const pageQuerySchema = z.strictObject(pageQueryShape);

export type PageQuery = z.infer<typeof pageQuerySchema>;

export function pageQuery(query: unknown): PageQuery {
  return parsed(pageQuerySchema, query);
}

/**
 * The part of a list after a cursor. The cursor is the last item's sort key, so a page is right
 * also when items came or went meanwhile. `newestFirst` turns the order round.
 */
export function pageOf<T, V>(
  items: readonly T[],
  sortKey: (item: T) => string,
  view: (item: T) => V,
  { limit, after }: PageQuery,
  order: 'ascending' | 'newest-first' = 'ascending',
): Page<V> {
  const sign = order === 'ascending' ? 1 : -1;
  const compare = (a: string, b: string): number => (a < b ? -sign : a > b ? sign : 0);
  const rest = items
    .map((item) => ({ item, key: sortKey(item) }))
    .filter(({ key }) => after === undefined || compare(key, after) > 0)
    .sort((a, b) => compare(a.key, b.key));
  const page = rest.slice(0, limit);
  return {
    items: page.map(({ item }) => view(item)),
    next: rest.length > limit ? (page.at(-1)?.key ?? null) : null,
  };
}

/** A sort key for things with a time: digits of equal length, then the id. */
export function timeKey(atMs: number, id: string): string {
  return `${String(atMs).padStart(14, '0')}.${id}`;
}
