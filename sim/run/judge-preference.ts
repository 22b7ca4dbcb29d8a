/** Whether each VM that runs at the end is where the rules prefer it, as far as that is possible. */
import type { HostRecord } from '@holdfast/contracts';
import type { Run } from './replay.js';
import type { Scenario, ScenarioRule } from './scenario.js';

export function preferenceBreaks(scenario: Scenario, run: Run): string[] {
  if (!scenario.rules.some(({ kind }) => kind === 'host-affinity')) return [];
  const groups = groupsOf(scenario).filter((group) => group.some((vm) => vm in run.result.running));
  return groups.flatMap((group) => {
    const here = run.result.running[group.find((vm) => vm in run.result.running) as string] as string;
    // Who does not return by itself may stay where a fault has brought it.
    if (!group.every((vm) => scenario.vms[vm]?.failback)) return [];
    const weight = weightOf(scenario, group, here);
    const better = Object.keys(scenario.hosts).find(
      (host) => weightOf(scenario, group, host) > weight && canTake(scenario, run, group, host),
    );
    return better === undefined ? [] : [`${group.join(', ')} on ${here}: ${better} is preferred, and free to take it`];
  });
}

/** VMs that must run together, each with itself at least. */
function groupsOf({ vms, rules }: Scenario): string[][] {
  const groups = new Map(Object.keys(vms).map((vm) => [vm, new Set([vm])]));
  for (const rule of rules) {
    if (rule.kind !== 'vm-affinity' || !rule.together) continue;
    const joined = new Set(rule.vms.flatMap((vm) => [...(groups.get(vm) ?? [])]));
    for (const vm of joined) groups.set(vm, joined);
  }
  return [...new Set(groups.values())].map((group) => [...group]);
}

const bindsHosts = (rule: ScenarioRule): rule is Extract<ScenarioRule, { kind: 'host-affinity' }> =>
  rule.kind === 'host-affinity';

function weightOf({ rules }: Scenario, group: readonly string[], host: string): number {
  let sum = 0;
  for (const { hosts, vms } of rules.filter(bindsHosts)) {
    const weight = hosts[host];
    if (weight !== undefined && vms.some((vm) => group.includes(vm))) sum += 1 + weight;
  }
  return sum;
}

function canTake(scenario: Scenario, { world, result }: Run, group: readonly string[], host: string): boolean {
  const record = world.bus.bucket<HostRecord>('hosts').value(host);
  if (record?.health !== 'online' || record.admin !== 'active') return false;
  const concerns = ({ vms }: ScenarioRule): boolean => vms.some((vm) => group.includes(vm));
  const there = Object.entries(result.running).flatMap(([vm, at]) => (at === host && !group.includes(vm) ? [vm] : []));
  for (const rule of scenario.rules.filter(concerns)) {
    if (rule.kind === 'host-affinity' && rule.strict && !(host in rule.hosts)) return false;
    if (rule.kind === 'vm-affinity' && !rule.together && rule.vms.some((vm) => there.includes(vm))) return false;
  }
  const memoryOf = (vm: string): number => scenario.vms[vm]?.memoryMiB ?? 0;
  const usedMiB = [...there, ...group].reduce((sum, vm) => sum + memoryOf(vm), 0);
  return usedMiB <= (scenario.hosts[host]?.memoryMiB ?? 0);
}
