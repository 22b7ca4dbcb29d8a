/** In some seeds a cluster is not run in the usual way: people set how it decides, label its hosts, and make rules. */
import { deriveId, randomStream, type RandomStream } from '@holdfast/kernel';
import {
  defaultSettings,
  settingsKey,
  type HostRecord,
  type Reply,
  type RuleRecord,
  type RuleSpec,
  type SettingsChange,
  type SettingsRecord,
} from '@holdfast/contracts';
import type { World } from '../world/world.js';

const againMs = 2000;
const racks = ['a', 'b', 'c'] as const;
const rulesAtMost = 5;
const changesAtMost = 3;

export function scheduleWays(world: World, vms: number, untilMs: number): void {
  const random = randomStream(`${world.options.seed}/ways`);
  if (random.next() >= 0.3) return;
  const isOver = (): boolean => world.loop.nowMs >= untilMs;
  let number = 0;
  for (const host of world.hosts.keys()) {
    const set = { rack: racks[number % racks.length] as string, tier: random.next() < 0.6 ? 'gold' : 'iron' };
    number += 1;
    world.loop.at(5000, () => label(world, host, set, isOver));
  }
  const timeOf = (each: number): number => (each === 0 ? 6000 : 20_000 + random.integer(Math.max(1, untilMs - 20_000)));
  for (let change = 0; change <= random.integer(changesAtMost); change += 1) {
    const way = wayOf(random);
    world.loop.at(timeOf(change), () => ask(world, 'settings-set', { change: way }, isOver));
  }
  const hosts = [...world.hosts.keys()];
  for (let rule = 0; rule < random.integer(rulesAtMost); rule += 1) {
    const spec = ruleOf(random, vms, hosts);
    // Half of them are there before any VM is.
    const atMs = random.next() < 0.5 ? 7000 : timeOf(1);
    world.loop.at(atMs, () => ask(world, 'rule-put', { rule: `rule${rule}`, spec }, isOver));
  }
  // So that everything can settle in the end, whatever was lost on the way, or restored.
  const takeBack = (): void => {
    const { settings } = world.bus.bucket<SettingsRecord>('settings').value(settingsKey) ?? {};
    const change = settings && backToUsual(settings);
    if (change) ask(world, 'settings-set', { change });
    for (const { id, state } of world.bus.bucket<RuleRecord>('rules').values()) {
      if (state === 'active') ask(world, 'rule-delete', { rule: id });
    }
    world.loop.after(againMs, takeBack);
  };
  world.loop.at(untilMs, takeBack);
}

function wayOf(random: RandomStream): SettingsChange {
  const one = <Value>(...values: readonly Value[]): Value => values[random.integer(values.length)] as Value;
  return {
    policy: one('balanced', 'packed'),
    cpuRatio: one(2, 4, 16),
    cpuRatioOn: random.next() < 0.3 ? { 'tier=iron': one(1, 2) } : {},
    memoryOvercommit: one(1, 1, 1.25, 2),
    memoryOvercommitOn: random.next() < 0.3 ? { 'tier=gold': one(1, 1.5) } : {},
    admission: one('refuse', 'warn', 'off'),
    admissionHosts: one(1, 1, 2),
    admissionLabel: random.next() < 0.3 ? 'rack' : null,
    preemption: one('on', 'off'),
    migrationsPerHost: one(1, 2, 4),
    migrationsPerCluster: one(1, 4, 16),
  };
}

function ruleOf(random: RandomStream, vms: number, hosts: readonly string[]): RuleSpec {
  const some = <Value>(all: readonly Value[], least: number): Value[] => {
    const from = random.integer(all.length);
    const count = least + random.integer(3);
    return [...all.slice(from), ...all.slice(0, from)].slice(0, count);
  };
  const names = Array.from({ length: vms }, (_, i) => `vm${i + 1}`);
  const strict = random.next() < 0.5;
  const roll = random.next();
  if (roll < 0.3 || names.length < 2) {
    const labels: Record<string, string> = random.next() < 0.5 ? { tier: 'gold' } : { rack: 'a' };
    return { kind: 'label-affinity', vms: some(names, 1), labels, strict };
  }
  if (roll < 0.6) return { kind: 'vm-affinity', vms: some(names, 2), together: false, strict, over: 'rack' };
  if (roll < 0.9) return { kind: 'vm-affinity', vms: some(names, 2), together: random.next() < 0.5, strict };
  const weights = Object.fromEntries(some(hosts, 2).map((host) => [host, 50]));
  return { kind: 'host-affinity', vms: some(names, 1), hosts: weights, strict };
}

/** What would keep a VM down that there is room for; null when that is as usual. */
function backToUsual({ cpuRatio, cpuRatioOn, admission }: SettingsRecord['settings']): SettingsChange | null {
  const labels = Object.keys(cpuRatioOn);
  const usual = defaultSettings;
  if (cpuRatio === usual.cpuRatio && labels.length === 0 && admission === usual.admission) return null;
  const none = Object.fromEntries(labels.map((each) => [each, null]));
  return { cpuRatio: usual.cpuRatio, cpuRatioOn: none, admission: usual.admission };
}

function label(world: World, host: string, set: Record<string, string>, isOver: () => boolean): void {
  const isSet = world.bus.bucket<HostRecord>('hosts').value(host)?.labels['rack'] === set['rack'];
  if (isSet || isOver()) return;
  const operation = deriveId('operation', world.options.seed, world.loop.nowMs, 'label', host);
  world.send('failover', 'host-label', { operation, host, set, remove: [], by: 'ann' }, () => undefined);
  world.loop.after(againMs, () => label(world, host, set, isOver));
}

/** Once more while nobody answers, as long as people still want it; a refusal for a reason ends it. */
function ask(world: World, name: string, request: object, isOver: () => boolean = () => true): void {
  const operation = deriveId('operation', world.options.seed, world.loop.nowMs, name, JSON.stringify(request));
  world.checker.note('asked', `${name} ${JSON.stringify(request)}`);
  world.send('scheduler', name, { operation, ...request }, (reply: Reply<unknown>) => {
    const isLost = !reply.ok && reply.refusal.code === 'unavailable';
    if (isLost && !isOver()) world.loop.after(againMs, () => ask(world, name, request, isOver));
  });
}
