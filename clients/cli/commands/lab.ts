import type { ControlVerb, Lab, NetworkName, ProgramVerb } from '@holdfast/lab';
import { Argument, type Command } from 'commander';
import { parseCount } from '../arguments.js';
import { stateDirectory } from '../connection.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';
import { registerLabChaos } from './lab-chaos.js';

const onOff = new Argument('<on|off|reset>').choices(['on', 'off', 'reset']);
const upDown = (): Argument => new Argument('<up|down>').choices(['up', 'down']);
const controlVerb = (): Argument =>
  new Argument('<verb>').choices(['off', 'on', 'freeze', 'thaw', 'cut', 'join'] satisfies ControlVerb[]);
const programVerb = (): Argument =>
  new Argument('<verb>').choices(['stop', 'start', 'kill', 'freeze', 'thaw'] satisfies ProgramVerb[]);
const cable = new Argument('<link>').choices(['management', 'storage', 'guest', 'private', 'bmc']);

/** The lab's own verbs: real hosts to break on purpose. */
export const registerLab: Register = (program, session) => {
  const group = program.command('lab').description('real hypervisors, SAN and BMCs to break on purpose');
  withJson(group.command('up'))
    .description('make the machines only, without the services of Holdfast')
    .option('--hosts <N>', 'how many hypervisors', parseCount, 3)
    .action((flags: JsonFlag & { hosts: number }) => labUp(session, flags));
  withJson(group.command('down'))
    .description('remove the lab and everything in it')
    .action(async ({ json }: JsonFlag) => {
      const { labDown } = await import('@holdfast/lab');
      await labDown(stateDirectory(session.io.env));
      say(session, json, 'the lab is down and removed');
    });
  withJson(group.command('status'))
    .description('power, cables, BMCs and programs of every node')
    .action((flags: JsonFlag) => status(session, flags));
  withJson(group.command('power <host>').addArgument(onOff))
    .description('through the BMC: off kills every process of the host at once')
    .action(async (host: string, verb: 'on' | 'off' | 'reset', { json }: JsonFlag) => {
      await (await opened(session)).power(host, verb);
      say(session, json, `${host}: power ${verb}`);
    });
  for (const verb of ['shutdown', 'reboot'] as const) {
    const then = verb === 'shutdown' ? 'then its power goes' : 'then it boots again';
    withJson(group.command(`${verb} <host>`))
      .description(`as its operating system would: its agent stops its VMs, which run elsewhere; ${then}`)
      .action(async (host: string, { json }: JsonFlag) => {
        const ended = await (await opened(session))[verb](host);
        const how = ended ? '' : ', without waiting any longer for its agent';
        say(session, json, `${host}: ${verb === 'shutdown' ? 'shut down' : 'rebooted'}${how}`);
      });
  }
  withJson(group.command('link <host>').addArgument(cable).addArgument(upDown()))
    .description('pull a cable or put it back')
    .action(async (host: string, link: NetworkName, verb: 'up' | 'down', { json }: JsonFlag) => {
      await (await opened(session)).link(host, link, verb);
      say(session, json, `${host}: ${link} link ${verb}`);
    });
  withJson(group.command('agent <host>').addArgument(new Argument('<verb>').choices(['stop', 'start'])))
    .description("stop or start a host's agent; its VMs run on")
    .action(async (host: string, verb: 'stop' | 'start', { json }: JsonFlag) => {
      await (await opened(session)).agent(host, verb);
      say(session, json, `${host}: agent ${verb}`);
    });
  registerControl(group, session);
  withJson(group.command('pause <host> <seconds>'))
    .description('freeze every process of a host for so many seconds')
    .action(async (host: string, seconds: string, { json }: JsonFlag) => {
      await (await opened(session)).pause(host, Number(seconds));
      say(session, json, `${host}: paused for ${seconds} s and running again`);
    });
  registerLabChaos(group, session);
  for (const part of ['san', 'bus'] as const) {
    withJson(group.command(part).addArgument(upDown()))
      .description(part === 'san' ? 'the storage node' : 'the NATS servers')
      .action(async (verb: 'up' | 'down', { json }: JsonFlag) => {
        const lab = await opened(session);
        await lab[part](verb);
        say(session, json, `${part} ${verb}`);
      });
  }
};

/** Faults of what carries Holdfast itself. */
function registerControl(group: Command, session: Session): void {
  withJson(group.command('control <node>').addArgument(controlVerb()))
    .description('a control node: power, all its processes (freeze, thaw), or all its cables (cut, join)')
    .action(async (node: string, verb: ControlVerb, { json }: JsonFlag) => {
      await (await opened(session)).control(node, verb);
      say(session, json, `${node}: ${verb}`);
    });
  withJson(group.command('program <node> <program>').addArgument(programVerb()))
    .description('one program of a node, as nats or failover of control1; a killed one is started again')
    .action(async (node: string, program: string, verb: ProgramVerb, { json }: JsonFlag) => {
      await (await opened(session)).program(node, program, verb);
      say(session, json, `${node}: ${program} ${verb}`);
    });
}

async function labUp(session: Session, flags: JsonFlag & { hosts: number }): Promise<void> {
  const lab = await import('@holdfast/lab');
  const progress = new Progress(session.io, flags.json === true);
  try {
    await lab.labUp({
      stateDirectory: stateDirectory(session.io.env),
      hosts: flags.hosts,
      progress: (step) => progress.say(step),
    });
  } finally {
    progress.end();
  }
  say(session, flags.json, `the lab is up with ${flags.hosts} hosts; it runs no services of Holdfast`);
}

async function opened(session: Session): Promise<Lab> {
  const { openLab } = await import('@holdfast/lab');
  const lab = await openLab(stateDirectory(session.io.env));
  if (lab) return lab;
  throw new CommandFailure({
    code: 'not-running',
    message: 'no lab runs here',
    remedy: 'start it with ./holdfast up, or without services with ./holdfast lab up',
  });
}

function say(session: Session, json: boolean | undefined, done: string): void {
  if (json) session.output.json({ done });
  else session.output.line(done);
}

async function status(session: Session, { json }: JsonFlag): Promise<void> {
  const { nodes, ...about } = await (await opened(session)).status();
  if (json) {
    session.output.json({ ...about, nodes });
    return;
  }
  session.output.table(
    ['NODE', 'KIND', 'POWER', 'BMC', 'CABLES OUT', 'PROGRAMS'],
    nodes.map(({ name, kind, power, paused, bmc, links, programs }) => [
      name,
      kind,
      paused ? 'paused' : power,
      bmc ?? '',
      Object.entries(links)
        .filter(([, state]) => state === 'down')
        .map(([link]) => link)
        .join(', '),
      Object.entries(programs)
        .map(([program, state]) => (state === 'running' ? program : `${program} ${state}`))
        .join(', '),
    ]),
    'the lab has no nodes',
  );
}
