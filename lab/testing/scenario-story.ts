import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from '@holdfast/client';
import type { CloudEvent } from '@holdfast/contracts';
import { parseScenario, policyOf, replay, type Scenario } from '@holdfast/sim';
import { AGENT_PROGRAM } from '../lab.js';
import { NETWORKS } from '../plan.js';
import { repositoryDirectory } from '../tools.js';
import { disagreements, hostNamingFor, progress, sequencesOf, type ToldEvent } from './event-order.js';
import { EventWatch } from './event-watch.js';
import { actInLab, type Names } from './scenario-actions.js';
import type { TestSystem } from './test-system.js';
import { until } from './until.js';

/** Actions that follow each other within this time keep their distance; longer waits are for what is to happen. */
const togetherMs = 6000;
/** Where nothing is to happen, this long is enough to see if it does. */
const quietMs = 4000;
/** After what was to happen, something more might. */
const afterMs = 1000;
const arriveWithinMs = 60_000;
/** As much as the lab's hosts have room for; the simulated ones are larger, which no choice depends on. */
const memoryMiB = 128;

export function readScenario(name: string): Scenario {
  const file = join(repositoryDirectory(), 'sim', 'scenarios', name, 'scenario.json');
  return parseScenario(JSON.parse(readFileSync(file, 'utf8')));
}

/** What the simulator's run tells of hosts and VMs, from the first action on; of VMs, from their creation. */
export function simulatedEvents(scenario: Scenario): ToldEvent[] {
  const { invariants, violations, log } = replay(scenario);
  if (invariants !== 'held') throw new Error(`broken in the simulator: ${violations?.[0]?.text}`);
  const firstMs = firstActionMs(scenario);
  return log.flatMap(({ atMs, event, data }) => {
    const noun = event.split('.')[0] ?? '';
    const key = data[noun];
    return typeof key === 'string' && (noun === 'vm' || atMs >= firstMs) ? [{ atMs, event, key, data }] : [];
  });
}

const firstActionMs = ({ timeline }: Scenario): number => Math.min(...timeline.map(({ atS }) => atS * 1000));

/** One scenario, done to the lab, and what the lab's events tell of it. */
export class ScenarioStory {
  private readonly simulated: ToldEvent[];
  private readonly lasting: Promise<void>[] = [];
  private readonly names: Names;
  private readonly toldNames = new Map<string, string>();
  private watch: EventWatch | null = null;
  private fromEvent = 0;

  constructor(
    private readonly system: TestSystem,
    private readonly scenario: Scenario,
    prefix: string,
  ) {
    this.simulated = simulatedEvents(scenario);
    const hosts = Object.keys(scenario.hosts);
    const vms = Object.keys(scenario.vms);
    hosts.forEach((name, index) => this.toldNames.set(`h${index + 1}`, name));
    vms.forEach((name) => this.toldNames.set(`${prefix}-${name}`, name));
    this.names = {
      host: (name) => `h${hosts.indexOf(name) + 1}`,
      vm: (name) => `${prefix}-${name}`,
      usualHost: (vm) => this.usualHost(vm),
      deadBmcs: new Set(),
    };
  }

  async begin(): Promise<void> {
    this.watch = await EventWatch.open(this.system.client);
    await Promise.all(Object.keys(this.scenario.vms).map((vm) => this.createVm(vm)));
    await this.arrived(firstActionMs(this.scenario));
    for (const [vm, { disksMiB, desired }] of Object.entries(this.scenario.vms)) {
      if (disksMiB.length === 0 || desired === 'stopped') continue;
      await until(`${vm} to write`, () => this.system.journal(this.names.vm(vm)).records.length >= 2);
    }
    this.fromEvent = this.watch.events.length;
  }

  /** The timeline: short distances as they are; in place of long ones, what the simulator tells meanwhile. */
  async perform(): Promise<void> {
    const actions = [...this.scenario.timeline].sort((a, b) => a.atS - b.atS);
    let beforeS: number | null = null;
    let begunMs = performance.now();
    for (const action of actions) {
      const distanceMs = beforeS === null ? 0 : (action.atS - beforeS) * 1000;
      if (distanceMs > togetherMs) {
        const isQuiet = !this.simulated.some(({ atMs }) =>
          atMs >= (beforeS ?? 0) * 1000 && atMs < action.atS * 1000);
        await this.arrived(action.atS * 1000);
        await sleep(isQuiet ? quietMs : afterMs);
      } else {
        await sleep(Math.max(0, distanceMs - (performance.now() - begunMs)));
      }
      begunMs = performance.now();
      const { lasts } = await actInLab(this.system, this.names, action);
      if (lasts) this.lasting.push(lasts);
      beforeS = action.atS;
    }
    await this.arrived(Infinity);
    await Promise.all(this.lasting);
    await sleep(afterMs);
  }

  /** The lab's account, in the scenario's names. */
  events(): ToldEvent[] {
    const events = this.watch?.events ?? [];
    return events.flatMap((event, index) => {
      const told = this.told(event);
      const isBefore = index < this.fromEvent && !told?.event.startsWith('vm.');
      return told === null || isBefore ? [] : [told];
    });
  }

  disagreements(): string[] {
    return disagreements(this.simulated, this.events());
  }

  /** Of all guests, sentences: a record that came to a disk after its writer had been shut out, or that is missing. */
  badWrites(): string[] {
    const found: string[] = [];
    for (const [vm, { disksMiB }] of Object.entries(this.scenario.vms)) {
      if (disksMiB.length === 0) continue;
      const journal = this.system.journal(this.names.vm(vm));
      if (!journal.isWhole()) found.push(`the journal of ${vm} is not whole`);
      for (const { atMs } of this.events().filter(({ event, key }) => event === 'vm.placed' && key === vm)) {
        const old = journal.records.findLast(({ seenAtMs }) => seenAtMs < atMs);
        const stale = old ? journal.staleWrites(old.bootId, atMs) : 0;
        if (stale > 0) found.push(`${stale} records of ${vm} came after it had been placed elsewhere`);
      }
    }
    return found;
  }

  async end(): Promise<void> {
    await this.watch?.close();
    await Promise.allSettled(this.lasting);
    await this.mend();
    await until('every host to be online again', () => this.allOnline());
    await this.system.settled();
    const { items } = await this.system.client.vms();
    await Promise.all(items.flatMap(({ name }) =>
      this.toldNames.has(name) ? [this.system.deleteVm(name)] : []));
  }

  /** A host that is being fenced may still be switched off: it is switched on again. */
  private async allOnline(): Promise<boolean> {
    const { lab, client } = this.system;
    const { nodes } = await lab.status();
    const off = nodes.filter(({ kind, power }) => kind === 'host' && power === 'off');
    for (const { name } of off) await lab.power(name, 'on');
    const { items } = await client.hosts();
    return off.length === 0 && items.every(({ health }) => health === 'online');
  }

  private usualHost(vm: string): string {
    const ran = this.events().findLast(({ event, key }) => event === 'vm.started' && key === vm);
    return this.names.host(String(ran?.data['host'] ?? this.scenario.vms[vm]?.host));
  }

  /** What the scenario has left broken, at its end or where it was given up. */
  private async mend(): Promise<void> {
    const { lab, client } = this.system;
    await lab.bus('up');
    const { nodes } = await lab.status();
    for (const { name, kind, links, power, programs } of nodes) {
      if (kind !== 'host') continue;
      for (const network of NETWORKS) if (links[network] === 'down') await lab.link(name, network, 'up');
      if (power === 'on' && programs[AGENT_PROGRAM] === 'stopped') await lab.agent(name, 'start');
    }
    for (const action of this.scenario.timeline) {
      if (action.do !== 'host.maintenance' || !action.on) continue;
      await until('the API to be back', async () => (await client.status()).services.length > 0);
      await client.maintenance(this.names.host(action.host), { on: false }).catch((error: unknown) => {
        // It takes VMs already.
        if (!(error instanceof ApiProblem && error.code === 'conflict')) throw error;
      });
    }
  }

  private async createVm(vm: string): Promise<void> {
    const spec = this.scenario.vms[vm];
    if (!spec) return;
    const { host, desired, cpus, disksMiB } = spec;
    const name = this.names.vm(vm);
    const isStarted = desired === 'running';
    const { client } = this.system;
    const { operation } = await client.createVm({
      name, cpus, memoryMiB,
      disks: disksMiB.map((sizeMiB) => ({ sizeMiB })),
      policy: policyOf(spec),
      start: isStarted,
      ...(isStarted ? { host: this.names.host(host) } : {}),
    });
    const { state, reason } = await client.waitForOperation(operation, { timeoutMs: arriveWithinMs });
    if (state !== 'done') throw new Error(`${name} could not be created: ${reason}`);
    if (disksMiB.length > 0) await this.system.readJournal(name);
  }

  /** Waits until the lab has told what the simulator had at that moment. Throws, with both, if it tells otherwise. */
  private async arrived(beforeMs: number): Promise<void> {
    const simulated = this.simulated.filter(({ atMs }) => atMs < beforeMs);
    const naming = hostNamingFor(this.simulated);
    const expected = sequencesOf(simulated, naming);
    const isOver = (): boolean => progress(sequencesOf(this.events(), naming), expected) !== 'short';
    try {
      await until('what the simulator tells', isOver, arriveWithinMs);
    } catch (cause) {
      throw new Error(disagreements(simulated, this.events()).join('\n\n'), { cause });
    }
    if (progress(sequencesOf(this.events(), naming), expected) === 'there') return;
    throw new Error(disagreements(simulated, this.events()).join('\n\n'));
  }

  private told({ type, subject, data }: CloudEvent): ToldEvent | null {
    const event = /^io\.holdfast\.(.+)\.v1$/.exec(type)?.[1] ?? '';
    const key = this.toldNames.get(subject);
    if (key === undefined) return null;
    const named = Object.entries(data).map(([field, value]) =>
      [field, (typeof value === 'string' ? this.toldNames.get(value) : undefined) ?? value] as const);
    return { atMs: data.atMs, event, key, data: Object.fromEntries(named) };
  }
}
