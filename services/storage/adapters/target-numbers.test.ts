import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TargetNumbers } from './target-numbers.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-numbers-'));
  path = join(folder, 'numbers.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('numbers of targets', () => {
  it('grow strictly, also when taken at once and over restarts', async () => {
    const taken: number[] = [];
    for (let run = 0; run < 4; run += 1) {
      const numbers = new TargetNumbers(path);
      taken.push(...(await Promise.all(Array.from({ length: 70 }, () => numbers.take([])))));
    }
    expect(taken).toEqual([...new Set(taken)].sort((a, b) => a - b));
  });

  it('stay above every number in use', async () => {
    const numbers = new TargetNumbers(path, () => 0);
    expect(await numbers.take([3, 500])).toBe(501);
    expect(await numbers.take([])).toBe(502);
    expect(await new TargetNumbers(path, () => 0).take([])).toBeGreaterThan(502);
  });

  it('do not begin again when the file is lost', async () => {
    const beforeMs = Date.UTC(2026, 5, 1);
    const first = await new TargetNumbers(path, () => beforeMs).take([]);
    await rm(path);
    expect(await new TargetNumbers(path, () => beforeMs + 60_000).take([])).toBeGreaterThan(first);
  });

  it('are refused when the file is damaged', async () => {
    await writeFile(path, '{"sha256":"0","value":{"reserved":1}}');
    await expect(new TargetNumbers(path).take([])).rejects.toThrow(/damaged/);
  });

  it('end where tgtd cannot count further', async () => {
    await expect(new TargetNumbers(path).take([0x7fff_ffff])).rejects.toThrow(/used up/);
  });
});
