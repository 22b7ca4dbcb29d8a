import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listOf, type Listing, type Ordered } from './list.js';
import { Problem } from './problem.js';

interface Machine {
  name: string;
  cpus: number | null;
  spare: boolean;
  place: { rack: string; room: string };
  labels: Record<string, string>;
}

const listing: Listing<Machine, Machine> = {
  key: ({ name }) => name,
  keyColumn: 'name',
  columns: {
    name: { type: 'text', of: ({ name }) => name },
    cpus: { type: 'number', of: ({ cpus }) => cpus },
    spare: { type: 'flag', of: ({ spare }) => spare },
    labels: { type: 'labels', of: ({ labels }) => labels },
  },
  view: (machine) => machine,
};

function machine(name: string, cpus: number | null = 1, rack = 'r1', spare = false): Machine {
  return { name, cpus, spare, place: { rack, room: '1' }, labels: { rack, 'site.floor': 'first' } };
}

const machines = [machine('d', 4), machine('a', 2, 'r2'), machine('c', null, 'r1', true), machine('b', 4)];
const page = (query: object, items: readonly Machine[] = machines) => listOf(listing, items, query);
/** The same, kept in order; it tells how many were looked at. */
function ordered(items: readonly Machine[]): Ordered<Machine> & { looks: number } {
  return {
    looks: 0,
    all: () => items,
    * after(key) {
      for (const item of items.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        if (key !== null && item.name <= key) continue;
        this.looks += 1;
        yield item;
      }
    },
  };
}
const names = (query: object): string[] => page(query).items.map(({ name }) => name);

describe('a page', () => {
  test('comes in the order of the names, and the last one has no next', () => {
    expect(names({})).toEqual(['a', 'b', 'c', 'd']);
    expect(page({ limit: '4' }).next).toBeNull();
    expect(page({}, [])).toEqual({ items: [], next: null });
  });

  test('is followed by the next one, also when the item at its end has gone and others came', () => {
    const { next } = page({ limit: '2' });
    const later = [...machines.filter(({ name }) => name !== 'b'), machine('aa'), machine('bb')];
    expect(page({ after: next }, later).items.map(({ name }) => name)).toEqual(['bb', 'c', 'd']);
  });

  test('is sorted by a column, what has no value last, equals by name', () => {
    expect(names({ sort: 'cpus' })).toEqual(['a', 'b', 'd', 'c']);
    expect(names({ sort: '-cpus' })).toEqual(['d', 'b', 'a', 'c']);
  });

  test.each(['', 'name', '-name', 'cpus', '-cpus', 'spare'])('page by page, sorted by "%s", is the whole', (sort) => {
    const anyMachine = fc.record({
      name: fc.stringMatching(/^[a-z]{1,3}$/), cpus: fc.option(fc.integer({ min: 1, max: 3 })), spare: fc.boolean(),
    });
    fc.assert(fc.property(fc.uniqueArray(anyMachine, { selector: ({ name }) => name }), fc.integer({ min: 1, max: 5 }),
      (drawn, limit) => {
        const items = drawn.map((each) => ({ ...machine(each.name), ...each }));
        const query = sort === '' ? {} : { sort };
        const whole = page({ ...query, limit: 500 }, items).items;
        const pages: Machine[] = [];
        let after: string | null | undefined;
        do {
          const part = page({ ...query, limit, ...(after ? { after } : {}) }, items);
          expect(listOf(listing, ordered(items), { ...query, limit, ...(after ? { after } : {}) })).toEqual(part);
          pages.push(...part.items);
          after = part.next;
        } while (after !== null);
        expect(pages).toEqual(whole);
        expect(whole).toHaveLength(items.length);
      }));
  });

  test('of items in order is had without looking at what comes after it', () => {
    for (const sort of [{}, { sort: 'name' }]) {
      const items = ordered(machines);
      expect(listOf(listing, items, { limit: '1', ...sort }).items).toEqual([machines[1]]);
      expect(items.looks).toBeLessThanOrEqual(3);
    }
  });

  test('shows only the fields that are asked for', () => {
    expect(page({ fields: 'name,place.rack,place.room,labels', limit: '1' }).items).toEqual([
      { name: 'a', place: { rack: 'r2', room: '1' }, labels: { rack: 'r2', 'site.floor': 'first' } },
    ]);
    expect(page({ fields: 'place.rack', limit: '1' }).items).toEqual([{ place: { rack: 'r2' } }]);
  });
});

describe('a filter', () => {
  test.each([
    ['name=a|d', ['a', 'd']],
    ['name!=a|d', ['b', 'c']],
    ['name~B', ['b']],
    ['cpus>2', ['b', 'd']],
    ['cpus>=2,cpus<=3', ['a']],
    ['cpus=', ['c']],
    ['cpus!=', ['a', 'b', 'd']],
    ['cpus!=4', ['a', 'c']],
    ['spare=true', ['c']],
    ['spare!=true', ['a', 'b', 'd']],
    ['labels.rack=r2', ['a']],
    ['labels.site.floor=first, name<=', null],
    ['labels.none=', ['a', 'b', 'c', 'd']],
    [' name = a ', ['a']],
    ['', ['a', 'b', 'c', 'd']],
  ])('%j', (filter, expected) => {
    if (expected === null) expect(() => page({ filter })).toThrow('cannot be <=');
    else expect(names({ filter })).toEqual(expected);
  });

  test('holds for pages and cursors', () => {
    const first = page({ filter: 'cpus>1', limit: 2 });
    expect(first.items.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(names({ filter: 'cpus>1', after: first.next })).toEqual(['d']);
  });
});

describe('what a list cannot do is refused, naming the parameter and the remedy', () => {
  test.each([
    [{ limit: '0' }, 'limit', '1 to 500'],
    [{ limit: '501' }, 'limit', '1 to 500'],
    [{ page: '2' }, 'page', 'limit, after, sort, filter, fields'],
    [{ sort: 'size' }, 'sort', 'name, cpus, spare'],
    [{ sort: 'labels' }, 'sort', 'name, cpus, spare'],
    [{ sort: '__proto__' }, 'sort', 'name, cpus, spare'],
    [{ after: 'x' }, 'after', '`next` of the page before'],
    [{ after: Buffer.from('["cpus",1,"a"]').toString('base64url') }, 'after', 'same `sort`'],
    [{ filter: 'size=1' }, 'filter', 'name, cpus, spare, labels.KEY'],
    [{ filter: 'labels=1' }, 'filter', 'labels.KEY'],
    [{ filter: 'name.a=1' }, 'filter', 'labels.KEY'],
    [{ filter: 'constructor=1' }, 'filter', 'labels.KEY'],
    [{ filter: 'name' }, 'filter', 'phase=running'],
    [{ filter: 'cpus=many' }, 'filter', 'number'],
    [{ filter: 'cpus~1' }, 'filter', 'cpus>='],
    [{ filter: 'spare=1' }, 'filter', 'spare=true'],
    [{ filter: Array.from({ length: 17 }, () => 'name=a').join(',') }, 'filter', 'leave some out'],
    [{ filter: ['name=a', 'name=b'] }, 'filter', 'once'],
    [{ sort: 'x'.repeat(101) }, 'sort', 'one column'],
    [{ fields: 'nmae' }, 'fields', 'name'],
  ])('%j', (query, field, remedy) => {
    let refused: unknown;
    try {
      page(query);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(Problem);
    const { code, more } = refused as Problem;
    expect({ code, field: more.field }).toEqual({ code: 'invalid', field });
    expect(more.remedy).toContain(remedy);
  });
});
