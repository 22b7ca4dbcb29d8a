import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastClient } from '@holdfast/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeCluster, type FakeCluster } from '../../services/api/testing/fake-cluster.js';
import { begin as beginWith, words, type Running, type Setting } from './testing/command-line.js';

let cluster: FakeCluster;
let client: HoldfastClient;

beforeAll(async () => {
  cluster = await startFakeCluster();
  client = new HoldfastClient({ baseUrl: cluster.api.url, token: cluster.token });
});
afterAll(async () => {
  await client.close();
  await cluster.close();
});

const begin = (line: string[], setting?: Setting): Running => beginWith(line, cluster, setting);

const holdfast = (line: string, setting?: Setting): Running['finished'] =>
  begin(words(line), setting).finished;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

const escape = '\u001b[';

describe('called wrongly, it exits 2 and says how it is called', () => {
  test.each([
    ['an unknown command', 'vm explode'],
    ['an unknown option', 'vm list --colour'],
    ['a missing name', 'vm show'],
    ['a size without its unit', 'vm create a --memory 128'],
    ['a disk of -1 GiB', 'vm create a --disk -1GiB'],
    ['a number that is none', 'vm create a --cpus many'],
    ['a reason left out', 'host confirm-dead h1'],
    ['a brake released without a word why', 'incident resume i1'],
    ['a relocation to nowhere', 'vm relocate web1'],
    ['a rule about nobody', 'rule add r1 --apart'],
    ['a rule that says nothing', 'rule add r1 --vms a,b'],
    ['a rule that says two things', 'rule add r1 --vms a,b --apart --together'],
    ['strict about VMs', 'rule add r1 --vms a,b --apart --strict'],
    ['hosts without their numbers', 'rule add r1 --vms a --hosts h1=many'],
    ['an empty name', 'rule add r1 --vms a,,b --apart'],
    ['nothing said to why it is disarmed', 'ha disarm'],
    ['a group without its command', 'vm'],
    ['nothing', '--json'],
  ])('%s', async (_what, line) => {
    const { code, out, err } = await holdfast(line);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).not.toBe('');
  });

  test('with --json the error is JSON on stderr', async () => {
    const { code, err } = await holdfast('vm create a --memory lots --json');
    expect(code).toBe(2);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'usage' } });
  });

  test('asking for help is not an error, and the help has examples', async () => {
    for (const line of ['--help', 'vm --help', 'vm create --help', 'help vm']) {
      const { code, out } = await holdfast(line);
      expect(code).toBe(0);
      expect(out).toContain('Usage: holdfast');
    }
    expect((await holdfast('vm create --help')).out).toContain('holdfast vm create db1 --cpus 2');
  });
});

describe('what it talks to', () => {
  const state = mkdtempSync(join(tmpdir(), 'holdfast-cli-'));
  afterAll(() => rmSync(state, { recursive: true }));

  test('where nothing runs it says so, exit 1', async () => {
    const { code, err } = await holdfast('status', { env: { HOLDFAST_STATE: state } });
    expect(code).toBe(1);
    expect(err).toContain('nothing is running here; start it with ./holdfast up');
  });

  test('the file that `up` left is enough', async () => {
    const file = { api: cluster.api.url, tokenFile: cluster.tokenFile };
    writeFileSync(join(state, 'client.json'), JSON.stringify(file));
    const { code, out } = await holdfast('status', { env: { HOLDFAST_STATE: state } });
    expect(code).toBe(0);
    expect(out).toMatch(/hosts +2 \(2 online\)/);
  });

  test('a damaged file is told as one', async () => {
    writeFileSync(join(state, 'client.json'), '{"api":');
    const { code, err } = await holdfast('status', { env: { HOLDFAST_STATE: state } });
    expect(code).toBe(1);
    expect(err).toContain('damaged');
  });

  test('an API that does not answer is a failure with a remedy', async () => {
    const env = { HOLDFAST_API: 'http://127.0.0.1:1', HOLDFAST_TOKEN_FILE: cluster.tokenFile };
    const { code, err } = await holdfast('status --json', { env });
    expect(code).toBe(1);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'unreachable' } });
  });
});

describe('changes', () => {
  test('creating ends when the operation has ended, and says where the VM runs', async () => {
    const { code, out } = await holdfast(
      'vm create web1 --cpus 2 --memory 0.25GiB --disk 64MiB --disk 1GiB',
    );
    expect(code).toBe(0);
    expect(out).toBe('web1 is running on h1\n');
    expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({
      vm: 'web1',
      spec: { cpus: 2, memoryMiB: 256, disks: [{ sizeMiB: 64 }, { sizeMiB: 1024 }] },
    });
  });

  test('a refusal names the option and the remedy, exit 1', async () => {
    const zero = await holdfast('vm create a --cpus 0');
    expect(zero.code).toBe(1);
    expect(zero.err).toContain('a VM needs at least 1 CPU (--cpus)');
    expect(zero.err).toContain('remedy: give `cpus` as a whole number');
    const twice = await holdfast('vm create web1 --json');
    expect(twice.code).toBe(1);
    expect(twice.out).toBe('');
    expect(JSON.parse(twice.err)).toMatchObject({ error: { code: 'exists', field: 'name' } });
  });

  test('an unknown VM is told with the near names', async () => {
    const { code, err } = await holdfast('vm stop web');
    expect(code).toBe(1);
    expect(err).toContain('did you mean web1?');
  });

  test('off a terminal progress is plain lines, and a failure exits 1 with the reason', async () => {
    cluster.scheduler.holds = true;
    const running = begin(['vm', 'create', 'slow1']);
    const held = async (): Promise<string | undefined> =>
      (await client.operations()).items.find(({ vm }) => vm === 'slow1')?.id;
    await until(async () => (await held()) !== undefined);
    cluster.scheduler.holds = false;
    await cluster.scheduler.end((await held()) ?? '', 'running', 'no host has room yet');
    await cluster.scheduler.end((await held()) ?? '', 'failed', 'no host had room');
    const { code, out, err } = await running.finished;
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('create of slow1 failed: no host had room');
    expect(err).not.toContain(escape);
  });

  test('--no-wait returns at once with the id of the operation', async () => {
    cluster.scheduler.holds = true;
    const { code, out } = await holdfast('vm reboot web1 --no-wait --json');
    expect(code).toBe(0);
    const { operation, vm, state } = JSON.parse(out) as Record<string, string>;
    expect({ vm, state }).toEqual({ vm: 'web1', state: 'accepted' });
    const shown = await holdfast(`operation show ${operation}`);
    expect(shown.out).toMatch(/state +running/);
    cluster.scheduler.holds = false;
    await cluster.scheduler.end(operation ?? '', 'done');
  });

  test('a change can be tried, and rest on what was read', async () => {
    const tried = await holdfast('vm stop web1 --dry-run');
    expect(tried).toMatchObject({ code: 0, err: '' });
    expect(tried.out).toMatch(/would +web1 went through stop\nnothing was changed\n/);
    const many = await holdfast('vm pause web1 nobody --dry-run');
    expect(many.out).toMatch(/web1 +web1 went through pause\nnobody +refused: there is no VM/);
    const asJson = await holdfast('host label h1 rack=r9 --dry-run --json');
    expect(JSON.parse(asJson.out)).toMatchObject({ host: 'h1', labels: { rack: 'r9' }, would: 'labelled' });
    const read = JSON.parse((await holdfast('vm show web1 --json')).out) as { phase: string; version: string };
    expect(read.phase).toBe('running');
    expect((await holdfast(`vm set web1 --priority 7 --if-match ${read.version}`)).code).toBe(0);
    const late = await holdfast(`vm set web1 --priority 8 --if-match ${read.version} --json`);
    expect(late.code).toBe(1);
    expect(JSON.parse(late.err)).toMatchObject({ error: { code: 'precondition-failed' } });
    expect((await holdfast('host clear h1 --dry-run')).err).toContain('dryRun');
  });

  test('a start that is in progress can be cancelled', async () => {
    cluster.scheduler.holds = true;
    await holdfast('vm create patient --cpus 1 --memory 64MiB --no-wait');
    cluster.scheduler.holds = false;
    const { items } = await client.operations({ filter: 'vm=patient' });
    const { code, out } = await holdfast(`operation cancel ${items[0]?.id}`);
    expect([code, out]).toEqual([0, expect.stringMatching(/^patient: is being stopped \(operation op-/)]);
    await cluster.scheduler.end(items[0]?.id ?? '', 'failed');
    expect((await holdfast(`operation cancel ${items[0]?.id}`)).err).toContain('there is nothing to cancel');
    await holdfast('vm delete patient');
  });

  test('giving up leaves the operation going, and says so', async () => {
    cluster.scheduler.holds = true;
    const running = begin(['vm', 'stop', 'web1']);
    await until(() => cluster.scheduler.asked.at(-1)?.command === 'stop');
    running.interrupt();
    cluster.scheduler.holds = false;
    const { code, err } = await running.finished;
    expect(code).toBe(1);
    expect(err).toMatch(/interrupted/);
  });

  test('a time limit ends the waiting, not the work', async () => {
    cluster.scheduler.holds = true;
    const { code, err } = await holdfast('vm stop web1 --timeout 1');
    cluster.scheduler.holds = false;
    expect(code).toBe(1);
    expect(err).toMatch(/has not ended within 1 s/);
    expect(err).toMatch(/holdfast operation show op-/);
  });

  test('migrate and delete say what is the case then', async () => {
    expect((await holdfast('vm start web1')).out).toBe('web1 is running on h1\n');
    expect((await holdfast('vm migrate web1 h2')).out).toBe('web1 is running on h2\n');
    await holdfast('vm create short-lived');
    expect((await holdfast('vm delete short-lived')).out).toBe('short-lived is deleted\n');
    expect((await holdfast('vm show short-lived')).code).toBe(1);
  });
});

describe('looking', () => {
  test('tables have aligned columns and no colours off a terminal', async () => {
    const { out } = await holdfast('vm list');
    expect(out).not.toContain(escape);
    const [headings = '', ...rows] = out.trimEnd().split('\n');
    const column = headings.indexOf('PHASE');
    expect(rows.map((row) => row.slice(column).split(' ')[0])).toEqual(['running', 'running']);
  });

  test('a terminal gets colours, unless NO_COLOR is set', async () => {
    expect((await holdfast('host list', { isTerminal: true })).out).toContain(escape);
    const env = {
      HOLDFAST_API: cluster.api.url,
      HOLDFAST_TOKEN_FILE: cluster.tokenFile,
      NO_COLOR: '1',
    };
    expect((await holdfast('host list', { isTerminal: true, env })).out).not.toContain(escape);
  });

  test.each([
    'status',
    'host list',
    'host show h1',
    'vm list',
    'vm show web1',
    'vm log web1',
    'vm log web1 --console',
    'volume list',
    'incident list',
    'incident show incident-1',
    'operation list',
  ])('%s prints a text for people and JSON for programs', async (line) => {
    const text = await holdfast(line);
    expect(text.err).toBe('');
    expect(text.code).toBe(0);
    expect(text.out).not.toBe('');
    const json = await holdfast(`${line} --json`);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.out)).toBeTypeOf('object');
  });

  test('an incident reads like a report that counts from when the host was last heard', async () => {
    const { out } = await holdfast('incident show incident-1');
    expect(out).toMatch(/suspected after +600 ms/);
    expect(out).toMatch(/^1100 +san1 +proof storage-revoked obtained: 2 targets are gone$/m);
  });

  test('a list shows what a filter lets pass, in the order that was asked for', async () => {
    const names = async (options: string): Promise<string[]> => {
      const { items } = JSON.parse((await holdfast(`vm list --json ${options}`)).out) as { items: { name: string }[] };
      return items.map(({ name }) => name);
    };
    const all = await names('--sort -name');
    expect(all).toEqual([...all].sort().reverse());
    expect(await names(`--filter name=${all.at(-1)},phase=running`)).toEqual(all.slice(-1));
    expect((await holdfast('vm list --filter phase=failed')).out).toBe('nothing that holds for: phase=failed\n');
    const refused = await holdfast('vm list --filter size=1');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.err).toContain('filter by name, phase');
  });

  test('the status names single points of failure', async () => {
    expect((await holdfast('status')).out).toContain('One storage node (san1)');
  });

  test('events are followed until interrupted, one JSON object a line', async () => {
    const running = begin(['events', '--follow', '--json', '--since', '1']);
    await cluster.scheduler.publishNewest('web1');
    await until(() => running.out().includes('\n'));
    running.interrupt();
    const { code, out } = await running.finished;
    expect(code).toBe(0);
    expect(JSON.parse(out.split('\n')[0] ?? '')).toMatchObject({
      sequence: 1,
      event: { specversion: '1.0', subject: 'web1' },
    });
  });

  test('events end after what there is, and begin with a moment', async () => {
    const all = await holdfast('events --json --filter vm.web1');
    expect(all.code).toBe(0);
    expect(JSON.parse(all.out.split('\n')[0] ?? '')).toMatchObject({ event: { subject: 'web1' } });
    const late = await holdfast('events --since 2020-01-01 --filter vm.web1 --json');
    expect(late).toMatchObject({ code: 0, out: all.out });
    expect(await holdfast('events --since 1s --filter vm.web1')).toMatchObject({ code: 0, out: '' });
    expect((await holdfast('events --since yesterday')).code).toBe(2);
  });

  test('a followed log shows the past and then what comes, each once', async () => {
    const running = begin(['vm', 'log', 'web1', '--follow']);
    await until(() => running.out().includes('web1 went through migrate'));
    await cluster.scheduler.replaceVm('web1', (vm) =>
      cluster.scheduler.noted(vm, null, 'vm.noticed', 'was noticed'),
    );
    await cluster.scheduler.publishNewest('web1');
    await until(() => running.out().includes('web1 was noticed'));
    running.interrupt();
    const { code, out } = await running.finished;
    expect(code).toBe(0);
    expect(out.match(/went through migrate/g)).toHaveLength(1);
  });
});

describe('a person disarms the cluster', () => {
  test('until it is armed again, and the status says so', async () => {
    const { code, out } = await holdfast('ha disarm --reason "new switch"');
    expect(code).toBe(0);
    expect(out).toContain('disarmed: new switch');
    expect((await holdfast('status')).out).toMatch(/armed\s+NO since .*: new switch/);
    expect((await holdfast('ha shadow --reason "looking on"')).out).toContain('shadow mode: looking on');
    expect((await holdfast('status')).out).toMatch(/armed\s+SHADOW since .*: looking on/);
    expect(JSON.parse((await holdfast('ha arm --json')).out)).toMatchObject({ armed: true });
    expect((await holdfast('status')).out).toMatch(/armed\s+yes/);
  });
});

describe('a person releases the brake', () => {
  test('for the host of an incident, with the reason', async () => {
    const { out: list } = await holdfast('incident list --json');
    const [incident] = (JSON.parse(list) as { items: { id: string; host: string }[] }).items;
    const { code, out } = await holdfast(`incident resume ${incident?.id} --reason "the rack burns"`);
    expect(code).toBe(0);
    expect(out).toContain(`${incident?.host} is judged by itself now`);
    const asked = { incident: incident?.id, host: incident?.host, reason: 'the rack burns' };
    expect(cluster.resumed).toMatchObject([asked]);
  });

  test('of an incident that nobody knows is refused', async () => {
    const { code, err } = await holdfast('incident resume nothing --reason "the rack burns"');
    expect(code).toBe(1);
    expect(err).toContain('incident');
  });
});

describe('a person vouches for a death', () => {
  const line = 'host confirm-dead h2 --reason "I pulled its plug"';

  test('without a terminal the name has to be given', async () => {
    const { code, err } = await holdfast(line);
    expect(code).toBe(2);
    expect(err).toContain('--confirm h2');
    expect(cluster.confirmed).toEqual([]);
  });

  test('on a terminal the name is typed, and a wrong one changes nothing', async () => {
    const { code, err } = await holdfast(line, { isTerminal: true, typed: 'h1' });
    expect(code).toBe(1);
    expect(err).toContain('this is not the name of the host, h2');
    expect(cluster.confirmed).toEqual([]);
  });

  test('the right name goes through', async () => {
    const { code, out } = await holdfast(line, { isTerminal: true, typed: 'h2' });
    expect(code).toBe(0);
    expect(out).toContain('h2 is confirmed dead, kept with incident incident-1');
    expect((await holdfast(`${line} --confirm h2`)).code).toBe(0);
  });
});
