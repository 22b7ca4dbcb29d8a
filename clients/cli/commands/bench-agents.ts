import type { AgentsBench } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Session } from '../session.js';
import { requireWithin } from '../within.js';

interface AgentsFlags extends JsonFlag {
  hosts: number;
  seconds: number;
  runs: number;
}

/** Known here too, so that a wrong number needs no start. */
const limits = { hosts: [1, 2000], seconds: [1, 3600], runs: [1, 1000] } as const;

export function addBenchAgents(group: Command, session: Session): void {
  withJson(group.command('agents'))
    .description('what many agents cost failover, and how soon it notices that one is silent')
    .option('--hosts <N>', 'agents with real connections over simulated hypervisors', parseCount, 1000)
    .option('--seconds <N>', 'how long CPU is measured', parseCount, 60)
    .option('--runs <N>', 'how many agents are silenced, one by one', parseCount, 20)
    .action((flags: AgentsFlags) => agents(session, flags));
}

async function agents(session: Session, flags: AgentsFlags): Promise<void> {
  for (const [name, range] of Object.entries(limits)) requireWithin(name, flags[name as keyof typeof limits], range);
  const { benchAgents } = await import('@holdfast/bench');
  const progress = new Progress(session.io, flags.json === true);
  let bench: AgentsBench;
  try {
    const { hosts, seconds, runs } = flags;
    const say = (step: string): void => progress.say(step);
    bench = await benchAgents({ hosts, seconds, runs, progress: say, signal: session.io.interrupted });
  } finally {
    progress.end();
  }
  if (flags.json) session.output.json(bench);
  else tell(session, bench);
  if (bench.failures.length === 0) return;
  throw new CommandFailure({ code: 'failed', message: bench.failures.join('; ') });
}

function tell({ output }: Session, { groups, cpuLimitPercent }: AgentsBench): void {
  output.table(
    ['', ...groups.map(({ hosts }) => `${hosts} agents`)],
    [
      [`failover that acts, CPU (limit ${cpuLimitPercent} %)`, ...groups.map((of) => `${of.failoverCpuPercent} %`)],
      ['failover that acts, heap', ...groups.map((of) => `${of.failoverHeapMiB} MiB`)],
      ['failover that acts, resident', ...groups.map((of) => `${of.failoverResidentMiB} MiB`)],
      ['the other replicas, CPU', ...groups.map((of) => of.othersCpuPercent.map((each) => `${each} %`).join(', '))],
      ['3 NATS servers, CPU', ...groups.map((of) => `${of.busCpuPercent} %`)],
      ['all agents, CPU', ...groups.map((of) => `${of.agentsCpuPercent} %`)],
      ['heartbeats a second', ...groups.map((of) => String(of.heartbeatsPerSecond))],
      ['of all heartbeats sent late', ...groups.map((of) => `${of.heartbeatsLate}, at most ${of.longestGapMs} ms`)],
      ['suspected falsely', ...groups.map((of) => String(of.suspectedFalsely))],
      ['silence noticed, median / p99', ...groups.map(({ detectedMs, runs }) =>
        detectedMs ? `${detectedMs.median} / ${detectedMs.p99} ms (${runs} runs)` : '-')],
    ],
    'nothing was measured',
  );
  output.line();
  output.line('CPU in percent of one core. Silence counts from the last heartbeat that was sent.');
}
