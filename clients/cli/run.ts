import { OnlyTried } from '@holdfast/client';
import { Command, CommanderError } from 'commander';
import { registerAudit } from './commands/audit.js';
import { registerBench } from './commands/bench.js';
import { registerCapacity } from './commands/capacity.js';
import { registerCertificate } from './commands/certificate.js';
import { registerConfig } from './commands/config.js';
import { registerDemo } from './commands/demo.js';
import { registerDrill } from './commands/drill.js';
import { registerEvents } from './commands/events.js';
import { registerHistory } from './commands/history.js';
import { registerUsage } from './commands/usage.js';
import { registerHa } from './commands/ha.js';
import { registerHost } from './commands/host.js';
import { registerImage } from './commands/image.js';
import { registerIncident } from './commands/incident.js';
import { registerInventory } from './commands/inventory.js';
import { registerLab } from './commands/lab.js';
import { registerLogin } from './commands/login.js';
import { registerNetwork } from './commands/network.js';
import { registerOperation } from './commands/operation.js';
import { registerPlace } from './commands/place.js';
import { registerProject } from './commands/project.js';
import { registerRebalance } from './commands/rebalance.js';
import { registerGroups, registerRole } from './commands/role.js';
import { registerRto } from './commands/rto.js';
import { registerRule } from './commands/rule.js';
import { registerSession } from './commands/session.js';
import { registerSettings } from './commands/settings.js';
import { registerSim } from './commands/sim.js';
import { registerStatus } from './commands/status.js';
import { registerSystem } from './commands/system.js';
import { registerToken, registerUser } from './commands/user.js';
import { registerSchedule } from './commands/schedule.js';
import { registerTemplate } from './commands/template.js';
import { registerWebhook } from './commands/webhook.js';
import { registerVm } from './commands/vm.js';
import { registerVolume } from './commands/volume.js';
import { addCompletion } from './completion.js';
import { editOf, tellTried, withEdits } from './edit.js';
import { exitDone, explain, failureText, interrupted } from './failure.js';
import type { Io } from './io.js';
import { isForPrograms, type OutputFormat } from './output.js';
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
  registerImage,
  registerNetwork,
  registerIncident,
  registerRto,
  registerOperation,
  registerEvents,
  registerHistory,
  registerTemplate,
  registerSchedule,
  registerWebhook,
  registerUsage,
  registerInventory,
  registerConfig,
  registerLogin,
  registerUser,
  registerToken,
  registerSession,
  registerRole,
  registerGroups,
  registerProject,
  registerAudit,
  registerCertificate,
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
  program.option('--context <NAME>', 'the system to talk to, of those that `config list` shows');
  program.hook('preAction', (_, action) => {
    const { context, output } = action.optsWithGlobals<{ context?: string; output?: OutputFormat }>();
    session.context = context;
    session.edit = editOf(action);
    session.output.format = output ?? 'table';
    if (isForPrograms(output)) action.setOptionValue('json', true);
  });
  for (const register of commandFiles) register(program, session);
  withEdits(program);
  addCompletion(program, session);
  program.addHelpText(
    'after',
    `
Exit codes: 0 done, 1 refused or failed (the reason is on stderr), 2 called wrongly.
Every command takes --json (or --output yaml) for programs.

Which system it talks to: the one of --context or HOLDFAST_CONTEXT; else the one that HOLDFAST_API,
HOLDFAST_TOKEN_FILE and HOLDFAST_CA_FILE name; else the one of \`holdfast config use\`; else the one
that \`./holdfast up\` started here.`,
  );
  return program;
}

/** Known before the line is understood: what is wrong with it is told so too. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.includes('--json') || /(?:^| )(?:-o|--output)[ =](?:json|yaml)(?: |$)/.test(argv.join(' '));
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
  const asJson = asksForJson(argv);
  try {
    await createProgram(session).parseAsync([...argv], { from: 'user' });
    return exitDone;
  } catch (error) {
    if (isHelp(error)) return exitDone;
    if (error instanceof OnlyTried) {
      tellTried(session.output, error.answer, asJson);
      return exitDone;
    }
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
