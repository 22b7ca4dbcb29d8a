import type { Page } from '@holdfast/client';
import { z } from 'zod';
import { conditionsOf, type Columns, type Condition, type Value } from './list-filter.js';
import { parsed } from './parse.js';
import { Problem } from './problem.js';

export const defaultPageSize = 100;
export const maxPageSize = 500;
const maxQueryLength = 1000;

export const listQueryShape = {
  limit: z.coerce
    .number('give a whole number')
    .int('give a whole number')
    .min(1, 'a page has at least one item')
    .max(maxPageSize, `a page has at most ${maxPageSize} items`)
    .default(defaultPageSize),
  after: z.string().min(1).max(maxQueryLength).optional(),
  sort: z.string().min(1).max(100).optional(),
  filter: z.string().max(maxQueryLength).optional(),
  fields: z.string().min(1).max(maxQueryLength).optional(),
};
export const listQuerySchema = z.strictObject(listQueryShape);
const remedies = {
  filter: 'give conditions on columns with commas between them, once: `phase=running,host=h1`',
  sort: 'give one column, with `-` before it for the largest first',
  fields: 'give names of fields with commas between them: `name,spec.cpus`',
};

/** What can be listed: by what it is told apart, filtered and sorted, and how it is shown. */
export interface Listing<T, V> {
  /** Unique, and the order of items that a sort leaves equal. */
  readonly key: (item: T) => string;
  /** The column, if there is one, that is the key: what is sorted by it is in the order of keys. */
  readonly keyColumn?: string;
  readonly columns: Columns<T>;
  readonly view: (item: T) => V;
  /** Where nobody asks for another: a column, with `-` before it for the largest first. */
  readonly sort?: string;
}

/** Items that are kept in the order of their keys: a page of thousands need not look at all of them. */
export interface Ordered<T> {
  all(): Iterable<T>;
  /** Those whose key is greater; null: from the first one on. */
  after(key: string | null): Iterable<T>;
}

/** Where an item stands in a sorted list. */
interface Place {
  readonly value: Value;
  readonly key: string;
}

type Order = (a: Place, b: Place) => number;

/**
 * One page of a list as its query asks for it: `filter`, `sort`, `fields`, `limit`, and the cursor `after`. A cursor
 * is the place of the last item, so a page is right also when items came or went meanwhile.
 *
 * One pass over the items that keeps those of this page only: no sorted copy for each column has to be kept up while
 * thousands of records change. Of items that are in order already it ends with the page.
 */
export function listOf<T, V>(listing: Listing<T, V>, items: Iterable<T> | Ordered<T>, query: unknown): Page<V> {
  const { limit, after, sort = listing.sort ?? '', filter = '', fields } = parsed(listQuerySchema, query, remedies);
  const conditions = conditionsOf(listing.columns, filter);
  const { order, placeOf } = sorting(listing, sort);
  const start = after === undefined ? null : placeOfCursor(after, sort);
  const isByKey = sort === '' || sort === listing.keyColumn;
  const isInOrder = 'after' in items && isByKey;
  const candidates = isInOrder ? items.after(start?.key ?? null) : 'after' in items ? items.all() : items;
  const page: { place: Place; item: T }[] = [];
  for (const item of candidates) {
    if (isInOrder && page.length > limit) break;
    if (!holds(conditions, item)) continue;
    const place = placeOf(item);
    if (start !== null && order(place, start) <= 0) continue;
    const last = page.at(-1);
    if (page.length > limit && last !== undefined && order(place, last.place) >= 0) continue;
    page.splice(position(page, place, order), 0, { place, item });
    if (page.length > limit + 1) page.pop();
  }
  const shown = page.slice(0, limit);
  const last = page.length > limit ? shown.at(-1) : undefined;
  const views = shown.map(({ item }) => listing.view(item));
  return {
    items: fields === undefined ? views : picked(views, fields),
    next: last === undefined ? null : cursorOf(last.place, sort),
  };
}

function holds<T>(conditions: readonly Condition<T>[], item: T): boolean {
  return conditions.every((condition) => condition(item));
}

/** Where it belongs in the ordered page. */
function position(page: readonly { place: Place }[], place: Place, order: Order): number {
  let low = 0;
  let high = page.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = page[middle];
    if (other !== undefined && order(other.place, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sorting<T>(
  { columns, key }: Pick<Listing<T, unknown>, 'columns' | 'key'>, sort: string,
): { order: Order; placeOf: (item: T) => Place } {
  if (sort === '') {
    return { order: (a, b) => compare(a.key, b.key), placeOf: (item) => ({ value: null, key: key(item) }) };
  }
  const name = sort.replace(/^-/, '');
  const sign = sort.startsWith('-') ? -1 : 1;
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (column === undefined || column.type === 'labels') {
    const known = Object.entries(columns).filter(([, { type }]) => type !== 'labels').map(([each]) => each);
    throw new Problem('invalid', `sort: there is no column ${JSON.stringify(name)} to sort by`, {
      field: 'sort',
      remedy: `sort by ${known.join(', ')}, with \`-\` before it for the largest first`,
    });
  }
  const order: Order = (a, b) => {
    if (a.value === b.value) return sign * compare(a.key, b.key);
    // What has no value comes last either way.
    if (a.value === null) return 1;
    return b.value === null ? -1 : sign * compare(a.value, b.value);
  };
  return { order, placeOf: (item) => ({ value: column.of(item), key: key(item) }) };
}

function compare<T extends string | number | boolean>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const cursorSchema = z.tuple([
  z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]), z.string(),
]);

function cursorOf({ value, key }: Place, sort: string): string {
  return Buffer.from(JSON.stringify([sort, value, key])).toString('base64url');
}

function placeOfCursor(cursor: string, sort: string): Place {
  const [sorted, value, key] = readCursor(cursor) ?? [];
  if (key !== undefined && value !== undefined && sorted === sort) return { value, key };
  const why = key === undefined ? 'is no cursor of a list' : 'is of a list that is sorted otherwise';
  throw new Problem('invalid', `after: this ${why}`, {
    field: 'after',
    remedy: 'give the `next` of the page before, with the same `sort`',
  });
}

function readCursor(cursor: string): z.infer<typeof cursorSchema> | undefined {
  try {
    return cursorSchema.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString())).data;
  } catch {
    return undefined;
  }
}

/** Of each view only these fields, such as `name,spec.cpus`. */
function picked<V>(views: readonly V[], fields: string): V[] {
  const paths = fields.split(',').map((field) => field.trim().split('.'));
  const known = new Set(views.flatMap((view) => Object.keys(view as object)));
  const unknown = paths.find(([first = '']) => views.length > 0 && !known.has(first));
  if (unknown !== undefined) {
    throw new Problem('invalid', `fields: there is no field ${JSON.stringify(unknown.join('.').slice(0, 100))}`, {
      field: 'fields',
      remedy: `choose from ${[...known].join(', ')}, and with a dot from what is in them, such as \`spec.cpus\``,
    });
  }
  return views.map((view) => {
    const into: Record<string, unknown> = {};
    for (const path of paths) copy(view as Record<string, unknown>, into, path);
    return into as V;
  });
}

function copy(from: Record<string, unknown>, into: Record<string, unknown>, [first = '', ...rest]: string[]): void {
  if (!Object.hasOwn(from, first)) return;
  const value = from[first];
  if (rest.length === 0 || value === null || typeof value !== 'object') {
    into[first] = value;
    return;
  }
  const inner = Object.hasOwn(into, first) ? into[first] : {};
  into[first] = inner;
  copy(value as Record<string, unknown>, inner as Record<string, unknown>, rest);
}
