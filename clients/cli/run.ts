import { Command, CommanderError } from 'commander';
import { registerBench } from './commands/bench.js';
import { registerCapacity } from './commands/capacity.js';
import { registerDemo } from './commands/demo.js';
import { registerDrill } from './commands/drill.js';
import { registerEvents } from './commands/events.js';
import { registerHa } from './commands/ha.js';
import { registerHost } from './commands/host.js';
import { registerIncident } from './commands/incident.js';
import { registerLab } from './commands/lab.js';
import { registerOperation } from './commands/operation.js';
import { registerPlace } from './commands/place.js';
import { registerRebalance } from './commands/rebalance.js';
import { registerRto } from './commands/rto.js';
import { registerRule } from './commands/rule.js';
import { registerSettings } from './commands/settings.js';
import { registerSim } from './commands/sim.js';
import { registerStatus } from './commands/status.js';
import { registerSystem } from './commands/system.js';
import { registerVm } from './commands/vm.js';
import { registerVolume } from './commands/volume.js';
import { exitDone, explain, failureText, interrupted } from './failure.js';
import type { Io } from './io.js';
import { Session, type Register } from './session.js';

/** In the order of the help. */
const commandFiles: readonly Register[] = [
  registerDemo,
  registerSystem,
  registerStatus,
  registerHa,
  registerHost,
  registerDrill,
  registerVm,
  registerPlace,
  registerCapacity,
  registerRebalance,
  registerRule,
  registerSettings,
  registerVolume,
  registerIncident,
  registerRto,
  registerOperation,
  registerEvents,
  registerLab,
  registerSim,
  registerBench,
];

/** New commands inherit how errors and help are written, so it is set before they are added. */
function createProgram(session: Session): Command {
  const { io } = session;
  const program = new Command('holdfast')
    .description('Keeps virtual machines running when hosts fail.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Errors are told in one place, below.
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .helpCommand('help [command]', 'show the help of a command')
    .showSuggestionAfterError();
  for (const register of commandFiles) register(program, session);
  program.addHelpText(
    'after',
    `
Exit codes: 0 done, 1 refused or failed (the reason is on stderr), 2 called wrongly.
Every command takes --json for programs.

Which system it talks to: the one that \`./holdfast up\` started here, or the one that
HOLDFAST_API, HOLDFAST_TOKEN_FILE and HOLDFAST_CA_FILE name.`,
  );
  return program;
}

function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/**
 * A group without its command, or the program without any: the help is the answer, but nothing was
 * done.
 */
function isMissingCommand(error: unknown): boolean {
  return error instanceof CommanderError && error.code === 'commander.help';
}

/** Runs one command line. Never throws; the result is the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const session = new Session(io);
  const asJson = argv.includes('--json');
  try {
    await createProgram(session).parseAsync([...argv], { from: 'user' });
    return exitDone;
  } catch (error) {
    if (isHelp(error)) return exitDone;
    const { exitCode, details } = explain(io.interrupted.aborted ? interrupted(error) : error);
    if (isMissingCommand(error)) {
      details.message = `a command is missing after: ${['holdfast', ...argv].join(' ')}`;
    }
    if (asJson) io.stderr.write(`${JSON.stringify({ error: details })}\n`);
    else {
      const hint =
        details.code === 'usage' ? '  `--help` after any command shows how it is used\n' : '';
      io.stderr.write(failureText(details) + hint);
    }
    return exitCode;
  } finally {
    await session.close();
  }
}
