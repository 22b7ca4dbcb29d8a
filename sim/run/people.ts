/** The people of a scenario: they make its rules and VMs, and ask for things again until they are heard. */
import type { HostRecord, Reply } from '@holdfast/contracts';
import { deriveId } from '@holdfast/kernel';
import type { World } from '../world/world.js';
import type { Scenario, ScenarioRule } from './scenario.js';
import { policyOf } from './scenario-policy.js';

/** A host that does not come is waited for this long after the first one has, then its VMs are created elsewhere. */
const waitForHostMs = 60_000;
const lookAgainMs = 500;
const againMs = 1000;
/** A request that nobody answers, or that finds the VM busy, is repeated this long. */
const insistMs = 60_000;

/** Why they ask, where a reason must be given. */
export const work = 'planned work';

interface Asking {
  service?: 'scheduler' | 'failover';
  /** False once nobody wants it any more. */
  isStill?(): boolean;
  answered?(reply: Reply<unknown>): void;
}

interface Wanted {
  isRunning: boolean;
  isDeleted: boolean;
}

export class People {
  private readonly wanted = new Map<string, Wanted>();
  private readonly created = new Set<string>();
  private readonly latest = new Map<string, number>();
  private rulesLeft: number;
  private firstHostAtMs: number | null = null;

  constructor(
    private readonly world: World,
    private readonly scenario: Scenario,
  ) {
    this.rulesLeft = scenario.rules.length;
    for (const [vm, { desired }] of Object.entries(scenario.vms)) {
      this.wanted.set(vm, { isRunning: desired === 'running', isDeleted: false });
    }
    world.loop.after(lookAgainMs, () => {
      scenario.rules.forEach((rule, index) => this.makeRule(rule, index));
      if (scenario.settings) this.ask('settings-set', { change: scenario.settings });
      for (const vm of Object.keys(scenario.vms)) this.create(vm);
      for (const host of Object.keys(scenario.hosts)) this.label(host);
    });
  }

  /** Asks, and asks again while nobody answers or the VM is still busy with something else. */
  ask(
    name: string,
    request: Record<string, unknown>,
    { service = 'scheduler', isStill = () => true, answered = () => undefined }: Asking = {},
  ): void {
    const { loop, checker } = this.world;
    const about = aboutOf(request);
    const operation = deriveId('operation', this.world.options.seed, loop.nowMs, name, about);
    const untilMs = loop.nowMs + insistMs;
    const again = (): void => {
      if (!isStill()) return;
      this.world.send(service, name, { operation, ...request }, (reply) => {
        const insists = !this.scenario.operated && loop.nowMs < untilMs;
        if (!reply.ok && insists && isPassing(reply.refusal)) loop.after(againMs, again);
        else {
          if (!reply.ok) checker.note('refused', `${name} ${about}: ${reply.refusal.message}`);
          answered(reply);
        }
      });
    };
    again();
  }

  arm(verb: 'ha.arm' | 'ha.disarm' | 'ha.shadow'): void {
    const armed = verb === 'ha.arm';
    const request = { armed, shadow: verb === 'ha.shadow', by: 'operator', reason: armed ? '' : work };
    this.ask('ha-arm', request, { service: 'failover' });
  }

  clear(host: string): void {
    this.ask('host-clear', { host, by: 'operator' }, { service: 'failover' });
  }

  fence(host: string): void {
    this.ask('host-fence', { host, confirm: host, reason: work, by: 'operator' }, { service: 'failover' });
  }

  start(vm: string): void {
    if (this.isStillToCome(vm)) this.want(vm, { isRunning: true });
    else this.askLatest('vm-start', { vm, host: this.usualHost(vm) });
  }

  stop(vm: string, force: boolean): void {
    if (this.isStillToCome(vm)) this.want(vm, { isRunning: false });
    else this.askLatest('vm-stop', { vm, force });
  }

  delete(vm: string): void {
    if (this.isStillToCome(vm)) this.want(vm, { isDeleted: true });
    else this.askLatest('vm-delete', { vm });
  }

  /** Whoever changes their mind does not go on asking for what they wanted before. */
  private askLatest(name: string, request: { vm: string; [field: string]: unknown }): void {
    const number = (this.latest.get(request.vm) ?? 0) + 1;
    this.latest.set(request.vm, number);
    this.ask(name, request, { isStill: () => this.latest.get(request.vm) === number });
  }

  private isStillToCome(vm: string): boolean {
    return vm in this.scenario.vms && !this.created.has(vm);
  }

  private label(host: string): void {
    const set = this.scenario.hosts[host]?.labels ?? {};
    if (Object.keys(set).length === 0) return;
    if (this.isOnline(host)) this.ask('host-label', { host, set, remove: [], by: 'operator' }, { service: 'failover' });
    else this.world.loop.after(lookAgainMs, () => this.label(host));
  }

  private want(vm: string, change: Partial<Wanted>): void {
    const before = this.wanted.get(vm);
    if (before) this.wanted.set(vm, { ...before, ...change });
  }

  private makeRule({ id, ...spec }: ScenarioRule, index: number): void {
    const rule = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(id) ? id : `rule${index + 1}`;
    const answered = (reply: Reply<unknown>): void => {
      if (reply.ok) this.rulesLeft -= 1;
      else this.world.loop.after(againMs, () => this.makeRule({ id, ...spec } as ScenarioRule, index));
    };
    this.ask('rule-put', { rule, spec }, { answered });
  }

  /** Rules come first: no VM may ever be where one of them forbids it. */
  private create(vm: string): void {
    const { world, scenario } = this;
    const spec = scenario.vms[vm];
    const wanted = this.wanted.get(vm);
    if (!spec || !wanted || wanted.isDeleted) return;
    const host = this.startingHost(vm);
    if (this.rulesLeft > 0 || host === undefined) {
      world.loop.after(lookAgainMs, () => this.create(vm));
      return;
    }
    const { cpus, memoryMiB, disksMiB } = spec;
    const policy = policyOf(spec);
    const disks = disksMiB.map((sizeMiB) => ({ sizeMiB }));
    const request = {
      vm,
      spec: { cpus, memoryMiB, image: 'tiny', disks, network: 'guest', policy },
      start: wanted.isRunning,
      host,
    };
    this.created.add(vm);
    const answered = (reply: Reply<unknown>): void => {
      if (reply.ok) return;
      this.created.delete(vm);
      world.loop.after(againMs, () => this.create(vm));
    };
    this.ask('vm-create', request, { answered });
  }

  /** The host to ask for; null for any; undefined while it is too early to say. */
  private startingHost(vm: string): string | null | undefined {
    const { world, scenario } = this;
    const spec = scenario.vms[vm];
    if (!spec || !this.wanted.get(vm)?.isRunning) return null;
    const isAnyUp = Object.keys(scenario.hosts).some((name) => this.isOnline(name));
    if (isAnyUp) this.firstHostAtMs ??= world.loop.nowMs;
    const isForbidden = scenario.rules.some(
      (rule) => rule.kind === 'host-affinity' && rule.strict && rule.vms.includes(vm) && !(spec.host in rule.hosts),
    );
    if (isForbidden) return isAnyUp ? null : undefined;
    if (this.isOnline(spec.host)) return spec.host;
    const hasWaited = this.firstHostAtMs !== null && world.loop.nowMs >= this.firstHostAtMs + waitForHostMs;
    return hasWaited ? null : undefined;
  }

  /** A VM that is started again is started where it ran last, or is at home, if that can be. */
  private usualHost(vm: string): string | null {
    if (this.scenario.operated) return null;
    const lastRun = this.world.checker.log.findLast(
      ({ event, data }) => data['vm'] === vm && (event === 'copy.started' || event === 'copy.moved'),
    );
    const host = String(lastRun?.data['host'] ?? this.scenario.vms[vm]?.host);
    return this.isOnline(host) ? host : null;
  }

  private isOnline(host: string): boolean {
    const record = this.world.bus.bucket<HostRecord>('hosts').value(host);
    return record?.health === 'online' && record.admin === 'active';
  }
}

/** It will be otherwise in a moment: nobody served it, or the VM is on its way somewhere else. */
function isPassing({ code, message }: { code: string; message: string }): boolean {
  return code === 'unavailable' || (code === 'conflict' && /is (busy|stopping|detaching|still)/.test(message));
}

function aboutOf(request: Record<string, unknown>): string {
  const { vm, host, rule } = request;
  return [vm, rule, host].filter((part) => typeof part === 'string').join(' ');
}
