import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { labDown, labUp } from './index.js';

let directory: string;
let stateDirectory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-software-'));
  stateDirectory = join(directory, 'state');
});

afterEach(async () => {
  await labDown(stateDirectory);
  await rm(directory, { recursive: true, force: true });
});

test('nodes have programs and directories that the machine lacks, also after a power cut', async () => {
  const program = join(directory, 'usr/bin/holdfast-greeting');
  await mkdir(join(directory, 'usr/bin'), { recursive: true });
  await writeFile(program, '#!/bin/sh\necho hello\n');
  await chmod(program, 0o755);
  const directories = ['/var/lib/holdfast-greeting', '/var/log/holdfast-greeting', '/var/log/holdfast-farewell'];
  // As when the lab's state lies in /var/lib, which it does by default.
  directories.push(join(directory, 'beside-the-state'));
  const lab = await labUp({ stateDirectory, hosts: 1, software: { directory, directories } });
  for (const boot of ['the first', 'the second']) {
    const host = lab.node('h1');
    expect(await host.exec('holdfast-greeting'), boot).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(await host.exec('touch', directories.map((each) => join(each, 'file'))), boot).toMatchObject({ code: 0 });
    await lab.power('h1', 'reset');
  }
  expect([...directories, '/usr/bin/holdfast-greeting'].filter((path) => existsSync(path))).toEqual([]);
}, 120_000);

test('a directory whose name cannot be a mount option is refused, and nothing is left', async () => {
  const software = { directory: '/opt/a,b', directories: [] };
  await expect(labUp({ stateDirectory, hosts: 1, software }))
    .rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('put it elsewhere') });
  expect(existsSync(join(stateDirectory, 'nodes'))).toBe(false);
}, 60_000);
