import type { Loss, LossReport, VmOutcome } from '@holdfast/sim';
import type { Command } from 'commander';
import { CommandFailure, UsageError } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Session } from '../session.js';
import { readJson } from './sim-options.js';

type Flags = JsonFlag & { lose: string; name?: string };

const mostVmsShown = 60;
const mostNamesShown = 8;

/** `sim topology FILE`: exit 0 when all return, 1 when some would not, 2 when the file is wrong. */
export function registerSimTopology(group: Command, session: Session): void {
  withJson(group.command('topology <file>'))
    .description('lose parts of your own cluster, simulated: what returns, how fast, by which proof, and what not')
    .requiredOption('--lose <kind>', 'host, rack, switch, storage, bus, or any label')
    .option('--name <name>', 'lose only this one; each in turn without it')
    .addHelpText(
      'after',
      `
Examples:
  holdfast sim topology sim/examples/two-racks.json --lose host
  holdfast sim topology cluster.json --lose rack --name r12

The file is an inventory of hosts, storage nodes, VMs and rules; sim/README.md describes it.`,
    )
    .action((file: string, flags: Flags) => loseParts(session, file, flags));
}

async function loseParts(session: Session, file: string, flags: Flags): Promise<void> {
  const { loseEach, parseTopology, TopologyError } = await import('@holdfast/sim');
  const value = readJson(file, 'inventory');
  const progress = new Progress(session.io, flags.json === true || session.io.stderr.isTTY !== true);
  let report: LossReport;
  try {
    report = await loseEach(parseTopology(value), {
      kind: flags.lose,
      ...(flags.name === undefined ? {} : { name: flags.name }),
      signal: session.io.interrupted,
      progress: (done, of, name) => progress.say(`${flags.lose} ${name}, ${done + 1} of ${of}`),
    });
  } catch (error) {
    if (error instanceof TopologyError) throw new UsageError(error.message, error.remedy);
    throw error;
  } finally {
    progress.end();
  }
  if (flags.json) session.output.json(report);
  else print(session, report);
  conclude(report);
}

function conclude({ losses, allReturn, kind }: LossReport): void {
  if (allReturn) return;
  const broken = losses.find(({ violations }) => violations.length > 0);
  if (broken) {
    const { text = '' } = broken.violations[0] ?? {};
    throw new CommandFailure({ code: 'invariant-broken', message: `losing ${kind} ${broken.name}: ${text}` });
  }
  const bad = losses.filter((loss) => missing(loss).length > 0);
  const message = `after ${bad.length} of ${losses.length} losses some VMs would not return`;
  throw new CommandFailure({ code: 'not-all-return', message });
}

const missing = ({ vms }: Loss): VmOutcome[] =>
  vms.filter(({ outcome }) => outcome === 'waits' || outcome === 'stalls');

function print(session: Session, report: LossReport): void {
  const { output } = session;
  const { name, kind, hosts, vms, losses, remarks } = report;
  output.line(`${name}: ${hosts} hosts, ${vms} VMs`);
  for (const remark of remarks) output.line(output.tone(`  ${remark}`, 'busy'));
  output.line();
  const counts = ['HOSTS', 'VMS HIT', 'RETURN', 'RUN ON', 'NOT'];
  const headings = [kind.toUpperCase(), ...counts, 'MEDIAN', 'LONGEST', 'PROVEN BY'];
  output.table(headings, losses.map((loss) => rowOf(session, loss)), 'nothing was lost');
  if (losses.length === 1) printVms(session, losses[0]!);
  for (const loss of losses) printMissing(session, kind, loss);
}

function rowOf({ output }: Session, loss: Loss): string[] {
  const { name, hosts, vms, recovery, proofs } = loss;
  const count = (outcome: VmOutcome['outcome']): number => vms.filter((vm) => vm.outcome === outcome).length;
  const not = missing(loss).length;
  const proven = Object.entries(proofs).map(([proof, times]) => `${proof} ${times}`);
  return [
    name,
    String(hosts.length),
    String(vms.length),
    String(count('returned')),
    String(count('runs-on')),
    not === 0 ? '0' : output.tone(String(not), 'bad'),
    recovery ? timeText(recovery.medianMs) : '-',
    recovery ? timeText(recovery.maxMs) : '-',
    proven.join(', ') || '-',
  ];
}

const timeText = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

function printVms({ output }: Session, { vms }: Loss): void {
  const returned = vms.filter(({ outcome }) => outcome === 'returned');
  if (returned.length === 0) return;
  output.line();
  output.table(
    ['VM', 'FROM', 'TO', 'RUNS AFTER', 'PROVEN BY'],
    returned
      .slice(0, mostVmsShown)
      .map(({ vm, from, to, afterMs, proof }) => [
        vm,
        from,
        to ?? '-',
        afterMs === null ? '-' : timeText(afterMs),
        proof ?? '-',
      ]),
    '',
  );
  const more = returned.length - mostVmsShown;
  if (more > 0) output.line(`and ${more} more; --json has them all`);
}

/** VMs that fare alike are told together. */
function printMissing({ output }: Session, kind: string, loss: Loss): void {
  const alike = new Map<string, string[]>();
  for (const { vm, from, reason } of missing(loss)) {
    const why = reason.replaceAll(new RegExp(`\\b${from}\\b`, 'g'), 'its host');
    alike.set(why, [...(alike.get(why) ?? []), vm]);
  }
  if (alike.size === 0) return;
  output.line();
  output.heading(`Without ${kind} ${loss.name} these would not return:`);
  for (const [why, vms] of alike) {
    const shown = vms.slice(0, mostNamesShown).join(', ');
    const more = vms.length > mostNamesShown ? ` and ${vms.length - mostNamesShown} more` : '';
    output.line(`  ${shown}${more}`);
    output.line(`    ${why}`);
  }
}
