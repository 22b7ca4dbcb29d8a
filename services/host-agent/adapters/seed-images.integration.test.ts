import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { XorrisoSeedImages } from './seed-images.js';

const files = { 'user-data': '#cloud-config\npassword: geheim\n', 'meta-data': '{"instance-id":"u1"}\n' };
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-seeds-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

test('two hosts make the same CD-ROM at different times, and cloud-init finds its files on it', async () => {
  const [one, other] = ['h1', 'h2'].map((host) => new XorrisoSeedImages(join(directory, host)));
  if (!one || !other) throw new Error('two of them');
  await one.put('u1', files);
  const image = await readFile(one.path('u1'));
  // What a host says about time has no part in it.
  await utimes(join(directory, 'h1'), 1, 1);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await other.put('u1', files);
  expect((await readFile(other.path('u1'))).equals(image)).toBe(true);
  // The volume's id in its primary descriptor.
  expect(image.toString('latin1', 32_808, 32_840).trim()).toBe('cidata');
  const out = join(directory, 'out');
  execFileSync('xorriso', ['-osirrox', 'on', '-indev', one.path('u1'), '-extract', '/', out], { stdio: 'ignore' });
  for (const [name, text] of Object.entries(files)) expect(await readFile(join(out, name), 'utf8')).toBe(text);
});

test('only its owner may read it, nothing else is left of making it, and it goes with its VM', async () => {
  const seeds = new XorrisoSeedImages(join(directory, 'h3'));
  await seeds.put('u1', files);
  await seeds.put('u2', files);
  expect((await stat(seeds.path('u1'))).mode & 0o777).toBe(0o600);
  seeds.keepOnly((uid) => uid === 'u2');
  await expect(stat(seeds.path('u1'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(execFileSync('ls', ['-A', join(directory, 'h3')], { encoding: 'utf8' })).toBe('u2.iso\n');
});
