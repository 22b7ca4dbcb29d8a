/** What a person says of a host. */
import type { Command } from 'commander';
import { UsageError } from '../failure.js';
import { withJson, type JsonFlag, type Session } from '../session.js';

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
}
