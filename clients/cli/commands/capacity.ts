import type { CapacityReport, Loss } from '@holdfast/contracts';
import { parseNames } from '../arguments.js';
import { CommandFailure } from '../failure.js';
import { memoryText, type Tone } from '../output.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

interface CapacityFlags extends JsonFlag {
  lose?: string;
  away?: string[];
}

const verdictTexts: Record<Loss['verdict'], [text: string, tone: Tone]> = {
  'all-return': ['yes', 'good'],
  'some-lost': ['no', 'bad'],
  unproven: ['not proven', 'bad'],
};

export const registerCapacity: Register = (program, session) => {
  withJson(program.command('capacity'))
    .description('whether all VMs can be started again after a loss: who cannot, and what would cure it')
    .option('--lose <WHAT>', 'a host, LABEL=VALUE, or a number for any so many hosts (left out: any one host)')
    .option('--away <HOSTS>', 'while these hosts are emptied, for example h1,h2', parseNames)
    .addHelpText(
      'after',
      `
The exit status is 0 only when it is proven that all return, after each of these losses.

Examples:
  holdfast capacity
  holdfast capacity --lose h2
  holdfast capacity --lose rack=r1
  holdfast capacity --lose 2
  holdfast capacity --away h1`,
    )
    .action((flags: CapacityFlags) => capacity(session, flags));
};

async function capacity(session: Session, { lose, away, json }: CapacityFlags): Promise<void> {
  const report = await session.client.capacity(lose, away);
  if (json) session.output.json(report);
  else tell(session, report);
  if (report.verdict !== 'all-return') throw new CommandFailure(failureOf(report));
}

function failureOf({ verdict, possible, tried, failing }: CapacityReport): { code: string; message: string } {
  if (verdict === 'some-lost') {
    const what = possible === 1 ? 'this loss' : `${failing} of the ${tried} losses that were tried`;
    return { code: 'some-lost', message: `not all VMs return after ${what}` };
  }
  const message = failing > 0
    ? `no way was found to bring all back after ${failing} of ${tried} losses, and no proof that there is none`
    : `all return after the ${tried} heaviest losses; of ${possible} possible ones the others were not tried`;
  return { code: 'unproven', message };
}

function tell({ output }: Session, { possible, tried, losses }: CapacityReport): void {
  const rows = losses.map(({ lost, victims, verdict, losers, loserCount, cure }) => {
    const [text, tone] = verdictTexts[verdict];
    const names = losers.map(({ vm, priority, memoryMiB }) => `${vm} (priority ${priority}, ${memoryText(memoryMiB)})`);
    if (loserCount > losers.length) names.push(`and ${loserCount - losers.length} more`);
    const help = cure ? cure.text : losers.slice(0, 3).map(({ vm, why }) => `${vm} on ${why}`).join('\n');
    const cells = [names.join('\n'), help].map((cell) => (cell === '' ? '-' : cell));
    return [lost, String(victims), output.tone(text, tone), ...cells];
  });
  output.table(['LOST', 'VMS', 'ALL RETURN', 'WHO DOES NOT', 'WHAT WOULD CURE IT'], rows, 'there is no host yet');
  if (tried > losses.length) output.line(`and ${tried - losses.length} more`);
  if (tried < possible) output.line(`Tried: the ${tried} of ${possible} possible losses with most to bring back.`);
}
