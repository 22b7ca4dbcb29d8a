/** The options that say what may be done with a VM by itself, and how they read. */
import type { VmView } from '@holdfast/client';
import { Option, type Command } from 'commander';
import { parseInteger, parseNames } from '../arguments.js';
import { withWait, type Session, type WaitFlags } from '../session.js';
import { probeLines, withProbes } from './vm-probe.js';
import { withWordChanges, wordChangeOf, wordLines, type WordFlags } from './vm-words.js';

type Policy = VmView['spec']['policy'];

export interface PolicyFlags {
  proof?: Policy['proof'];
  restart?: Policy['restart'];
  priority?: number;
  onIsolation?: Policy['onIsolation'];
  onStorageLoss?: Policy['onStorageLoss'];
  after?: string[];
  maxRestart?: number;
  maxRelocate?: number;
  restartWindow?: number;
  stopGrace?: number;
  failback?: boolean;
  probe?: Policy['probes'];
}

export function withPolicy(command: Command): Command {
  return withProbes(command)
    .addOption(
      new Option('--proof <KIND>', 'least proof before it starts elsewhere (default: storage)').choices([
        'storage',
        'power',
        'both',
      ]),
    )
    .addOption(
      new Option('--restart <WHEN>', 'once it is lost or has crashed (default: always)').choices(['always', 'never']),
    )
    .option('--priority <N>', '0 to 100, higher first after a host was lost (default: 50)', parseInteger)
    .addOption(
      new Option('--on-isolation <WHAT>', 'while storage still hears its silent host (default: restart)').choices([
        'restart',
        'leave',
      ]),
    )
    .addOption(
      new Option('--on-storage-loss <WHAT>', 'while its host alone cannot reach its disks (default: restart)').choices([
        'restart',
        'pause',
      ]),
    )
    .option('--after <VMS>', 'VMs it depends on, for example db1,db2; none for none', parseDependencies)
    .option('--max-restart <N>', 'crashes and failed starts tried again on the same host (default: 1)', parseInteger)
    .option('--max-relocate <N>', 'other hosts tried after that (default: 1)', parseInteger)
    .option('--restart-window <SECONDS>', 'crashes count until it ran this long (default: 60)', parseInteger)
    .option('--stop-grace <SECONDS>', 'to power down before it is forced (default: 30)', parseInteger)
    .option('--failback', 'it returns to a better host once that is back (default)')
    .option('--no-failback', 'it stays where it was moved to, also when a better host is back');
}

function parseDependencies(text: string): string[] {
  return text === 'none' ? [] : parseNames(text);
}

/** What the flags name, and nothing else. */
export function policyOf(flags: PolicyFlags): Partial<Policy> {
  const { proof, restart, priority, onIsolation, onStorageLoss, after } = flags;
  const { maxRestart, maxRelocate, restartWindow, stopGrace, failback, probe } = flags;
  return {
    ...(restart === undefined ? {} : { restart }),
    ...(priority === undefined ? {} : { priority }),
    ...(onIsolation === undefined ? {} : { onIsolation }),
    ...(onStorageLoss === undefined ? {} : { onStorageLoss }),
    ...(after === undefined ? {} : { after }),
    ...(proof === undefined ? {} : { proof }),
    ...(maxRestart === undefined ? {} : { maxRestart }),
    ...(maxRelocate === undefined ? {} : { maxRelocate }),
    ...(restartWindow === undefined ? {} : { restartWindowSeconds: restartWindow }),
    ...(stopGrace === undefined ? {} : { stopGraceSeconds: stopGrace }),
    ...(failback === undefined ? {} : { failback }),
    ...(probe === undefined ? {} : { probes: probe }),
  };
}

const proofTexts: Record<Policy['proof'], string> = {
  storage: 'any proof lets it start elsewhere',
  power: 'only proof that the old copy does not run lets it start elsewhere',
  both: 'proof by storage and by power lets it start elsewhere',
};

/** For people, a line each. */
export function policyLines(policy: Policy): [label: string, text: string][] {
  return [
    [
      'policy',
      `${policy.maxRestart} restarts, ${policy.maxRelocate} relocations, counted until it ran ` +
        `${policy.restartWindowSeconds} s; ${policy.stopGraceSeconds} s to stop; ` +
        (policy.failback ? 'returns to a better host' : 'stays where it is'),
    ],
    ['priority', String(policy.priority)],
    ['proof', `${policy.proof}: ${proofTexts[policy.proof]}`],
    ...(policy.restart === 'always'
      ? []
      : [['restart', 'never: lost or crashed, it stays down until somebody starts it'] satisfies [string, string]]),
    ...(policy.onIsolation === 'restart'
      ? []
      : [['isolation', 'leave: runs on there, if all VMs of that host say so'] satisfies [string, string]]),
    ...(policy.onStorageLoss === 'restart'
      ? []
      : [['storage loss', 'pause: waits where it is until its disks answer'] satisfies [string, string]]),
    ...(policy.after.length === 0 ? [] : [['after', policy.after.join(', ')] satisfies [string, string]]),
    ...probeLines(policy.probes),
  ];
}

export function registerVmSet(group: Command, session: Session): void {
  withWait(withPolicy(withWordChanges(group.command('set'))))
    .description('change its policy and what is said of it; it runs on meanwhile')
    .argument('<NAME>', 'the VM')
    .addHelpText(
      'after',
      `
Examples:
  holdfast vm set db1 --proof power
  holdfast vm set db1 --note "ask Ann before a reboot" --label env=prod --protect`,
    )
    .action(async (name: string, flags: PolicyFlags & WordFlags & WaitFlags) => {
      const words = wordChangeOf(flags);
      const policy = policyOf(flags);
      const told = (lines: [string, string][]): string => lines.map(([label, text]) => `${label}: ${text}`).join('\n');
      if (words) {
        const described = await session.client.describeVm(name, words);
        await session.conclude(described, flags, async () => {
          const lines = wordLines(await session.client.vm(name));
          return lines.length === 0 ? `nothing is said of ${name} now` : told(lines);
        });
        if (Object.keys(policy).length === 0) return;
      }
      const accepted = await session.client.setVm(name, policy);
      await session.conclude(accepted, flags, async () => {
        const { spec } = await session.client.vm(name);
        return told(policyLines(spec.policy));
      });
    });
}
