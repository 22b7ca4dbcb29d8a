import { ApiProblem, ApiUnreachable, PeopleClient } from '@holdfast/client';
import { controlOption, parseCount, type ControlNodes } from '../arguments.js';
import { connectionOf, stateDirectory } from '../connection.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

const defaultHosts = 3;

interface UpFlags extends JsonFlag {
  hosts: number;
  control: ControlNodes;
  simulated?: boolean;
}

/** `up` and `down`: the whole system on this machine. The lab is loaded only when it is needed. */
export const registerSystem: Register = (program, session) => {
  withJson(program.command('up'))
    .description('start hypervisors, SAN, BMCs, NATS and all services on this machine')
    .option('--hosts <N>', 'how many hypervisors', parseCount, defaultHosts)
    .addOption(controlOption)
    .option('--simulated', 'simulate hypervisors, SAN and BMCs; needs no root')
    .action((flags: UpFlags) => up(session, flags));
  withJson(program.command('down'))
    .description('stop and remove everything that `up`, `demo` or `lab up` made here')
    .action(async ({ json }: JsonFlag) => {
      const { labDown } = await import('@holdfast/lab');
      const directory = stateDirectory(session.io.env);
      await labDown(directory);
      if (json) session.output.json({ down: true });
      else session.output.line('everything is down and removed');
    });
};

async function up(session: Session, flags: UpFlags): Promise<void> {
  if (flags.simulated && flags.control.controlNodes !== 1) {
    throw new CommandFailure({
      code: 'invalid',
      message: 'control: the simulated system is one process, with one NATS server beside it',
      remedy: 'leave --control out, or --simulated',
    });
  }
  const lab = await import('@holdfast/lab');
  const progress = new Progress(session.io, flags.json === true);
  const options = {
    stateDirectory: stateDirectory(session.io.env),
    hosts: flags.hosts,
    ...flags.control,
    progress: (step: string) => progress.say(step),
  };
  try {
    const { context, client } = await (flags.simulated ? lab.simulatedUp(options) : lab.systemUp(options));
    await client.close();
    progress.end();
    if (flags.json) session.output.json(context);
    else {
      session.output.line(`Holdfast runs with ${flags.hosts} hosts${controlText(flags.control)}.`);
      session.output.fields([
        ['API', context.api],
        ['token', `${context.tokenFile} (mode 600)`],
        ['authority', context.caFile],
      ]);
      const code = await setupCode(context);
      if (code !== null) {
        session.output.line();
        session.output.line('For the first administrator, once and within 24 h: ./holdfast setup NAME, with the code');
        session.output.line(code);
      }
      session.output.line();
      session.output.line('Next: ./holdfast status, ./holdfast vm create web1, ./holdfast down');
    }
  } finally {
    progress.end();
  }
}

/** Null: there is an administrator, or the database is not there yet; `user setup-code` makes one later. */
async function setupCode(context: { api: string; tokenFile: string; caFile: string }): Promise<string | null> {
  const { api, tokenFile, caFile } = context;
  const env = { HOLDFAST_API: api, HOLDFAST_TOKEN_FILE: tokenFile, HOLDFAST_CA_FILE: caFile };
  const people = new PeopleClient(connectionOf(env, undefined));
  try {
    return (await people.newSetupCode()).code;
  } catch (error) {
    if (error instanceof ApiProblem || error instanceof ApiUnreachable) return null;
    throw error;
  } finally {
    await people.close();
  }
}

function controlText({ controlNodes, controlOnHosts }: ControlNodes): string {
  if (controlOnHosts) return `, the first ${controlNodes} of them control nodes`;
  return controlNodes === 1 ? ' and one control node' : ` and ${controlNodes} control nodes`;
}
