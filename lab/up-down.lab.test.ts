import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { markedProcesses } from './process-table.js';
import { cliMain, runCli, type CliResult } from './testing/cli.js';
import { leftovers, machineMarks } from './testing/leftovers.js';

/** Of a user who owns nothing: `nobody` of Debian. */
const nobody = { uid: 65_534, gid: 65_534 };

let directory: string;
let stateDirectory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-up-'));
  stateDirectory = join(directory, 'state');
});

afterEach(async () => {
  await runCli(stateDirectory, ['down']);
  await rm(directory, { recursive: true, force: true });
});

/** `up`, killed with -9 once it has said this. */
async function upKilledAt(words: string): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [cliMain, 'up'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOLDFAST_STATE: stateDirectory },
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes(words)) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(signal, said).toBe('SIGKILL');
}

describe('up that is killed with -9', () => {
  it.each(['h2 has power', 'waiting for'])(
    'when it says "%s": down removes everything',
    async (words) => {
      const before = await machineMarks();
      await upKilledAt(words);
      expect(await leftovers(stateDirectory)).not.toEqual([]);
      expect(await runCli(stateDirectory, ['down'])).toMatchObject({ code: 0, stderr: '' });
      expect(await leftovers(stateDirectory)).toEqual([]);
      expect(await machineMarks()).toEqual(before);
    },
  );

  it('in the middle: another up says what to do, and after it everything starts anew', async () => {
    await upKilledAt('starting the services');
    const again = await runCli(stateDirectory, ['up']);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('./holdfast down first');
    expect(await runCli(stateDirectory, ['down'])).toMatchObject({ code: 0 });
    expect(await runCli(stateDirectory, ['up', '--hosts', '1'])).toMatchObject({ code: 0 });
    expect(await runCli(stateDirectory, ['down'])).toMatchObject({ code: 0, stderr: '' });
    expect(await leftovers(stateDirectory)).toEqual([]);
  });
});

describe('down', () => {
  it('is done twice, or with nothing there, without an error', async () => {
    for (let time = 0; time < 2; time += 1) {
      expect(await runCli(stateDirectory, ['down'])).toMatchObject({ code: 0, stderr: '' });
    }
  });
});

describe('up --simulated', () => {
  async function asNobody(...args: string[]): Promise<CliResult> {
    const child = spawn(process.execPath, [cliMain, ...args], {
      ...nobody,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: directory, HOLDFAST_STATE: stateDirectory },
    });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text));
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...said };
  }

  it('runs without root: VMs are made, moved and survive, and down removes it', async () => {
    await mkdir(stateDirectory);
    await chown(stateDirectory, nobody.uid, nobody.gid);
    await chown(directory, nobody.uid, nobody.gid);

    expect(await asNobody('up', '--simulated')).toMatchObject({ code: 0 });
    const token = await stat(join(stateDirectory, 'token'));
    expect({ uid: token.uid, mode: token.mode & 0o777 }).toEqual({ uid: nobody.uid, mode: 0o600 });
    expect(await asNobody('vm', 'create', 'web1')).toMatchObject({ code: 0 });
    const list = await asNobody('vm', 'list');
    expect(list.stdout).toMatch(/^web1 +running +h\d/m);
    expect(await asNobody('vm', 'migrate', 'web1')).toMatchObject({ code: 0 });
    const second = await asNobody('up', '--simulated');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('./holdfast down first');
    for (const { pid } of await markedProcesses(stateDirectory)) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      expect(status).toMatch(new RegExp(`^Uid:\\s+${nobody.uid}\\s+${nobody.uid}\\s`, 'm'));
    }
    expect(await asNobody('vm', 'delete', 'web1')).toMatchObject({ code: 0 });
    expect(await asNobody('down')).toMatchObject({ code: 0, stderr: '' });
    expect(await leftovers(stateDirectory)).toEqual([]);
  });

  it('up for real, without root, is refused with the remedy', async () => {
    await chown(directory, nobody.uid, nobody.gid);
    const up = await asNobody('up');
    expect(up.code).toBe(1);
    expect(up.stderr).toContain('root');
  });
});
