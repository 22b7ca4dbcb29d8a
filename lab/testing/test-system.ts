import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HoldfastClient, HostView, IncidentView, VmView } from '@holdfast/client';
import { JournalWatch, type SeenRecord } from '../journal-watch.js';
import type { Lab } from '../lab.js';
import type { ClientContext } from '../services.js';
import { clientOf } from '../system.js';
import { openLab } from '../up.js';
import { runCli, type CliResult } from './cli.js';
import { until } from './until.js';

export const programsOfControl = ['nats', 'scheduler', 'failover', 'api'] as const;

/** A real system in a directory of its own, brought up and taken down by the command line. */
export class TestSystem {
  private readonly journals = new Map<string, JournalWatch>();

  private constructor(
    readonly stateDirectory: string,
    readonly lab: Lab,
    readonly context: ClientContext,
    readonly client: HoldfastClient,
  ) {}

  static async up(hosts: number, more: readonly string[] = []): Promise<TestSystem> {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'holdfast-system-'));
    const up = await runCli(stateDirectory, ['up', '--hosts', String(hosts), ...more, '--json']);
    if (up.code !== 0) throw new Error(`up ended with ${up.code}: ${up.stderr}`);
    const lab = await openLab(stateDirectory);
    if (!lab) throw new Error('up has left no lab');
    const context = JSON.parse(up.stdout) as ClientContext;
    return new TestSystem(stateDirectory, lab, context, await clientOf(context));
  }

  async down(): Promise<CliResult> {
    await Promise.all([...this.journals.values()].map((journal) => journal.close()));
    await this.client.close();
    return await this.cli('down');
  }

  /** After `down`. */
  async remove(): Promise<void> {
    await rm(this.stateDirectory, { recursive: true, force: true });
  }

  cli(...args: string[]): Promise<CliResult> {
    return runCli(this.stateDirectory, args);
  }

  /** A command line that must succeed; returns what it said. */
  async done(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.cli(...args);
    if (code !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Creates a VM on a host and waits for its guest to write. */
  async createVm(name: string, host: string, ...options: string[]): Promise<void> {
    await this.done('vm', 'create', name, '--host', host, ...options);
    await this.readJournal(name);
    await until(`${name} to write`, () => this.journal(name).records.length >= 2);
  }

  /** From now on the journal of its guest is known. */
  async readJournal(name: string): Promise<void> {
    const { volumes } = await this.client.vm(name);
    const pool = join(this.lab.node('san1').fileDirectory, 'pool');
    await this.journals.get(name)?.close();
    this.journals.set(name, new JournalWatch(join(pool, `${volumes[0]?.volume}.raw`)));
  }

  async deleteVm(name: string): Promise<void> {
    await this.journals.get(name)?.close();
    this.journals.delete(name);
    await this.done('vm', 'delete', name);
  }

  journal(vm: string): JournalWatch {
    const journal = this.journals.get(vm);
    if (!journal) throw new Error(`the journal of ${vm} is not being read`);
    return journal;
  }

  newest(vm: string): SeenRecord {
    return this.journal(vm).newest();
  }

  /** Waits for records that the guest has yet to make, so that it is known to live now. */
  async writesOn(vm: string, count = 2, withinMs = 60_000): Promise<void> {
    const { n } = this.newest(vm);
    await until(`${vm} to write on`, () => this.newest(vm).n >= n + count, withinMs);
  }

  async newBoot(vm: string, oldBootId: string): Promise<SeenRecord> {
    await until(`${vm} to write in a new boot`, () => this.newest(vm).bootId !== oldBootId);
    return this.journal(vm).firstOf(this.newest(vm).bootId);
  }

  async hostOf(vm: string): Promise<string> {
    const { assignment } = await this.client.vm(vm);
    if (!assignment) throw new Error(`${vm} runs nowhere`);
    return assignment.host;
  }

  async vmWhen(what: string, vm: string, holds: (view: VmView) => boolean): Promise<VmView> {
    await until(`${vm} to be ${what}`, async () => holds(await this.client.vm(vm)));
    return await this.client.vm(vm);
  }

  async hostWhen(what: string, host: string, holds: (view: HostView) => boolean): Promise<void> {
    await until(`${host} to be ${what}`, async () => holds(await this.client.host(host)));
  }

  /** Everything as it should be between two cases: hosts online and clean, VMs running. */
  async settled(): Promise<void> {
    const { nodes } = await this.lab.status();
    for (const { name, kind, power } of nodes) {
      if ((kind === 'host' || kind === 'san') && power === 'off') await this.lab.power(name, 'on');
    }
    await until('every host to be online and clean', async () => {
      const { items } = await this.client.hosts();
      return items.every(
        ({ health, observed, power }) =>
          health === 'online' &&
          observed?.hypervisor === 'connected' &&
          observed.staleCopies.length === 0 &&
          power.state !== 'unchecked',
      );
    });
    await until('every VM to run', async () => {
      const { items } = await this.client.vms();
      return items.every(({ phase }) => phase === 'running' || phase === 'stopped');
    });
    // What one test did to a host must not keep VMs from it in the next.
    for (const { host } of (await this.client.hosts()).items) await this.client.clearHost(host);
  }

  /** Incidents of a host opened since then, newest first. */
  async incidentsOf(host: string, sinceMs: number): Promise<IncidentView[]> {
    const { items } = await this.client.incidents();
    return items.filter((incident) => incident.host === host && incident.openedAtMs >= sinceMs);
  }

  /** The newest of these, once its ledger tells of the proof: it follows the host's record by a moment. */
  async provenIncidentOf(host: string, sinceMs: number): Promise<IncidentView> {
    const newest = async (): Promise<IncidentView | undefined> => (await this.incidentsOf(host, sinceMs))[0];
    await until(`an incident of ${host} to be proven`, async () => typeof (await newest())?.provenAtMs === 'number');
    const incident = await newest();
    if (!incident) throw new Error(`${host} has no incident`);
    return incident;
  }

  /** The epoch grows with every fence, so one that stayed says that nobody was fenced. */
  async epochs(): Promise<Record<string, number>> {
    const { items } = await this.client.hosts();
    return Object.fromEntries(items.map(({ host, epoch }) => [host, epoch]));
  }

  async pidOf(node: string, program: string): Promise<number> {
    const file = `/run/holdfast/programs/${program}/pid`;
    const { stdout } = await this.lab.node(node).exec('cat', [file]);
    const pid = Number(stdout);
    if (!(pid > 1)) throw new Error(`${program} does not run on ${node}`);
    return pid;
  }

  /** SIGKILL; its supervisor starts it again. */
  async kill(node: string, program: string): Promise<number> {
    const pid = await this.pidOf(node, program);
    await this.lab.node(node).exec('kill', ['-KILL', String(pid)]);
    return pid;
  }

  async respawned(node: string, program: string, oldPid: number): Promise<void> {
    await until(`${program} to be started again on ${node}`, async () => {
      const { stdout } = await this.lab.node(node)
        .exec('cat', [`/run/holdfast/programs/${program}/pid`]);
      return Number(stdout) > 1 && Number(stdout) !== oldPid;
    });
  }

  /** IQNs of the targets that tgtd has, from itself. */
  async openTargets(): Promise<string[]> {
    const arguments_ = ['--lld', 'iscsi', '--op', 'show', '--mode', 'target'];
    const { stdout } = await this.lab.node('san1').exec('tgtadm', arguments_);
    return [...stdout.matchAll(/^Target \d+: (\S+)$/gm)].map(([, iqn]) => iqn ?? '').sort();
  }

  /** IQNs that the records say are open. */
  async grantedTargets(): Promise<string[]> {
    const { items } = await this.client.volumes();
    return items
      .flatMap(({ attachment }) => attachment?.holders ?? [])
      .map(({ iqn }) => iqn)
      .sort();
  }

  /** The durable floors of the storage node. */
  async floors(): Promise<{ volumes: Record<string, number>; hosts: Record<string, number> }> {
    const file = join(this.lab.node('san1').fileDirectory, 'storage', 'floors.json');
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) return { volumes: {}, hosts: {} };
    return (JSON.parse(text) as { value: Awaited<ReturnType<TestSystem['floors']>> }).value;
  }
}
