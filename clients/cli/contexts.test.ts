import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeCluster, type FakeCluster } from '../../services/api/testing/fake-cluster.js';
import { begin, words, type Running } from './testing/command-line.js';

let cluster: FakeCluster;
const directory = mkdtempSync(join(tmpdir(), 'holdfast-contexts-'));
const tokenFile = join(directory, 'token');
const config = join(directory, 'config', 'config.json');

beforeAll(async () => {
  cluster = await startFakeCluster();
  writeFileSync(tokenFile, `${cluster.token}\n`, { mode: 0o600 });
});
afterAll(async () => {
  await cluster.close();
  rmSync(directory, { recursive: true });
});

/** As a person on a machine where nothing runs. */
const holdfast = (line: string, env: Record<string, string> = {}): Running['finished'] =>
  begin(words(line), cluster, { env: { HOLDFAST_CONFIG: config, HOLDFAST_STATE: directory, ...env } }).finished;

describe('contexts', () => {
  test('are made, used and forgotten, and what is used is what commands talk to', async () => {
    expect((await holdfast('config list')).out).toContain('no context yet');
    expect((await holdfast('status')).err).toContain('nothing is running here');
    const made = await holdfast(`config set lab --api ${cluster.api.url} --token-file ${tokenFile}`);
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('lab is set') });
    expect(statSync(config).mode & 0o777).toBe(0o600);

    expect((await holdfast('host list --context lab')).code).toBe(0);
    expect((await holdfast('host list', { HOLDFAST_CONTEXT: 'lab' })).code).toBe(0);
    expect((await holdfast('host list')).code).toBe(1);
    expect((await holdfast('config use lab')).code).toBe(0);
    expect((await holdfast('host list')).code).toBe(0);
    expect((await holdfast('config list')).out).toMatch(/^\* +lab +http/m);
    expect((await holdfast('config use --local')).code).toBe(0);
    expect((await holdfast('host list')).code).toBe(1);
    expect((await holdfast('config delete lab')).code).toBe(0);
    expect((await holdfast('config list')).out).toContain('no context yet');
  });

  test.each([
    ['one that is not there', 'status --context other', 1, 'there is no context "other"'],
    ['a name with a slash', `config set a/b --api http://127.0.0.1:1 --token-file ${tokenFile}`, 2, 'cannot be the name'],
    ['a token file that is not there', 'config set a --api http://127.0.0.1:1 --token-file /nowhere', 2, 'no file'],
    ['an API that is no URL', `config set a --api nowhere --token-file ${tokenFile}`, 1, 'is not the URL'],
    ['neither a name nor --local', 'config use', 2, '--local'],
  ])('refuse %s', async (_what, line, code, text) => {
    expect(await holdfast(line)).toMatchObject({ code, err: expect.stringContaining(text) });
  });

  test('a damaged file is told by its name, and left as it is', async () => {
    const damaged = join(directory, 'damaged.json');
    writeFileSync(damaged, '{"current":');
    const { code, err } = await holdfast('status', { HOLDFAST_CONFIG: damaged });
    expect(code).toBe(1);
    expect(err).toContain(`${damaged} is damaged`);
  });
});
