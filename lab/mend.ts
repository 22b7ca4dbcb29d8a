/** Everything that was broken on purpose is made whole again, and the system is given time to see it. */
import type { HoldfastClient, HostView, VmView } from '@holdfast/client';
import type { Lab } from './lab.js';
import { NETWORKS } from './plan.js';
import { waitUntil, type WaitOptions } from './wait.js';

/** Puts cables back, switches nodes on and lets stopped programs run. A host that is frozen is left to wake up. */
export async function mend(lab: Lab): Promise<void> {
  const { nodes } = await lab.status();
  for (const { name, kind, links, power, programs } of nodes) {
    if (kind === 'host') {
      for (const network of NETWORKS) if (links[network] === 'down') await lab.link(name, network, 'up');
      if (power === 'off') await lab.power(name, 'on');
    }
    if (kind === 'control') {
      if (Object.values(links).includes('down')) await lab.control(name, 'join');
      if (power === 'off') await lab.control(name, 'on');
    }
    if (kind === 'san' && power === 'off') await lab.san('up');
    if (power === 'off') continue;
    for (const [program, state] of Object.entries(programs)) {
      if (state === 'stopped') await lab.node(name).startProgram(program);
    }
  }
}

/** Online, cleaned up, its power switch checked and its hypervisor at hand. */
export function isHostWell({ health, observed, power }: HostView): boolean {
  return health === 'online' && observed?.hypervisor === 'connected'
    && observed.staleCopies.length === 0 && power.state !== 'unchecked';
}

/** It is where it is wanted to be, and exactly one copy of it lives if it is to run. */
export function isVmWell({ desired, phase, assignment, copies }: VmView): boolean {
  if (desired === 'stopped') return phase === 'stopped';
  const living = copies.filter(({ state }) => state !== 'stopped' && state !== 'failed');
  const [copy] = living;
  return phase === 'running' && living.length === 1 && copy?.state === 'running'
    && copy.host === assignment?.host && copy.generation === assignment.generation;
}

export interface WellOptions extends WaitOptions {
  /** The VMs that must be well too; those of others may be stopped or given up for reasons of their own. */
  vms: readonly string[];
}

/**
 * Mends the lab until every host and these VMs are well. A host may be switched off by a fence that is still going
 * on, so it looks more than once.
 * @throws LabError `timeout`, with what is still not well.
 */
export async function untilWell(lab: Lab, client: HoldfastClient, options: WellOptions): Promise<void> {
  let missing = 'the API';
  await mend(lab);
  const look = async (): Promise<boolean> => {
    const hosts = await client.all((page) => client.hosts(page));
    const vms = await Promise.all(options.vms.map((vm) => client.vm(vm)));
    missing = [
      ...hosts.filter((host) => !isHostWell(host)).map(({ host, health }) => `${host}, which is ${health}`),
      ...vms.filter((vm) => !isVmWell(vm)).map(({ name, phase, reason }) => `${name}, which is ${phase}: ${reason}`),
    ].join('; ');
    return missing === '';
  };
  const lookAndMend = async (): Promise<boolean> => {
    if (await look()) return true;
    await mend(lab);
    return false;
  };
  await waitUntil('all to be well again', lookAndMend, { everyMs: 500, ...options }).catch((error: unknown) => {
    if (error instanceof Error && missing !== '') error.message += `; still missing: ${missing}`;
    throw error;
  });
}
