/** The story that shows what Holdfast is for, on real parts; every claim in it is checked. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastClient, VmView } from '@holdfast/client';
import { LabError } from './errors.js';
import { JournalWatch } from './journal-watch.js';
import type { Lab } from './lab.js';
import { systemUp } from './system.js';
import { waitUntil } from './wait.js';

const vmNames = ['web1', 'web2', 'db1'] as const;
const memoryMiB = 128;
const diskMiB = 64;
const waitAtMostMs = 120_000;
/** How long the isolated guest is watched for writes that must not come. */
const watchStaleMs = 6000;

export interface DemoVm {
  vm: string;
  from: string;
  to: string;
  /** Since the fault. */
  runningMs: number;
  guestWroteMs: number;
}

export interface TimelineLine {
  /** Since the fault. */
  ms: number;
  subject: string;
  text: string;
}

export interface DemoIncident {
  fault: 'power' | 'isolated';
  host: string;
  proof: string;
  suspectedMs: number;
  provenMs: number;
  vms: DemoVm[];
  staleWritesAfterRevocation: number;
  timeline: TimelineLine[];
}

export interface DemoResult {
  ok: boolean;
  hosts: number;
  migration: { ok: boolean; downtimeMs: number | null };
  incidents: DemoIncident[];
  checks: { text: string; held: boolean }[];
  durationMs: number;
}

/** How the story is told while it happens. */
export interface Teller {
  chapter(title: string): void;
  step(text: string): void;
  check(text: string, held: boolean): void;
  incident(incident: DemoIncident): void;
}

export async function runDemo(options: {
  stateDirectory: string;
  hosts: number;
  /** Default 1. */
  controlNodes?: number;
  /** They are the first hosts. */
  controlOnHosts?: boolean;
  keep: boolean;
  teller: Teller;
  signal: AbortSignal;
}): Promise<DemoResult> {
  const { hosts, keep, teller, signal } = options;
  const startedAtMs = Date.now();
  teller.chapter(`1. ${hosts} hosts, a SAN, BMCs, NATS and the services`);
  const progress = (step: string): void => teller.step(step);
  const { lab, client } = await systemUp({ ...options, progress });
  const story = new Story(lab, client, teller, signal);
  try {
    await story.tell();
  } finally {
    await story.close();
    await client.close();
    if (!keep) {
      teller.step('taking everything down');
      await lab.down();
    }
  }
  return { ...story.result(hosts), durationMs: Date.now() - startedAtMs };
}

class Story {
  private readonly journals = new Map<string, JournalWatch>();
  private readonly checks: { text: string; held: boolean }[] = [];
  private readonly incidents: DemoIncident[] = [];
  private migration: DemoResult['migration'] = { ok: false, downtimeMs: null };

  constructor(
    private readonly lab: Lab,
    private readonly client: HoldfastClient,
    private readonly teller: Teller,
    private readonly signal: AbortSignal,
  ) {}

  async tell(): Promise<void> {
    await this.createVms();
    this.teller.chapter('2. web1 moves while it runs');
    await this.migrate();
    this.teller.chapter('3. The plug is pulled');
    const unplugged = await this.hostOf('db1');
    this.teller.step(`${unplugged}, the host of db1, loses its power without warning`);
    await this.fault('power', unplugged, () => this.lab.power(unplugged, 'off'));
    this.teller.chapter('4. Isolated, but still running');
    const isolated = await this.hostOf('web1');
    this.teller.step(`${isolated} loses its management and BMC links; its guests go on writing`);
    await this.fault('isolated', isolated, async () => {
      await Promise.all([
        this.lab.link(isolated, 'management', 'down'),
        this.lab.link(isolated, 'bmc', 'down'),
      ]);
    });
    this.teller.chapter('5. Both hosts come back');
    await this.comeBack(unplugged, isolated);
  }

  result(hosts: number): Omit<DemoResult, 'durationMs'> {
    const ok = this.checks.every(({ held }) => held) && this.incidents.length === 2;
    const { migration, incidents, checks } = this;
    return { ok, hosts, migration, incidents, checks };
  }

  async close(): Promise<void> {
    await Promise.all([...this.journals.values()].map((journal) => journal.close()));
  }

  private check(text: string, held: boolean): void {
    this.checks.push({ text, held });
    this.teller.check(text, held);
  }

  private async createVms(): Promise<void> {
    await Promise.all(
      vmNames.map(async (name) => {
        const disks = [{ sizeMiB: diskMiB }];
        const { operation } = await this.client.createVm({ name, cpus: 1, memoryMiB, disks });
        await this.finished(operation);
      }),
    );
    const pool = join(this.lab.node('san1').fileDirectory, 'pool');
    for (const name of vmNames) {
      const { volumes, assignment } = await this.client.vm(name);
      const [volume] = volumes;
      if (!volume) throw new LabError('failed', `${name} has no volume`);
      this.journals.set(name, new JournalWatch(join(pool, `${volume.volume}.raw`)));
      this.teller.step(`${name} runs on ${assignment?.host}`);
    }
    await this.until('every guest to write its journal', () =>
      vmNames.every((name) => this.journal(name).records.length >= 2),
    );
    this.check('three VMs run and write their journals', true);
  }

  private async migrate(): Promise<void> {
    const journal = this.journal('web1');
    const before = journal.newest();
    const from = await this.hostOf('web1');
    const { operation } = await this.client.migrateVm('web1', {});
    await this.finished(operation);
    const to = await this.hostOf('web1');
    const events = await this.client.vmEvents('web1');
    const moved = events.findLast(({ type }) => type === 'io.holdfast.vm.migrated.v1');
    const downtimeMs = Number(moved?.data['downtimeMs'] ?? Number.NaN);
    await this.until('web1 to write on after its move', () => journal.newest().n >= before.n + 2);
    const sameBoot = journal.newest().bootId === before.bootId;
    this.teller.step(`web1 moved from ${from} to ${to}, guest downtime ${Math.round(downtimeMs)} ms`);
    this.check('its journal continues without a new boot', sameBoot);
    this.check('it runs on another host', from !== to);
    const ok = sameBoot && from !== to;
    this.migration = { ok, downtimeMs: Number.isNaN(downtimeMs) ? null : downtimeMs };
  }

  private async fault(
    fault: DemoIncident['fault'],
    host: string,
    strike: () => Promise<void>,
  ): Promise<void> {
    const victims = (await this.client.all((page) => this.client.vms(page))).filter(
      ({ assignment }) => assignment?.host === host,
    );
    const oldBoots = new Map(victims.map(({ name }) => [name, this.journal(name).newest().bootId]));
    const faultAtMs = Date.now();
    await strike();
    const vms: DemoVm[] = [];
    for (const { name } of victims) {
      vms.push(await this.recovered(name, oldBoots.get(name) ?? '', host, faultAtMs));
    }
    if (fault === 'isolated') await this.oldCopiesEnd(host, victims);
    const incident = await this.incidentOf(host, faultAtMs);
    const provenAtMs = incident.provenAtMs ?? Number.NaN;
    const stale = victims.reduce((sum, { name }) => {
      const oldBoot = oldBoots.get(name) ?? '';
      return sum + this.journal(name).staleWrites(oldBoot, provenAtMs);
    }, 0);
    const first = incident.proofs.find(({ status }) => status === 'obtained');
    const told: DemoIncident = {
      fault,
      host,
      proof: first?.kind ?? 'none',
      suspectedMs: incident.openedAtMs - faultAtMs,
      provenMs: provenAtMs - faultAtMs,
      vms,
      staleWritesAfterRevocation: stale,
      timeline: this.timeline(incident.timeline, vms, faultAtMs),
    };
    this.incidents.push(told);
    this.teller.incident(told);
    this.check(`every VM of ${host} runs elsewhere`, vms.every(({ to }) => to !== host));
    this.check('started only after proof', vms.every(({ runningMs }) => runningMs > told.provenMs));
    if (fault === 'isolated') {
      this.check('fenced by revocation of its storage', told.proof === 'storage-revoked');
    }
    this.check('no record of an old boot after the proof', stale === 0);
  }

  /** Waits until the VM runs elsewhere and its guest has written on the same disk. */
  private async recovered(
    name: string,
    oldBoot: string,
    lost: string,
    faultAtMs: number,
  ): Promise<DemoVm> {
    const journal = this.journal(name);
    const after = await this.vmWhen(name, (vm) =>
      vm.phase === 'running' && vm.assignment !== null && vm.assignment.host !== lost);
    const to = after.assignment?.host ?? '';
    this.teller.step(`${name} runs on ${to}, ${after.phaseSinceMs - faultAtMs} ms after the fault`);
    await this.until(`${name} to write on`, () => journal.newest().bootId !== oldBoot);
    const first = journal.firstOf(journal.newest().bootId);
    this.check(`${name}: a new boot continues the journal on the same disk`, journal.isWhole());
    return {
      vm: name,
      from: lost,
      to,
      runningMs: after.phaseSinceMs - faultAtMs,
      guestWroteMs: first.seenAtMs - faultAtMs,
    };
  }

  /** The point of the second story: nobody could switch it off, and storage alone tells it that it was fenced. */
  private async oldCopiesEnd(host: string, victims: VmView[]): Promise<void> {
    await sleep(watchStaleMs, undefined, { signal: this.signal });
    const node = this.lab.node(host);
    for (const { name } of victims) {
      const { code } = await node.exec('pgrep', ['-f', `guest=${name},`]);
      this.check(`${host}, still cut off, has ended the old QEMU of ${name} itself`, code === 1);
    }
  }

  private async comeBack(unplugged: string, isolated: string): Promise<void> {
    this.teller.step(`${unplugged} gets its power, ${isolated} its links back`);
    await Promise.all([
      this.lab.power(unplugged, 'on'),
      this.lab.link(isolated, 'management', 'up'),
    ]);
    await this.lab.link(isolated, 'bmc', 'up');
    for (const host of [unplugged, isolated]) {
      await this.untilAsync(`${host} to be online`, async () => {
        const { health, observed } = await this.client.host(host);
        return health === 'online' && observed?.staleCopies.length === 0;
      });
      this.check(`${host} is online again, with no stale copy left`, true);
    }
    for (const [vm, host] of [['db1', unplugged], ['web1', isolated]] as const) {
      const { operation } = await this.client.migrateVm(vm, { host });
      await this.finished(operation);
      this.check(`${host} takes ${vm} again`, (await this.hostOf(vm)) === host);
    }
  }

  private timeline(
    entries: { atMs: number; subject: string; text: string }[],
    vms: DemoVm[],
    faultAtMs: number,
  ): TimelineLine[] {
    const lines = entries.map(({ atMs, subject, text }) => ({ ms: atMs - faultAtMs, subject, text }));
    for (const { vm, guestWroteMs } of vms) {
      lines.push({ ms: guestWroteMs, subject: vm, text: "guest's first write on its disk" });
    }
    return lines.sort((a, b) => a.ms - b.ms);
  }

  private async incidentOf(
    host: string,
    faultAtMs: number,
  ): Promise<Awaited<ReturnType<HoldfastClient['incident']>>> {
    const { items } = await this.client.incidents();
    const found = items.find((item) => item.host === host && item.openedAtMs >= faultAtMs);
    if (!found) throw new LabError('failed', `there is no incident of ${host}`);
    return await this.client.incident(found.id);
  }

  private journal(vm: string): JournalWatch {
    const journal = this.journals.get(vm);
    if (!journal) throw new LabError('failed', `the journal of ${vm} is not being read`);
    return journal;
  }

  private async hostOf(vm: string): Promise<string> {
    const { assignment } = await this.client.vm(vm);
    if (!assignment) throw new LabError('failed', `${vm} runs nowhere`);
    return assignment.host;
  }

  private async finished(operation: string): Promise<void> {
    const ended = await this.client.waitForOperation(operation, { timeoutMs: waitAtMostMs });
    if (ended.state !== 'done') throw new LabError('failed', `${ended.kind} of ${ended.vm}: ${ended.reason}`);
  }

  private async vmWhen(name: string, condition: (vm: VmView) => boolean): Promise<VmView> {
    let vm: VmView | null = null;
    await this.untilAsync(`${name} to be recovered`, async () => {
      vm = await this.client.vm(name);
      return condition(vm);
    });
    return vm ?? (await this.client.vm(name));
  }

  private async until(what: string, condition: () => boolean): Promise<void> {
    await this.untilAsync(what, () => Promise.resolve(condition()));
  }

  private async untilAsync(what: string, condition: () => Promise<boolean>): Promise<void> {
    await waitUntil(what, condition, { signal: this.signal });
  }
}
