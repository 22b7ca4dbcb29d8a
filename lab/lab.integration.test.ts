import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createAuthority, issueCertificate, labDown, labUp, openLab, type CommandResult, type Lab,
} from './index.js';
import { markedProcesses } from './process-table.js';

const WAIT_MS = 30_000;
let stateDirectory: string;
let lab: Lab;

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not happen within ${WAIT_MS} ms: ${what}`);
    await sleep(50);
  }
}

async function output(node: string, command: string, ...args: string[]): Promise<string> {
  const result = await lab.node(node).exec(command, args);
  if (result.code !== 0) throw new Error(`${command} on ${node}: ${result.stderr}`);
  return result.stdout.trim();
}

async function reaches(from: string, target: string, port: number): Promise<boolean> {
  const dial = `exec 3<>/dev/tcp/${target}/${port}`;
  return (await lab.node(from).exec('timeout', ['2', 'bash', '-c', dial])).code === 0;
}

async function ipmi(host: string, ...command: string[]): Promise<string> {
  const bmc = lab.instance.nodes.find((node) => node.name === host)?.bmc;
  return await output('control1', 'ipmitool', '-I', 'lanplus', '-C', '3',
    '-H', bmc!.address, '-U', bmc!.user, '-f', bmc!.passwordFile, ...command);
}

const bootId = (host: string): Promise<string> =>
  output(host, 'cat', '/proc/sys/kernel/random/boot_id');
const uuidOf = (host: string): string =>
  lab.instance.nodes.find((node) => node.name === host)!.uuid!;

/** A program that adds a line to a file on the node's disk ten times a second. */
async function startCounter(node: string): Promise<() => number> {
  const { fileDirectory } = lab.node(node);
  const file = join(fileDirectory, 'count');
  await lab.node(node).supervise({
    name: 'counter', command: 'bash', logFile: join(fileDirectory, 'log/counter.log'),
    args: ['-c', `while :; do echo >> ${file}; sleep 0.1; done`],
  });
  const count = (): number => {
    try {
      return readFileSync(file).length;
    } catch {
      return 0;
    }
  };
  await until(`the counter of ${node} counts`, async () => count() > 0);
  return count;
}

beforeAll(async () => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'holdfast-lab-'));
  lab = await labUp({ stateDirectory, hosts: 2, controlNodes: 1 });
}, 60_000);

afterAll(async () => {
  await labDown(stateDirectory);
  rmSync(stateDirectory, { recursive: true, force: true });
}, 60_000);

describe('a lab of two hosts', { timeout: 120_000 }, () => {
  test('each host is a hypervisor of its own, with its own UUID, name and boot id', async () => {
    for (const host of ['h1', 'h2']) {
      const capabilities = await output(host, 'virsh', '-c', 'qemu:///system', 'capabilities');
      expect(capabilities).toContain(`<uuid>${uuidOf(host)}</uuid>`);
      expect(await output(host, 'virsh', '-c', 'qemu:///system', 'hostname')).toBe(host);
    }
    const ids = [await bootId('h1'), await bootId('h2'), await bootId('san1'),
      readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()];
    expect(new Set(ids).size).toBe(4);
  });

  test('hypervisors call each other over TLS and refuse a stranger\'s certificate', async () => {
    expect(await output('h1', 'virsh', '-c', 'qemu+tls://h2/system', 'hostname')).toBe('h2');
    const call = async (authority: string): Promise<CommandResult> => {
      const directory = join(lab.node('control1').fileDirectory, `client-of-${authority}`);
      const files = await issueCertificate(
        await createAuthority(join(stateDirectory, authority)),
        { commonName: 'h1', dnsNames: [], ipAddresses: [], directory, client: true, server: false },
      );
      // The stranger trusts the lab: only its own certificate is wrong.
      copyFileSync(join(stateDirectory, 'pki/ca-cert.pem'), join(directory, 'cacert.pem'));
      copyFileSync(files.certFile, join(directory, 'clientcert.pem'));
      copyFileSync(files.keyFile, join(directory, 'clientkey.pem'));
      return await lab.node('control1').exec(
        'virsh', ['-c', `qemu+tls://h2/system?pkipath=${directory}`, 'hostname']);
    };
    expect(await call('pki')).toMatchObject({ code: 0 });
    expect(await call('strange')).toMatchObject({ code: 1 });
  });

  test('a second lab in the same place is refused and told what to do', async () => {
    await expect(labUp({ stateDirectory, hosts: 1 })).rejects.toMatchObject({
      code: 'already-running', message: expect.stringContaining('./holdfast down'),
    });
    expect((await openLab(stateDirectory))?.instance.incarnation).toBe(lab.instance.incarnation);
  });

  test('the BMC bears the host\'s UUID and cuts and gives its power', async () => {
    // Only `dump` says the bytes as they are: in every other mode ipmitool guesses their order.
    expect((await ipmi('h1', 'mc', 'guid', 'dump')).toLowerCase())
      .toContain(uuidOf('h1').replaceAll('-', ''));
    const before = await bootId('h1');
    await output('h1', 'sh', '-c', 'echo kept > "$0"', join(lab.node('h1').fileDirectory, 'disk'));
    const init = (await readFile(
      `/proc/${lab.instance.init.pid}/root/run/holdfast/nodes/h1/init`, 'utf8')).split(' ')[0];
    const processes = `/proc/${lab.instance.init.pid}/root/proc/${init}`;
    expect(await readlink(`${processes}/ns/pid`)).toMatch(/^pid:/);

    await ipmi('h1', 'chassis', 'power', 'off');
    expect(await ipmi('h1', 'chassis', 'power', 'status')).toBe('Chassis Power is off');
    await expect(readlink(`${processes}/ns/pid`)).rejects.toThrow(/ENOENT/);
    await expect(lab.node('h1').exec('true')).rejects.toMatchObject({ code: 'node-off' });
    expect(await reaches('h2', 'h1', 16514)).toBe(false);

    await ipmi('h1', 'chassis', 'power', 'on');
    expect(await ipmi('h1', 'chassis', 'power', 'status')).toBe('Chassis Power is on');
    await lab.hypervisorReady('h1');
    expect(await bootId('h1')).not.toBe(before);
    expect(readFileSync(join(lab.node('h1').fileDirectory, 'disk'), 'utf8')).toBe('kept\n');
    await until('h2 reaches h1 again', () => reaches('h2', 'h1', 16514));
  });

  test('a cable can be pulled and plugged, alone and over a power cycle', async () => {
    expect(await reaches('h1', 'san1-storage', 3260)).toBe(true);
    await lab.link('h1', 'storage', 'down');
    expect(await reaches('h1', 'san1-storage', 3260)).toBe(false);
    expect(await reaches('h2', 'san1-storage', 3260)).toBe(true);
    expect(await reaches('h1', 'h2', 16514)).toBe(true);
    await lab.power('h1', 'reset');
    await lab.hypervisorReady('h1');
    expect(await reaches('h1', 'san1-storage', 3260)).toBe(false);
    await lab.link('h1', 'storage', 'up');
    await until('h1 reaches the SAN again', () => reaches('h1', 'san1-storage', 3260));

    await lab.link('h1', 'bmc', 'down');
    const h1 = (await lab.status()).nodes.find((node) => node.name === 'h1');
    expect(h1).toMatchObject({ power: 'on', bmc: 'unreachable', links: { bmc: 'down' } });
    await lab.link('h1', 'bmc', 'up');
  });

  test('a paused host stands still while the others go on', async () => {
    const paused = await startCounter('h1');
    const other = await startCounter('h2');
    const done = lab.pause('h1', 3);
    await until('h1 is paused', async () =>
      (await lab.status()).nodes.some((node) => node.name === 'h1' && node.paused));
    const [pausedAt, otherAt] = [paused(), other()];
    await until('h2 counts on', async () => other() > otherAt + 5);
    expect(paused()).toBe(pausedAt);
    await done;
    await until('h1 counts again', async () => paused() > pausedAt);
    await lab.node('h1').unsupervise('counter');
    await lab.node('h2').unsupervise('counter');
  });

  test('a supervised program is respawned, stopped, started, and back with the power', async () => {
    const node = lab.node('h2');
    await node.supervise({
      name: 'agent', command: 'sleep', args: ['1000'], env: { TOKEN: 'quiet' },
      logFile: join(node.fileDirectory, 'log/agent.log'),
    });
    const running = async (): Promise<boolean> =>
      (await node.programState('agent')) === 'running';
    await until('the agent runs', running);
    // Empty while it is between two lives.
    const pid = async (): Promise<string> =>
      (await node.exec('cat', ['/run/holdfast/programs/agent/pid'])).stdout.trim();
    const first = await pid();
    await output('h2', 'kill', '-KILL', first);
    await until('it is respawned', async () => (await running()) && !['', first].includes(await pid()));
    await lab.agent('h2', 'stop');
    expect(await node.programState('agent')).toBe('stopped');
    await lab.agent('h2', 'start');
    await until('it runs again', running);
    await lab.power('h2', 'reset');
    await until('it runs after the power cut', running);
    await node.unsupervise('agent');
    await expect(lab.agent('h2', 'stop')).rejects.toMatchObject({ code: 'unknown-program' });
  });

  test('a control program serves a socket of the machine from its own network', async () => {
    const control = lab.node('control1');
    const serve = `const { createServer } = require('node:http');
      createServer((_, answer) => answer.end(require('node:os').hostname())).listen({ fd: 3 });`;
    const { port } = await control.supervise({
      name: 'web', command: process.execPath, args: ['-e', serve],
      listen: { host: '127.0.0.1', port: 0 }, logFile: join(control.fileDirectory, 'log/web.log'),
    });
    const answer = async (): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${port}/`, {
        headers: { connection: 'close' }, signal: AbortSignal.timeout(10_000),
      });
      return await response.text();
    };
    expect(await answer()).toBe('control1');
    await control.stopProgram('web');
    await control.startProgram('web');
    expect(await answer()).toBe('control1');
    await control.unsupervise('web');
  });

  test('the SAN loses its power and gets it back with its disk', async () => {
    const pool = join(lab.node('san1').fileDirectory, 'pool', 'volume');
    await output('san1', 'sh', '-c', 'echo kept > "$0"', pool);
    await lab.san('down');
    expect(await reaches('h1', 'san1-storage', 3260)).toBe(false);
    await lab.san('up');
    await until('the portal is back', () => reaches('h1', 'san1-storage', 3260));
    expect(await output('san1', 'cat', pool)).toBe('kept');
  });

  test('what cannot be done is refused in words', async () => {
    await expect(lab.power('h9', 'off')).rejects.toMatchObject({
      code: 'unknown-node', message: 'there is no host h9; there are h1, h2',
    });
    await expect(lab.bus('down')).rejects.toMatchObject({ code: 'unknown-program' });
    await expect(lab.pause('h1', -1)).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('the machine sees nothing of it but processes', () => {
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(stateDirectory);
    expect(readdirSync('/sys/class/net').filter((name) => /^(h|san|control)\d/.test(name)))
      .toEqual([]);
  });
});

describe('an up that is cut off', { timeout: 120_000 }, () => {
  let place: string;
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), 'holdfast-cut-'));
  });
  afterAll(async () => {
    await labDown(place);
    rmSync(place, { recursive: true, force: true });
  });

  /** Runs `labUp` in a process of its own and kills that when a step begins with these words. */
  async function cutAt(step: string, delayMs: number): Promise<void> {
    const hooks = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        return next(/^\\.\\/.*\\.js$/.test(name) && /\\/lab\\/[^/]+\\.ts$/.test(context.parentURL)
          ? name.replace(/js$/, 'ts') : name, context);
      } });`;
    const main = `import { labUp } from ${JSON.stringify(join(import.meta.dirname, 'up.ts'))};
      await labUp({ stateDirectory: ${JSON.stringify(place)}, hosts: 2,
        progress: (step) => console.log(step) });`;
    const child = spawn(process.execPath, [
      '--import', `data:text/javascript,${encodeURIComponent(hooks)}`,
      '--input-type=module', '--eval', main,
    ], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until(`${step}; it said: ${said}`, async () => said.includes(step));
    await sleep(delayMs);
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) {
      await new Promise((resolve) => child.once('exit', resolve));
    }
  }

  test.each([
    ['writing', 0], ['starting', 0], ['starting', 40], ['starting', 200], ['h2 has power', 0],
  ])('at "%s" + %i ms leaves nothing after down', async (step, delayMs) => {
    await cutAt(step, delayMs);
    await labDown(place);
    expect(await markedProcesses(place)).toEqual([]);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(place);
    expect(readdirSync(place)).toEqual(['lock']);
    await labDown(place);
    expect(await openLab(place)).toBeNull();
  });

  test('and the next up in the same place works', async () => {
    const next = await labUp({ stateDirectory: place, hosts: 1 });
    expect((await next.node('h1').exec('hostname')).stdout.trim()).toBe('h1');
    await next.down();
    expect(await markedProcesses(place)).toEqual([]);
  });
});
