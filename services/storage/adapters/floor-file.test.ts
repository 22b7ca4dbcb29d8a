import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noFloors, type FloorStore } from '../ports.js';
import { FloorFile } from './floor-file.js';
import { MemoryFloors } from './simulated-store.js';

const SHA256_OF_NULL = '74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-floors-'));
});
afterEach(() => rm(folder, { recursive: true }));

const kinds: [string, () => FloorStore][] = [
  ['floors in a file', () => new FloorFile(join(folder, 'floors.json'))],
  ['floors in memory', () => new MemoryFloors()],
];

describe.each(kinds)('%s', (_, make) => {
  it('begin empty', async () => {
    expect(await make().load()).toEqual(noFloors);
  });

  it('only grow', async () => {
    const floors = make();
    await floors.raise({ volumes: { db1: 5 }, hosts: { h1: 2 } });
    expect(await floors.raise({ volumes: { db1: 3, web1: 1 } })).toEqual({
      ...noFloors,
      volumes: { db1: 5, web1: 1 },
      hosts: { h1: 2 },
    });
  });

  it('lose none of many raises at once', async () => {
    const floors = make();
    const numbers = Array.from({ length: 50 }, (__, index) => index);
    await Promise.all(numbers.map((n) => floors.raise({ volumes: { [`v${n}`]: n, shared: n } })));
    const { volumes } = await floors.load();
    expect(Object.keys(volumes)).toHaveLength(51);
    expect(volumes['shared']).toBe(49);
  });

  it('take nothing that is no floor', async () => {
    const floors = make();
    for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(floors.raise({ hosts: { h1: bad } })).rejects.toThrow(RangeError);
    }
    expect(await floors.load()).toEqual(noFloors);
  });

  it('keep numbers that were used apart from floors', async () => {
    const floors = make();
    await floors.raise({ openedVolumes: { db1: 7 }, openedHosts: { h1: 4 } });
    expect(await floors.raise({ openedVolumes: { db1: 6 } })).toEqual({
      ...noFloors,
      openedVolumes: { db1: 7 },
      openedHosts: { h1: 4 },
    });
  });

  it('hand out copies', async () => {
    const floors = make();
    const copy = await floors.raise({ volumes: { db1: 5 } });
    copy.volumes['db1'] = 0;
    expect((await floors.load()).volumes).toEqual({ db1: 5 });
  });

  it('keep names that objects have themselves', async () => {
    const floors = make();
    await floors.raise(
      JSON.parse('{"volumes":{"__proto__":4,"constructor":5}}') as {
        volumes: Record<string, number>;
      },
    );
    expect(Object.entries((await floors.load()).volumes)).toEqual([
      ['__proto__', 4],
      ['constructor', 5],
    ]);
  });
});

describe('the file of floors', () => {
  it('is read again after a restart', async () => {
    const path = join(folder, 'floors.json');
    await new FloorFile(path).raise({ volumes: { db1: 5 }, hosts: { h1: 3 } });
    expect(await new FloorFile(path).load()).toEqual({ ...noFloors, volumes: { db1: 5 }, hosts: { h1: 3 } });
    expect(await readdir(folder)).toEqual(['floors.json']);
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['changed', (text: string) => text.replace('"db1":5', '"db1":4')],
    ['something else', () => '{"floors":1}'],
    ['sealed but no floors', () => `{"sha256":"${SHA256_OF_NULL}","value":null}`],
  ])('is not trusted when it is %s', async (_, damage) => {
    const path = join(folder, 'floors.json');
    await new FloorFile(path).raise({ volumes: { db1: 5 } });
    await writeFile(path, damage(await readFile(path, 'utf8')));
    const floors = new FloorFile(path);
    await expect(floors.load()).rejects.toThrow(/damaged/);
    await expect(floors.raise({ volumes: { db1: 9 } })).rejects.toThrow(/damaged/);
  });

  it('ignores what a crash left of an unfinished write', async () => {
    const path = join(folder, 'floors.json');
    await new FloorFile(path).raise({ volumes: { db1: 5 } });
    await writeFile(`${path}.new`, '{"sha');
    const floors = new FloorFile(path);
    expect((await floors.load()).volumes).toEqual({ db1: 5 });
    expect((await floors.raise({ volumes: { db1: 6 } })).volumes).toEqual({ db1: 6 });
  });

  it('says so when it cannot write, and forgets what it could not keep', async () => {
    const floors = new FloorFile(join(folder, 'none', 'floors.json'));
    await expect(floors.raise({ volumes: { db1: 5 } })).rejects.toThrow(/cannot be written/);
    expect(await floors.load()).toEqual(noFloors);
  });
});
