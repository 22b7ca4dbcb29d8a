/** The faults that a failover is measured after: how each is done to a host of the lab, and undone. */
import { LabError, type GuestContext, type Lab } from '@holdfast/lab';

export const failoverFaults = ['power', 'isolated', 'frozen', 'qemu-killed', 'with-bus'] as const;
export type FailoverFault = (typeof failoverFaults)[number];

/** Longer than any recovery that is worth being measured, and the host wakes up by itself after it. */
const frozenSeconds = 10;

export interface Victim {
  host: string;
  vm: string;
}

/** What goes on after the fault was done, as a freeze; to be waited for before the lab is mended. */
export interface Struck {
  lasts: Promise<void>;
}

/** Those that carry NATS servers and replicas. */
function controlHosts(lab: Lab): string[] {
  return lab.nodes.filter(({ kind, runsControl }) => kind === 'host' && runsControl).map(({ name }) => name);
}

/** What can be done to this lab. */
export function possibleFaults(lab: Lab): FailoverFault[] {
  return failoverFaults.filter((fault) => fault !== 'with-bus' || controlHosts(lab).length >= 3);
}

/** @throws LabError with the remedy, when this lab cannot do one of the faults. */
export function refuseImpossible(lab: Lab, faults: readonly FailoverFault[]): void {
  if (!faults.includes('with-bus') || controlHosts(lab).length >= 3) return;
  throw new LabError('not-supported',
    'with-bus: no host of the lab that runs here carries a NATS server and replicas, so none can be lost with them; '
      + 'remedy: ./holdfast down, and run this again in a lab of its own, or leave with-bus out');
}

/** The host of the next run: each in turn, but with the bus the one whose replicas act. */
export async function victimOf(
  { lab, client }: GuestContext,
  fault: FailoverFault,
  run: number,
): Promise<string> {
  const hosts = lab.nodes.filter(({ kind }) => kind === 'host').map(({ name }) => name);
  if (fault === 'with-bus') {
    const { services } = await client.status();
    // Replicas rank by name: the first of those that are heard acts.
    const [acting] = services
      .filter(({ service, replica }) => service === 'failover' && hosts.includes(replica))
      .map(({ replica }) => replica)
      .sort();
    if (acting !== undefined) return acting;
  }
  const host = hosts[run % hosts.length];
  if (host === undefined) throw new LabError('failed', 'the lab has no hosts');
  return host;
}

/** Resolves as soon as the fault is done. */
export async function strike(lab: Lab, fault: FailoverFault, { host, vm }: Victim): Promise<Struck> {
  const done = { lasts: Promise.resolve() };
  switch (fault) {
    case 'power':
    case 'with-bus':
      await lab.power(host, 'off');
      return done;
    case 'isolated':
      await Promise.all([lab.link(host, 'management', 'down'), lab.link(host, 'bmc', 'down')]);
      return done;
    case 'frozen':
      return { lasts: lab.pause(host, frozenSeconds) };
    case 'qemu-killed':
      await lab.node(host).exec('pkill', ['-KILL', '-f', `guest=${vm},`]);
      return done;
  }
}
