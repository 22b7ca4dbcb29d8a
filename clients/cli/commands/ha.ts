import type { ArmingView } from '@holdfast/client';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

interface ReasonFlags extends JsonFlag {
  reason?: string;
}

type Mode = 'armed' | 'disarmed' | 'shadow';

async function setMode(session: Session, mode: Mode, { reason, json }: ReasonFlags): Promise<void> {
  const { client, output } = session;
  const arming: ArmingView = await client.setArmed({
    armed: mode === 'armed',
    shadow: mode === 'shadow',
    ...(reason === undefined ? {} : { reason }),
  });
  if (json) output.json(arming);
  else if (arming.armed) output.line('armed: hosts that are lost are fenced, and their VMs recovered');
  else if (arming.shadow) output.line(`shadow mode: ${arming.reason}; what would be done is only written down`);
  else output.line(`disarmed: ${arming.reason}; nothing is fenced or recovered until \`holdfast ha arm\``);
}

export const registerHa: Register = (program, session) => {
  const group = program
    .command('ha')
    .description('whether Holdfast acts by itself when a host is lost');
  withJson(group.command('disarm'))
    .description('fence nobody and recover nothing, while people work on the network, say')
    .requiredOption('--reason <TEXT>', 'why, for whoever looks at it meanwhile')
    .addHelpText(
      'after',
      `
A silent host is then only held, and goes on to fencing by itself when the cluster is armed again.
What you ask for yourself is still done. A fence that has begun goes on asking storage, and asks for
no power-off.

Example:
  holdfast ha disarm --reason "the core switch is replaced until noon"`,
    )
    .action((flags: ReasonFlags) => setMode(session, 'disarmed', flags));
  withJson(group.command('shadow'))
    .description('decide what would be fenced and with what proof, write it down, and do nothing')
    .requiredOption('--reason <TEXT>', 'why, for whoever looks at it meanwhile')
    .addHelpText(
      'after',
      `
As disarmed: nothing is fenced, and nothing is started that nobody asked for. The incident of a host that is
lost says what would have been done: \`incident show\`. End it with \`ha arm\`.

Example:
  holdfast ha shadow --reason "a week of looking on before we trust it"`,
    )
    .action((flags: ReasonFlags) => setMode(session, 'shadow', flags));
  withJson(group.command('arm'))
    .description('fence and recover again')
    .option('--reason <TEXT>', 'a word for the record')
    .action((flags: ReasonFlags) => setMode(session, 'armed', flags));
};
