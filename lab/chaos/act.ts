/** Does one fault of a plan to the lab, and undoes it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, ApiUnreachable, type HoldfastClient } from '@holdfast/client';
import { LabError } from '../errors.js';
import type { GuestContext } from '../judged-guest.js';
import type { Lab } from '../lab.js';
import { LunMask } from '../lun-mask.js';
import type { ChaosFault } from './plan.js';

const controlVerbs = {
  'control-off': ['off', 'on'],
  'control-frozen': ['freeze', 'thaw'],
  'control-cut': ['cut', 'join'],
} as const;

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
      return await lab.program(fault.node, fault.program, 'kill');
    case 'program-frozen': {
      const { node, program } = fault;
      return await during(() => lab.program(node, program, 'freeze'), fault.lastsMs, () => thaw(lab, node, program));
    }
    case 'control-off':
    case 'control-frozen':
    case 'control-cut': {
      const [begin, end] = controlVerbs[fault.kind];
      const { node } = fault;
      return await during(() => lab.control(node, begin), fault.lastsMs, () => lab.control(node, end));
    }
    case 'qemu-killed': {
      const host = (await client.vm(fault.vm)).assignment?.host;
      if (host === undefined) throw new LabError('failed', `${fault.vm} runs nowhere now`);
      await lab.node(host).exec('pkill', ['-KILL', '-f', `guest=${fault.vm},`]);
      return;
    }
    case 'lun-lost': {
      const mask = await maskOf(lab, client, fault.vm);
      return await during(() => mask.mask(), fault.lastsMs, () => mask.unmask());
    }
    case 'san-off':
      return await during(() => lab.san('down'), fault.lastsMs, () => lab.san('up'));
    case 'bus-down':
      return await during(() => lab.bus('down'), fault.lastsMs, () => lab.bus('up'));
    case 'migrate':
      await client.migrateVm(fault.vm, {});
  }
}

/** Of the VM's first disk, where it runs now. */
async function maskOf(lab: Lab, client: HoldfastClient, vm: string): Promise<LunMask> {
  const { assignment, volumes: [disk] } = await client.vm(vm);
  const volumes = await client.all((page) => client.volumes(page));
  const holders = volumes.find(({ volume }) => volume === disk?.volume)?.attachment?.holders ?? [];
  const holder = holders.find(({ host }) => host === assignment?.host);
  if (!holder) throw new LabError('failed', `the disk of ${vm} is open to nobody now`);
  return new LunMask(lab.node('san1'), holder.iqn);
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

/** A program whose node has been off meanwhile has started anew. */
async function thaw(lab: Lab, node: string, program: string): Promise<void> {
  if (await lab.node(node).isOn()) await lab.program(node, program, 'thaw');
}
