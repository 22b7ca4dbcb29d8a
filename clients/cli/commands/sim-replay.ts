import type { Command } from 'commander';
import { UsageError } from '../failure.js';
import { withJson, type JsonFlag, type Session } from '../session.js';
import { failWhenBroken, printReport, readJson } from './sim-options.js';

type Flags = JsonFlag & { all?: boolean };

/** `sim replay FILE`: exit 0 when every invariant held, 1 when one broke, 2 when the file is not a scenario. */
export function registerSimReplay(group: Command, session: Session): void {
  withJson(group.command('replay <file>'))
    .description('run a scenario file: exit 1 when an invariant broke, 2 when it is not a scenario')
    .option('--all', 'print every event, nothing folded')
    .action((file: string, flags: Flags) => replayFile(session, file, flags));
}

async function replayFile(session: Session, file: string, { json, all }: Flags): Promise<void> {
  const { parseScenario, replay, reportOf, ScenarioError } = await import('@holdfast/sim');
  const value = readJson(file, 'scenario');
  let scenario;
  try {
    scenario = parseScenario(value);
  } catch (error) {
    if (error instanceof ScenarioError) throw new UsageError(error.message);
    throw error;
  }
  const { log, ...result } = replay(scenario);
  if (json) session.output.json(result);
  else {
    const { violations = [], recoveries } = result;
    printReport(session, reportOf(log, { violations, recoveries, all: all === true }));
    session.output.line();
    session.output.line(`${result.name}: invariants ${result.invariants}`);
  }
  failWhenBroken(result.violations?.length ?? 0, `${result.name} broke an invariant`);
}
