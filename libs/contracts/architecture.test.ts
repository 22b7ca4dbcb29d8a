import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { registry } from './index.js';

/* The pages under docs/ are written by hand; here they are held to the code. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/architecture.md');

/** Rows of the first table after a heading: their cells, without backticks. */
function table(heading: string): string[][] {
  const [, after = ''] = page.split(`\n${heading}\n`);
  const [, ...lines] = after.split('\n').slice(after.split('\n').findIndex((line) => line.startsWith('|')));
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines
    .slice(1, end)
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.replaceAll('`', '').trim()));
}

const list = (text: string): string[] => text.split(/[;,] /).sort();

describe('docs/architecture.md shows', () => {
  it('every bucket with its owner and its readers, and no other', () => {
    const shown = table('### Records: JetStream KV buckets, written by compare-and-set').map(
      ([name = '', , owner = '', readers = '']) => ({ name, owner, readers: list(readers) }),
    );
    const real = registry.buckets.map(({ name, owner, readers, ownNodeReaders }) => ({
      name,
      owner,
      readers: [...readers, ...ownNodeReaders.map((reader) => `${reader} (own)`)].sort(),
    }));
    const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);
    expect(shown.sort(byName)).toEqual(real.sort(byName));
  });

  it('every command with its callers, and no other', () => {
    const rows = table('### Commands: requests, idempotent');
    const shown = rows.map(([name = '', , callers = '']) => `${name} from ${list(callers).join()}`);
    const real = registry.commands.map(
      ({ service, name, callers }) => `${service}/${name} from ${[...callers].sort().join()}`,
    );
    expect(shown.sort()).toEqual(real.sort());
  });

  it('every stream with its owner and readers, and no other', () => {
    const shown = table('### Streams: JetStream, numbered messages, each stored once for its id').map(
      ([name = '', owner = '', readers = '']) => ({ name, owner, readers: list(readers) }),
    );
    expect(shown).toEqual(registry.streams.map(({ name, owner, readers }) => ({ name, owner, readers: [...readers] })));
  });

  it('every broadcast with its senders and readers, and no other', () => {
    const shown = table('### Broadcasts: core NATS, never stored').map(
      ([name = '', senders = '', readers = '']) => ({ name, senders: list(senders), readers: list(readers) }),
    );
    const real = registry.broadcasts.map(({ name, senders, readers }) => ({
      name,
      senders: [...senders].sort(),
      readers: [...readers].sort(),
    }));
    const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);
    expect(shown.sort(byName)).toEqual(real.sort(byName));
  });

  test.each(table('## Times'))('%s as %s ms, as it stands in %s', (name, value, file = '') => {
    const code = read(file).replaceAll(/(?<=\d)_(?=\d)/g, '');
    expect(code).toMatch(new RegExp(`\\b${name}\\b(: number)? ?[:=] ?${value}\\b`));
  });
});

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe.each(pages)('%s', (path) => {
  const text = read(path);

  it('links to files that are there', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)].map(([, target = '']) => target);
    const missing = links
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => !existsSync(join(root, dirname(path), target)));
    expect(missing).toEqual([]);
  });

  it('names files that are there', () => {
    const named = [...text.matchAll(/`((?:libs|services|lab|clients|tests)\/[\w./-]+)`/g)];
    const missing = named.map(([, file = '']) => file).filter((file) => !existsSync(join(root, file)));
    expect(missing).toEqual([]);
  });
});

describe('docs/safety.md', () => {
  const cells = [...read('docs/safety.md').matchAll(/`([\w./-]+\.ts)`: ((?:"[^"]+"(?:; )?)+)/g)];
  const claims = cells.flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({ file, name })),
  );

  it('names many tests', () => {
    expect(claims.length).toBeGreaterThan(30);
  });

  test.each(claims)('$file has the test "$name"', ({ file, name }) => {
    expect(read(file)).toContain(`'${name}'`);
  });
});
