/** What a person says of a host. */
import type { HostCondition, HostFlapping } from '@holdfast/contracts';
import type { Command } from 'commander';
import { UsageError } from '../failure.js';
import { clockText, type Output } from '../output.js';
import { withJson, type JsonFlag, type Session } from '../session.js';
import { typedName } from '../typed-name.js';

/** `rack=r2` sets a label, `rack-` takes it away. */
export function parseLabels(words: readonly string[]): { set: Record<string, string>; remove: string[] } {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const word of words) {
    const [, key = '', value = ''] = /^([^=]+)=(.+)$/.exec(word) ?? [];
    if (key !== '') set[key] = value;
    else if (/^[^=]+-$/.test(word)) remove.push(word.slice(0, -1));
    else throw new UsageError(`${word} is no label`, 'say KEY=VALUE, or KEY- to take it away');
  }
  return { set, remove };
}

export function labelsText(labels: Record<string, string>): string {
  const told = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return told.length === 0 ? 'none' : told.join(', ');
}

export function conditionText(output: Output, { kind, sinceMs, text }: HostCondition): string {
  return `${output.tone(kind, 'bad')} since ${clockText(sinceMs)}: ${text}`;
}

type Flapping = HostFlapping | null | undefined;

/** Null: it is not held off. */
export function heldOffText(flapping: Flapping): string | null {
  if (flapping?.heldOffUntilMs == null) return null;
  return `held off until ${clockText(flapping.heldOffUntilMs)}: ${flapping.returns.length} failures lately`;
}

export function heldOffField(output: Output, flapping: Flapping): [string, string][] {
  const text = heldOffText(flapping);
  return text === null ? [] : [['placement', output.tone(text, 'bad')]];
}

async function clear(session: Session, name: string, { json }: JsonFlag): Promise<void> {
  const cleared = await session.client.clearHost(name);
  if (json) session.output.json(cleared);
  else session.output.line(`${name}: what it did before no longer counts`);
}

async function wake(session: Session, name: string, { json }: JsonFlag): Promise<void> {
  const woken = await session.client.wakeHost(name);
  if (json) session.output.json(woken);
  else session.output.line(`${name} is being woken; see \`host list\``);
}

interface FenceFlags extends JsonFlag {
  reason: string;
  confirm?: string;
}

async function fence(session: Session, name: string, flags: FenceFlags): Promise<void> {
  const warning = `Every VM that runs on ${name} is cut off from its disks, and starts anew on another host.`;
  const confirm = flags.confirm ?? (await typedName(session.io, name, { warning, when: 'is to be fenced' }));
  const fenced = await session.client.fenceHost(name, { confirm, reason: flags.reason });
  if (flags.json) session.output.json(fenced);
  else session.output.line(`${name} is being fenced; see \`incident show ${fenced.incident}\``);
}

async function label(session: Session, name: string, words: string[], { json }: JsonFlag): Promise<void> {
  const labelled = await session.client.labelHost(name, parseLabels(words));
  if (json) session.output.json(labelled);
  else session.output.line(`${name}: ${labelsText(labelled.labels)}`);
}

export function registerHostWords(group: Command, session: Session): void {
  withJson(group.command('label'))
    .description('say what a host shares with others: rack, switch, power, or any other key')
    .argument('<NAME>', 'the host')
    .argument('<LABEL...>', 'KEY=VALUE, or KEY- to take it away')
    .addHelpText(
      'after',
      `
When hosts that are silent at once all bear one label, that is the likelier cause: none of them is fenced
before the storage path agrees that they are gone.

Examples:
  holdfast host label h2 rack=r2 power=b
  holdfast host label h2 power-`,
    )
    .action((name: string, labels: string[], flags: JsonFlag) => label(session, name, labels, flags));
  withJson(group.command('clear'))
    .description('end the hold-off of a host that failed again and again, once somebody has seen to it')
    .argument('<NAME>', 'the host')
    .action((name: string, flags: JsonFlag) => clear(session, name, flags));
  withJson(group.command('wake'))
    .description('switch on a host that sleeps to save power; it sleeps again when it has been idle for long enough')
    .argument('<NAME>', 'the host')
    .action((name: string, flags: JsonFlag) => wake(session, name, flags));
  withJson(group.command('fence'))
    .description('order the fence of a host that is not silent: one whose agent or hypervisor is dead, say')
    .argument('<NAME>', 'the host')
    .requiredOption('--reason <TEXT>', 'why')
    .option('--confirm <NAME>', 'the name once more, where there is no terminal to ask')
    .addHelpText(
      'after',
      `
Storage cuts it off and its power switch is used, as for a host that is lost; its VMs start elsewhere once
that is proven. Empty a host that can still be managed with \`host maintenance\` instead: its VMs run on.

Example:
  holdfast host fence h2 --reason "libvirtd is dead and cannot be started"`,
    )
    .action((name: string, flags: FenceFlags) => fence(session, name, flags));
}
