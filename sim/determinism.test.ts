import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runSeed } from './run/run-seed.js';

const sizes = { hosts: 4, vms: 8, minutes: 4, faults: [] };
const seeds = [1, 2, 3, 4, 5];
const built = fileURLToPath(new URL('./dist/index.js', import.meta.url));
const program = `
  const { runSeed } = await import(${JSON.stringify(built)});
  const hashes = ${JSON.stringify(seeds)}.map((seed) => runSeed(seed, ${JSON.stringify(sizes)}).traceHash);
  console.log(JSON.stringify({ version: process.version, hashes }));`;

function hashesBy(node: string): { version: string; hashes: number[] } {
  const told = execFileSync(node, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  return JSON.parse(told) as { version: string; hashes: number[] };
}

/** Every Node that is found here, this one first. */
function nodes(): string[] {
  const found = [process.execPath];
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/bin', '/usr/bin']) {
    try {
      found.push(realpathSync(join(folder, 'node')));
    } catch {
      // There is none in this folder.
    }
  }
  return [...new Set(found.map((path) => realpathSync(path)))];
}

describe('the same commit and seed give the same trace', () => {
  const own = seeds.map((seed) => runSeed(seed, sizes).traceHash);

  test('as built, in every process and in every Node of this machine', () => {
    const [first, ...others] = [process.execPath, ...nodes()].map(hashesBy);
    expect(new Set(first?.hashes).size).toBe(seeds.length);
    for (const { version, hashes } of others) expect(hashes, `Node ${version}`).toEqual(first?.hashes);
  }, 300_000);

  test('whatever ran before in the same process', () => {
    expect([...seeds].reverse().map((seed) => runSeed(seed, sizes).traceHash)).toEqual([...own].reverse());
  }, 300_000);

  test('and what one host draws shifts no other: a fault that only delays one changes nothing before it', () => {
    const all = runSeed(1, { ...sizes, faults: ['host-power'] });
    const none = runSeed(1, { ...sizes, faults: ['host-power'], only: new Set() });
    const firstFaultAtMs = all.log.find(({ event }) => event === 'fault.begins')?.atMs ?? Infinity;
    const before = (log: typeof all.log): string[] =>
      log.filter(({ atMs }) => atMs < firstFaultAtMs).map(({ atMs, event, text }) => `${atMs} ${event} ${text}`);
    expect(before(all.log).length).toBeGreaterThan(20);
    expect(before(all.log)).toEqual(before(none.log));
  }, 300_000);
});
