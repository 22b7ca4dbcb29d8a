/** Does one fault of a plan to the lab, and undoes it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, ApiUnreachable } from '@holdfast/client';
import { LabError } from '../errors.js';
import type { GuestContext } from '../judged-guest.js';
import type { Lab } from '../lab.js';
import type { ChaosFault } from './plan.js';

/** A sentence on why a fault could not be done; null when it was done, and is over. */
export async function act(context: GuestContext, fault: ChaosFault): Promise<string | null> {
  try {
    await perform(context, fault);
    return null;
  } catch (error) {
    if (error instanceof LabError || error instanceof ApiProblem || error instanceof ApiUnreachable) {
      return error.message;
    }
    throw error;
  }
}

async function perform({ lab, client, signal }: GuestContext, fault: ChaosFault): Promise<void> {
  const during = (begin: () => Promise<unknown>, lastsMs: number, end: () => Promise<unknown>): Promise<void> =>
    lasting(begin, lastsMs, end, signal);
  switch (fault.kind) {
    case 'power-off': {
      const { host } = fault;
      return await during(() => lab.power(host, 'off'), fault.lastsMs, () => lab.power(host, 'on'));
    }
    case 'power-reset':
      return await lab.power(fault.host, 'reset');
    case 'isolated': {
      const links = (verb: 'up' | 'down') => (): Promise<unknown> =>
        Promise.all([lab.link(fault.host, 'management', verb), lab.link(fault.host, 'bmc', verb)]);
      return await during(links('down'), fault.lastsMs, links('up'));
    }
    case 'link-down': {
      const { host, network } = fault;
      return await during(() => lab.link(host, network, 'down'), fault.lastsMs, () => lab.link(host, network, 'up'));
    }
    case 'frozen':
      return await lab.pause(fault.host, fault.lastsMs / 1000);
    case 'shutdown':
      await lab.reboot(fault.host);
      return;
    case 'agent-stopped': {
      const { host } = fault;
      return await during(() => lab.agent(host, 'stop'), fault.lastsMs, () => lab.agent(host, 'start'));
    }
    case 'program-killed':
      return await signalTo(lab, fault.node, await pidOf(lab, fault.node, fault.program), 'KILL');
    case 'program-frozen': {
      const pid = await pidOf(lab, fault.node, fault.program);
      const send = (name: string) => (): Promise<void> => signalTo(lab, fault.node, pid, name);
      return await during(send('STOP'), fault.lastsMs, send('CONT'));
    }
    case 'qemu-killed': {
      const host = (await client.vm(fault.vm)).assignment?.host;
      if (host === undefined) throw new LabError('failed', `${fault.vm} runs nowhere now`);
      await lab.node(host).exec('pkill', ['-KILL', '-f', `guest=${fault.vm},`]);
      return;
    }
    case 'san-off':
      return await during(() => lab.san('down'), fault.lastsMs, () => lab.san('up'));
    case 'bus-down':
      return await during(() => lab.bus('down'), fault.lastsMs, () => lab.bus('up'));
    case 'migrate':
      await client.migrateVm(fault.vm, {});
  }
}

/** What was begun is ended, also when nobody wants to wait any more. */
async function lasting(
  begin: () => Promise<unknown>,
  lastsMs: number,
  end: () => Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await begin();
    await sleep(lastsMs, undefined, { signal });
  } finally {
    await end();
  }
}

async function pidOf(lab: Lab, node: string, program: string): Promise<number> {
  const { stdout } = await lab.node(node).exec('cat', [`/run/holdfast/programs/${program}/pid`]);
  const pid = Number(stdout);
  if (pid > 1) return pid;
  throw new LabError('unknown-program', `${program} does not run on ${node} now`);
}

/** A process that has ended meanwhile, or a node that is off, needs no signal any more. */
async function signalTo(lab: Lab, node: string, pid: number, name: string): Promise<void> {
  if (await lab.node(node).isOn()) await lab.node(node).exec('kill', [`-${name}`, String(pid)]);
}
