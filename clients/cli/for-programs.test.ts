import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { startFakeCluster, type FakeCluster } from '../../services/api/testing/fake-cluster.js';
import { begin, words, type Running } from './testing/command-line.js';

let cluster: FakeCluster;

beforeAll(async () => {
  cluster = await startFakeCluster();
  await holdfast('vm create web1');
});
afterAll(() => cluster.close());
afterEach(() => void vi.restoreAllMocks());

const holdfast = (line: string): Running['finished'] => begin(words(line), cluster).finished;

describe('--output', () => {
  test('json is what --json prints, and yaml says the same', async () => {
    const asJson = JSON.parse((await holdfast('vm show web1 --json')).out) as unknown;
    expect(JSON.parse((await holdfast('vm show web1 --output json')).out)).toEqual(asJson);
    expect(parse((await holdfast('vm show web1 -o yaml')).out)).toEqual(asJson);
  });

  test('yaml of a stream is a document for each value', async () => {
    await cluster.scheduler.publishNewest('web1');
    const running = begin(words('events --follow --since 1 --output yaml'), cluster);
    await vi.waitFor(() => expect(running.out()).toContain('io.holdfast.vm.'), 10_000);
    running.interrupt();
    const { out } = await running.finished;
    const [first] = parseAllDocuments(out).map((document) => document.toJS() as { sequence: number });
    expect(first?.sequence).toBe(1);
  });

  test('wide shows more columns of the same lines', async () => {
    const usual = (await holdfast('host list')).out;
    const wide = (await holdfast('host list --output wide')).out;
    expect(usual).not.toContain('MANAGEMENT');
    expect(wide.split('\n')[0]).toMatch(/^HOST .*MANAGEMENT .*LABELS .*REASON$/);
    expect(wide.split('\n').length).toBe(usual.split('\n').length);
  });

  test('another one is refused, and an error is told as it was asked for', async () => {
    const { code, err } = await holdfast('vm list --output xml');
    expect(code).toBe(2);
    expect(err).toMatch(/table, wide, json, yaml/);
    expect(JSON.parse((await holdfast('vm show nobody -o json')).err)).toMatchObject({ error: { code: 'not-found' } });
  });
});

describe('the inventory for Ansible', () => {
  test('has hosts and VMs, each in its groups, with where a host is reached', async () => {
    const { out } = await holdfast('inventory --list');
    const inventory = JSON.parse(out) as Record<string, { hosts: string[] }>;
    expect(inventory).toMatchObject({
      _meta: { hostvars: { h1: { holdfast_kind: 'host' }, web1: { holdfast_kind: 'vm', holdfast_host: 'h1' } } },
      holdfast_hosts: { hosts: ['h1', 'h2'] },
      holdfast_vms: { hosts: ['web1'] },
      vm_on_h1: { hosts: ['web1'] },
    });
    const { host } = (JSON.parse((await holdfast('host show h1 --json')).out)) as { host: string };
    expect(JSON.parse((await holdfast(`inventory --host ${host}`)).out)).toHaveProperty('ansible_host');
    expect(JSON.parse((await holdfast('inventory --host nobody')).out)).toEqual({});
    expect((await holdfast('inventory')).code).toBe(2);
  });
});

describe('completion', () => {
  const offered = async (line: string[]): Promise<string[]> => {
    const printed: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
    expect((await begin(['complete', '--', ...line], cluster).finished).code).toBe(0);
    return printed.flatMap((text) => text.split('\n')).map((line) => line.split('\t')[0] ?? '');
  };

  test('offers commands, options and their choices', async () => {
    expect(await offered(['v'])).toEqual(expect.arrayContaining(['vm', 'volume']));
    expect(await offered(['vm', 'mi'])).toContain('migrate');
    expect(await offered(['vm', 'create', '--mem'])).toContain('--memory');
    expect(await offered(['vm', 'list', '--output', ''])).toEqual(expect.arrayContaining(['wide', 'yaml']));
  });

  test('offers the names of what is there, and none for what is to be made', async () => {
    expect(await offered(['vm', 'show', ''])).toContain('web1');
    expect(await offered(['host', 'show', ''])).toContain('h1');
    expect(await offered(['vm', 'create', ''])).not.toContain('web1');
  });

  test('of a system that does not answer offers its commands all the same', async () => {
    const away = { api: { url: 'http://127.0.0.1:1' }, tokenFile: cluster.tokenFile };
    const printed: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
    expect((await begin(['complete', '--', 'vm', 'show', ''], away).finished).code).toBe(0);
    expect(printed.join('\n')).not.toContain('web1');
  });

  test.each(['bash', 'zsh', 'fish', 'powershell'])('writes the script of %s', async (shell) => {
    const printed: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
    expect((await holdfast(`completion ${shell}`)).code).toBe(0);
    expect(printed.join('\n')).toContain('holdfast complete');
  });
});
