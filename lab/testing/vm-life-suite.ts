import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawHttp } from './raw-http.js';
import type { TestSystem } from './test-system.js';
import { until } from './until.js';

const hosts = ['h1', 'h2', 'h3'];

async function virsh(system: TestSystem, host: string, ...args: string[]): Promise<string> {
  const { stdout } = await system.lab.node(host).exec('virsh', ['-c', 'qemu:///system', ...args]);
  return stdout;
}

function poolFiles(system: TestSystem): Promise<string[]> {
  return readdir(join(system.lab.node('san1').fileDirectory, 'pool'));
}

/** Everything that a request may have made and left. */
async function traces(system: TestSystem): Promise<object> {
  const vms = await system.client.vms();
  const volumes = await system.client.volumes();
  return {
    vms: vms.items.map(({ name, generation }) => `${name} g${generation}`).sort(),
    volumes: volumes.items.map(({ volume }) => volume).sort(),
    files: (await poolFiles(system)).sort(),
    targets: await system.openTargets(),
  };
}

/** A VM's life, told through the command line. */
export function vmLifeSuite(given: () => TestSystem): void {
  describe('the life of a VM through the command line', () => {
    let system: TestSystem;
    beforeAll(() => {
      system = given();
    });

    it('is created on the host that was asked for, and its guest writes its journal', async () => {
      await system.createVm('life', 'h1');
      expect(await system.done('vm', 'list')).toMatch(/^life +running +h1 +1 +128 MiB +64 MiB/m);
      expect(await system.done('volume', 'list')).toMatch(/life-disk0-\S+ +life +.*h1 g1/);
      expect(await system.done('vm', 'log', 'life')).toContain('running on h1');
    });

    it('stops when its guest has powered itself down, and nobody has access any more', async () => {
      const host = await system.hostOf('life');
      expect(await system.done('vm', 'stop', 'life')).toContain('life is stopped');
      const log = '/var/log/libvirt/holdfast';
      const { stdout } = await system.lab.node(host)
        .exec('bash', ['-c', `cat ${log}/*life*`]);
      expect(stdout).toContain('power button pressed, powering off');
      expect(await system.openTargets()).toEqual([]);
      expect((await virsh(system, host, 'list', '--all', '--name')).trim()).toBe('');
      const { phase, assignment } = await system.client.vm('life');
      expect({ phase, assignment }).toEqual({ phase: 'stopped', assignment: null });
    });

    it('takes another name while it is stopped, and its own again', async () => {
      const before = await system.client.vm('life');
      expect(await system.done('vm', 'rename', 'life', 'other')).toContain('other is stopped');
      expect((await system.client.vms()).items.map(({ name }) => name)).not.toContain('life');
      expect(await system.done('volume', 'list')).toMatch(/life-disk0-\S+ +other /);
      expect(await system.done('vm', 'log', 'other')).toContain('running on h1');
      expect(await system.done('vm', 'rename', 'other', 'life')).toContain('life is stopped');
      const { uid, volumes, generation } = await system.client.vm('life');
      expect({ uid, volumes }).toEqual({ uid: before.uid, volumes: before.volumes });
      expect(generation).toBe(before.generation + 2);
    });

    it('starts again: a new boot goes on where the journal ended', async () => {
      const { bootId } = system.newest('life');
      await system.done('vm', 'start', 'life');
      await system.newBoot('life', bootId);
      expect(system.journal('life').isWhole()).toBe(true);
    });

    it('reboots where it is, at the same generation', async () => {
      // Its guest listens to the power button a moment after it began to write.
      await system.writesOn('life');
      const { bootId } = system.newest('life');
      const before = await system.client.vm('life');
      await system.done('vm', 'reboot', 'life');
      await system.newBoot('life', bootId);
      const after = await system.client.vm('life');
      expect(after.assignment).toEqual(before.assignment);
      expect(system.journal('life').isWhole()).toBe(true);
    });

    it('stands still while it is paused, also when its agent starts anew, and goes on in the same boot', async () => {
      await system.writesOn('life');
      const { bootId } = system.newest('life');
      const host = await system.hostOf('life');
      await system.done('vm', 'set', 'life', '--note', 'stands still', '--label', 'env=test', '--protect');
      expect((await system.cli('vm', 'delete', 'life')).stderr).toContain('--no-protect');
      expect(await system.done('vm', 'pause', 'life')).toContain(`life is paused on ${host}`);
      expect(await system.done('vm', 'list', '--filter', 'labels.env=test')).toMatch(/^life +paused/m);
      const state = async (): Promise<string> => (await virsh(system, host, 'domstate', 'life', '--reason')).trim();
      expect(await state()).toBe('paused (user)');
      const { n } = system.newest('life');
      const png = await system.client.screenshot('life');
      expect(png.toString('latin1', 0, 4)).toBe('\x89PNG');
      const before = (await system.client.host(host)).observed?.startedAtMs ?? 0;
      const pid = await system.kill(host, 'agent');
      await system.respawned(host, 'agent', pid);
      await until('the agent to say so anew', async () => {
        const { observed } = await system.client.host(host);
        return observed?.vms['life']?.held === true && observed.startedAtMs > before;
      });
      expect(await state()).toBe('paused (user)');
      expect((await system.cli('vm', 'migrate', 'life')).stderr).toContain('vm resume life');
      expect(system.newest('life').n).toBe(n);
      expect(await system.done('vm', 'resume', 'life')).toContain('life is running');
      await system.writesOn('life');
      expect(system.newest('life').bootId).toBe(bootId);
      await system.done('vm', 'reset', 'life');
      await system.newBoot('life', bootId);
      await system.done('vm', 'set', 'life', '--no-protect');
      expect(system.journal('life').isWhole()).toBe(true);
    });

    it('is suspended, and goes on in the same boot on another host', async () => {
      await system.writesOn('life');
      const { bootId } = system.newest('life');
      const from = await system.hostOf('life');
      const to = from === 'h1' ? 'h2' : 'h1';
      expect(await system.done('vm', 'suspend', 'life')).toContain('life is suspended');
      expect(await system.done('vm', 'list', '--filter', 'suspended=true')).toMatch(/^life +suspended/m);
      expect((await virsh(system, from, 'list', '--name')).split('\n')).not.toContain('life');
      expect((await system.cli('vm', 'disk', 'add', 'life', '--size', '1MiB')).stderr).toContain('--discard-memory');
      expect(await system.done('vm', 'start', 'life', '--host', to)).toContain(`life is running on ${to}`);
      await system.writesOn('life');
      expect(system.newest('life').bootId).toBe(bootId);
      expect(system.journal('life').isWhole()).toBe(true);
      await until('its memory to be deleted', async () => (await system.client.vm('life')).volumes.length === 1);
    });

    it('grows while it runs, moves with its size, and gets and gives back disks and NICs', async () => {
      const most = ['--max-cpus', '2', '--memory', '256MiB', '--max-memory', '512MiB'];
      await system.createVm('large', 'h1', ...most);
      const size = async (host: string): Promise<string[]> => {
        const cpus = await virsh(system, host, 'vcpucount', 'large', '--current', '--live');
        const memory = await virsh(system, host, 'dominfo', 'large');
        return [cpus.trim(), /Max memory: +(\d+) KiB/.exec(memory)?.[1] ?? memory];
      };
      expect(await system.done('vm', 'resize', 'large', '--cpus', '2', '--memory', '384MiB')).toContain('2 CPUs');
      expect(await size('h1')).toEqual(['2', String(384 * 1024)]);
      await system.done('vm', 'migrate', 'large', 'h2');
      expect(await size('h2')).toEqual(['2', String(384 * 1024)]);
      expect((await system.cli('vm', 'resize', 'large', '--memory', '256MiB')).stderr).toContain('--at-next-start');
      const disks = async (host: string): Promise<string[] | null> =>
        (await virsh(system, host, 'domblklist', 'large')).match(/\bvd[a-z]\b/g);
      await system.done('vm', 'disk', 'add', 'large', '--size', '1MiB');
      expect(await disks('h2')).toEqual(['vda', 'vdb']);
      const bridges = async (host: string): Promise<string[] | null> =>
        (await virsh(system, host, 'domiflist', 'large')).match(/\bbr-\w+/g);
      expect(await system.done('vm', 'nic', 'add', 'large', 'private')).toContain('NIC 1');
      expect(await bridges('h2')).toEqual(['br-guest', 'br-private']);
      await system.done('vm', 'migrate', 'large', 'h1');
      expect(await disks('h1')).toEqual(['vda', 'vdb']);
      expect(await bridges('h1')).toEqual(['br-guest', 'br-private']);
      await system.done('vm', 'nic', 'remove', 'large', '1');
      expect(await bridges('h1')).toEqual(['br-guest']);
      const { volume = '' } = (await system.client.vm('large')).volumes[1] ?? {};
      await system.done('vm', 'disk', 'remove', 'large', volume, '--delete');
      expect(await disks('h1')).toEqual(['vda']);
      expect((await poolFiles(system)).filter((file) => file.includes(volume))).toEqual([]);
      await system.writesOn('large');
      await system.done('vm', 'stop', 'large', '--force');
      await system.done('vm', 'disk', 'add', 'large', '--size', '1MiB');
      await system.done('vm', 'start', 'large', '--host', 'h1');
      expect(await size('h1')).toEqual(['2', String(384 * 1024)]);
      expect(await disks('h1')).toEqual(['vda', 'vdb']);
      await system.deleteVm('large');
    });

    it('migrates while it runs: another host, no new boot, one target', async () => {
      const { bootId } = system.newest('life');
      const from = await system.hostOf('life');
      const to = hosts.find((host) => host !== from) ?? '';
      expect(await system.done('vm', 'migrate', 'life', to)).toContain(`running on ${to}`);
      await system.writesOn('life');
      expect(system.newest('life').bootId).toBe(bootId);
      expect(system.journal('life').isWhole()).toBe(true);
      expect(await system.openTargets()).toEqual(await system.grantedTargets());
      expect(await system.openTargets()).toHaveLength(1);
      expect((await virsh(system, from, 'list', '--all', '--name')).trim()).toBe('');
    });

    it('returns at once with --no-wait, and the operation tells the end', async () => {
      const answer = await system.done('vm', 'stop', 'life', '--force', '--no-wait', '--json');
      const { operation } = JSON.parse(answer) as { operation: string };
      await until('the stop to end', async () =>
        (await system.client.operation(operation)).state === 'done');
      expect(await system.done('operation', 'show', operation)).toContain('stop life');
    });

    it('is deleted while it runs, and leaves no volume, target, domain or secret', async () => {
      await system.done('vm', 'start', 'life');
      await system.deleteVm('life');
      expect(await system.done('vm', 'list')).toContain('there is no VM yet');
      expect(await system.done('volume', 'list')).toContain('there is no volume yet');
      expect(await system.openTargets()).toEqual([]);
      expect(await poolFiles(system)).toEqual([]);
      for (const host of hosts) {
        expect((await virsh(system, host, 'list', '--all', '--name')).trim()).toBe('');
        expect(await virsh(system, host, 'secret-list')).not.toContain('life');
      }
      expect((await system.cli('vm', 'show', 'life')).code).toBe(1);
    });
  });
}

interface BadInput {
  readonly why: string;
  readonly args: string[];
  readonly code: number;
  /** Parts of what must be said: the field and the remedy. */
  readonly says: string[];
}

const badInputs: BadInput[] = [
  { why: 'an unknown VM shown', args: ['vm', 'show', 'nope'], code: 1, says: ['nope', 'taken'] },
  { why: 'an unknown VM stopped', args: ['vm', 'stop', 'nope'], code: 1, says: ['nope', 'taken'] },
  { why: 'an unknown VM moved', args: ['vm', 'migrate', 'nope'], code: 1, says: ['nope', 'taken'] },
  { why: 'an unknown VM deleted', args: ['vm', 'delete', 'nope'], code: 1, says: ['nope'] },
  { why: 'an unknown host shown', args: ['host', 'show', 'h9'], code: 1, says: ['h9', 'h1'] },
  {
    why: 'an unknown host to move to', args: ['vm', 'migrate', 'taken', 'h9'],
    code: 1, says: ['--host', 'h9', 'h1'],
  },
  {
    why: 'an unknown host to start on', args: ['vm', 'create', 'new1', '--host', 'h9'],
    code: 1, says: ['--host', 'h9', 'h1'],
  },
  {
    why: 'an unknown host confirmed dead',
    args: ['host', 'confirm-dead', 'h9', '--reason', 'its power supply burnt', '--confirm', 'h9'],
    code: 1, says: ['h9', 'h1'],
  },
  {
    why: 'a host confirmed dead under another name',
    args: ['host', 'confirm-dead', 'h1', '--reason', 'its power supply burnt', '--confirm', 'h2'],
    code: 1, says: ['--confirm', 'h1'],
  },
  {
    why: 'a host confirmed dead that is heard',
    args: ['host', 'confirm-dead', 'h1', '--reason', 'its power supply burnt', '--confirm', 'h1'],
    code: 1, says: ['h1'],
  },
  { why: 'an unknown host emptied', args: ['host', 'maintenance', 'h9'], code: 1, says: ['h9', 'h1'] },
  {
    why: 'a host put back to work that works', args: ['host', 'maintenance', 'h1', '--off'],
    code: 1, says: ['h1 is not in maintenance'],
  },
  { why: 'an unknown rule dropped', args: ['rule', 'remove', 'nope'], code: 1, says: ['nope'] },
  {
    why: 'a rule about one VM and itself', args: ['rule', 'add', 'new1', '--vms', 'a,a', '--apart'],
    code: 1, says: ['--vms', 'at least two'],
  },
  { why: 'a rule that says nothing', args: ['rule', 'add', 'new1', '--vms', 'a,b'], code: 2, says: ['--apart'] },
  { why: 'an unknown host shut down', args: ['lab', 'shutdown', 'h9'], code: 1, says: ['h9', 'h1'] },
  { why: 'a VM relocated to nowhere', args: ['vm', 'relocate', 'taken'], code: 2, says: ['--to'] },
  { why: 'a name twice', args: ['vm', 'create', 'taken'], code: 1, says: ['NAME', 'taken', 'another name'] },
  {
    why: 'a name that is none', args: ['vm', 'create', 'New_1'],
    code: 1, says: ['NAME', 'lower-case letters'],
  },
  { why: '0 CPUs', args: ['vm', 'create', 'new1', '--cpus', '0'], code: 1, says: ['--cpus', 'from 1'] },
  {
    why: 'a disk of -1 GiB', args: ['vm', 'create', 'new1', '--disk', '-1GiB'],
    code: 2, says: ['--disk', 'for example 128MiB'],
  },
  {
    why: 'more memory than any host has', args: ['vm', 'create', 'new1', '--memory', '64GiB'],
    code: 1, says: ['--memory', 'more than any host has', 'at most 2048 MiB'],
  },
  { why: 'an unknown command', args: ['vm', 'creat', 'new1'], code: 2, says: ['creat'] },
  { why: 'a missing argument', args: ['vm', 'create'], code: 2, says: ['NAME'] },
  { why: 'a second up', args: ['up'], code: 1, says: ['already', './holdfast down first'] },
  { why: 'a second up, simulated', args: ['up', '--simulated'], code: 1, says: ['already', 'down'] },
  { why: 'no hosts at all', args: ['up', '--hosts', '0'], code: 1, says: ['hosts', '1'] },
  { why: 'a fault of an unknown host', args: ['lab', 'power', 'h9', 'off'], code: 1, says: ['h9', 'h1'] },
  { why: 'a pause of no length', args: ['lab', 'pause', 'h1', 'long'], code: 1, says: ['seconds'] },
  {
    why: 'an unknown cable', args: ['lab', 'link', 'h1', 'power', 'down'],
    code: 2, says: ['management', 'storage'],
  },
];

const badBodies: { why: string; body: string; says: string[] }[] = [
  { why: 'malformed JSON', body: '{"name": "new1", ', says: ['JSON'] },
  { why: 'JSON that is no object', body: '[1]', says: [] },
  {
    why: 'a disk of -1 GiB', says: ['disks'],
    body: '{"name":"new1","cpus":1,"memoryMiB":128,"disks":[{"sizeMiB":-1024}]}',
  },
  { why: '0 CPUs', body: '{"name":"new1","cpus":0,"memoryMiB":128}', says: ['cpus'] },
  { why: 'a field too many', body: '{"name":"new1","cpus":1,"memoryMiB":128,"cpu":2}', says: ['cpu'] },
];

export function badInputSuite(given: () => TestSystem): void {
  describe('bad input is refused with its reason, and leaves nothing', () => {
    let system: TestSystem;
    let before: object;
    beforeAll(async () => {
      system = given();
      await system.done('vm', 'create', 'taken', '--no-start');
      before = await traces(system);
    });
    afterAll(async () => {
      await system.done('vm', 'delete', 'taken');
    });

    it.concurrent.each(badInputs)('$why: exit $code', async ({ args, code, says }) => {
      const result = await system.cli(...args);
      expect(result).toMatchObject({ code, stdout: '' });
      for (const part of says) expect(result.stderr).toContain(part);
      expect(result.stderr).not.toMatch(/\n +at /);
      expect(await traces(system)).toEqual(before);
    });

    it.each(badBodies)('over HTTP, $why: 400 that names the field', async ({ body, says }) => {
      const answer = await rawHttp(system.context, '/api/v1/vms', { method: 'POST', body });
      expect(answer.status).toBe(400);
      for (const part of says) expect(answer.body).toContain(part);
      expect(JSON.parse(answer.body)).toHaveProperty('remedy');
      expect(await traces(system)).toEqual(before);
    });

    it('over HTTP, no token or a wrong one: 401', async () => {
      for (const token of [null, 'x'.repeat(43)]) {
        const { status } = await rawHttp(system.context, '/api/v1/vms', { token });
        expect(status).toBe(401);
      }
    });

    it('an error is one JSON document with --json', async () => {
      const { code, stderr } = await system.cli('vm', 'show', 'nope', '--json');
      expect(code).toBe(1);
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'not-found' } });
    });
  });
}
