import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from './run.js';

const root = mkdtempSync(join(tmpdir(), 'holdfast-judge-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function judge(folder: string, ...flags: string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const interrupted = new AbortController().signal;
  const code = await run(['sim', 'judge', folder, ...flags], { stdin, stdout, stderr, env: {}, interrupted });
  const said = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? '';
  return { code, out: said(stdout), err: said(stderr) };
}

/** A folder of its own; `outcomes` name their expectations. */
function folderOf(name: string, files: Record<string, unknown>): string {
  const folder = join(root, name);
  mkdirSync(folder);
  for (const [file, value] of Object.entries(files)) {
    const path = join(folder, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, JSON.stringify(value));
  }
  return folder;
}

const host = { cpus: 8, memoryMiB: 8192 };
const quiet = { name: 'quiet', hosts: { node1: host, node2: host }, vms: { vm1: { host: 'node1' } }, untilS: 20 };
const asExpected = { ...quiet, expect: { running: { vm1: 'node1' } } };
const deleted = {
  ...asExpected,
  name: 'deleted',
  timeline: [{ atS: 10, do: 'vm.delete', vm: 'vm1' }],
};
const elsewhere = { ...quiet, name: 'elsewhere', expect: { strict: true, running: { vm1: 'node2' } } };

describe('sim judge', () => {
  test('all passed: exit 0; files, folders of their own, and differences of meaning that are told', async () => {
    const folder = folderOf('good', { 'a.json': asExpected, 'b/scenario.json': deleted, 'b/README.md': 'text' });
    const { code, out } = await judge(folder, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      cases: 2,
      passed: 2,
      failed: [],
      differs: [{ name: 'deleted', why: expect.stringContaining('Holdfast deletes the VM') as string }],
    });
  });

  test('some failed: exit 1, each with the reason; what is no scenario is one of them', async () => {
    const folder = folderOf('bad', { 'a.json': asExpected, 'b.json': elsewhere, 'c.json': { name: 'c' } });
    const { code, out } = await judge(folder, '--json');
    expect(code).toBe(1);
    const { cases, passed, failed } = JSON.parse(out) as { cases: number; passed: number; failed: unknown[] };
    expect({ cases, passed }).toEqual({ cases: 3, passed: 1 });
    expect(failed).toEqual([
      { name: 'elsewhere', why: 'vm1 runs on node1, not on node2' },
      { name: join(folder, 'c.json'), why: expect.stringMatching(/^not a scenario: hosts: /) as string },
    ]);
    const plain = await judge(folder);
    expect(plain.out).toMatch(/elsewhere +failed +vm1 runs on node1/);
    expect(plain.out).toContain('1 of 3 scenarios passed');
  });

  test('nothing to judge: exit 2', async () => {
    expect((await judge(folderOf('empty', {}))).code).toBe(2);
    expect((await judge(join(root, 'absent'))).code).toBe(2);
  });
});
