import type { Explanation, HostExplanation } from '@holdfast/contracts';
import type { ExplainPlacement } from '@holdfast/client';
import { parseInteger, parseSize } from '../arguments.js';
import { UsageError } from '../failure.js';
import { memoryText } from '../output.js';
import { needsOf, withNeeds, type NeedFlags } from './vm-needs.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

interface ExplainFlags extends JsonFlag, NeedFlags {
  cpus?: number;
  memory?: number;
}

export const registerPlace: Register = (program, session) => {
  const group = program.command('place').description('where VMs can run, and why not elsewhere');
  withJson(withNeeds(group.command('explain')))
    .description('each host: how good it is for a VM, or all that keeps the VM from it and what would have to change')
    .argument('[VM]', 'a VM that exists; or none, with --cpus and --memory')
    .option('--cpus <N>', 'as if it had so many', parseInteger)
    .option('--memory <SIZE>', 'as if it had so much, for example 2GiB', parseSize)
    .addHelpText(
      'after',
      `
Examples:
  holdfast place explain web1
  holdfast place explain --cpus 8 --memory 64GiB --cpu Nehalem,+aes`,
    )
    .action((vm: string | undefined, flags: ExplainFlags) => explain(session, vm, flags));
};

async function explain(session: Session, vm: string | undefined, flags: ExplainFlags): Promise<void> {
  const { cpus, memory, json } = flags;
  if (vm === undefined && (cpus === undefined || memory === undefined)) {
    throw new UsageError('it is not said what is to be placed', 'name a VM, or give --cpus and --memory');
  }
  const asked = {
    ...(vm === undefined ? {} : { vm }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memoryMiB: memory }),
    ...needsOf(flags),
  };
  const explanation = await whole(session, asked);
  if (json) session.output.json(explanation);
  else tell(session, explanation);
}

/** All hosts, page after page. What is said of the whole is from the first one. */
async function whole({ client }: Session, asked: ExplainPlacement): Promise<Explanation> {
  const first = await client.explainPlacement({ ...asked, limit: 500 });
  const hosts = [...first.hosts];
  let { next } = first;
  while (next !== null) {
    const page = await client.explainPlacement({ ...asked, limit: 500, after: next });
    hosts.push(...page.hosts);
    next = page.next;
  }
  return { ...first, hosts, next };
}

function tell({ output }: Session, explanation: Explanation): void {
  const { vm, cpus, memoryMiB, host, hostCount, fittingCount, nearest, hosts, policy } = explanation;
  const what = `${vm ?? 'A VM'} with ${cpus} CPU${cpus === 1 ? '' : 's'} and ${memoryText(memoryMiB)}`;
  const under = policy === undefined || policy === 'balanced' ? '' : ` (policy ${policy})`;
  output.line(host === null
    ? `${what} fits on none of ${hostCount} host${hostCount === 1 ? '' : 's'}.`
    : `${what} fits on ${fittingCount} of ${hostCount} hosts; ${host} is the best${under}.`);
  if (nearest) output.line(`Least would have to change on ${nearest.host}: ${nearest.text}.`);
  output.line();
  output.table(
    ['HOST', 'FITS', 'SCORE', 'MEMORY LEFT', 'VCPUS LEFT', 'WEIGHT', 'WHY NOT', 'WHAT WOULD HAVE TO CHANGE'],
    [...hosts].sort(byRank).map((each) => row(each, host)),
    'there is no host yet',
  );
}

/** The best first, as the scheduler compares them; those that do not fit by name. */
function byRank(a: HostExplanation, b: HostExplanation): number {
  if (a.score === null || b.score === null) return Number(a.score === null) - Number(b.score === null);
  return Number(a.score.isHeldOff) - Number(b.score.isHeldOff) || b.score.weight - a.score.weight ||
    b.score.total - a.score.total;
}

/** The sum, and what it is made of. */
function weightText({ weight, parts }: NonNullable<HostExplanation['score']>): string {
  const shown = (value: number): string => String(Number(value.toFixed(3)));
  const all = Object.entries(parts ?? {}).filter(([, value]) => value !== 0);
  return all.length === 0 ? shown(weight) : `${shown(weight)} (${all.map(([k, v]) => `${k} ${shown(v)}`).join(', ')})`;
}

function row({ host, isHolding, refusals, score }: HostExplanation, best: string | null): string[] {
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const name = isHolding ? `${host} (now)` : host;
  const fits = score === null ? 'no' : host === best ? 'best' : score.isHeldOff ? 'held off' : 'yes';
  const parts = score === null
    ? ['-', '-', '-', '-']
    : [score.total.toFixed(3), percent(score.memoryLeft), percent(score.vcpusLeft), weightText(score)];
  const why = refusals.map(({ filter, text }) => `${filter}: ${text}`).join('\n');
  const changes = refusals.map(({ change }) => change.text).join('\n');
  return [name, fits, ...parts, why === '' ? '-' : why, changes === '' ? '-' : changes];
}
