/** One host with many VMs is lost: when each of them runs again, in which order, and what of that QEMU takes. */
import { openSystem, systemUp, untilWell, waitUntil, type System } from '@holdfast/lab';

const hostCount = 3;
/** So many of them fit on one host of the lab, and all guests boot. */
const memoryMiB = 96;
const diskMiB = 64;
const priorities = [80, 50, 20] as const;
const comeBackWithinMs = 600_000;
const wellWithinMs = 600_000;
const createdWithinMs = 600_000;
export const maxManyVms = 20;

/** One VM's way back; each in milliseconds since the plug was pulled. */
export interface RecoveredVm {
  vm: string;
  priority: number;
  host: string;
  placedMs: number;
  /** Its volumes were open to it alone, and its start was ordered. */
  orderedMs: number;
  /** Its QEMU was seen running. */
  runningMs: number;
}

export interface ManyVmsBench {
  lostHost: string;
  vms: RecoveredVm[];
  lastRunningMs: number;
  /** Of each host: the most starts that were under way at once. */
  startsAtOnce: Record<string, number>;
  /** From order to running, of all that passed since the plug was pulled; of each VM, then the mean. */
  qemuSharePercent: number;
  /** VMs that ran before one of higher priority did. */
  outOfOrder: string[];
  failures: string[];
}

export interface ManyVmsOptions {
  stateDirectory: string;
  vms: number;
  progress(step: string): void;
  signal: AbortSignal;
}

/**
 * Uses the system that runs in this directory, or brings one up and takes it down again.
 * @throws LabError when the lab itself fails, or a VM does not come back.
 */
export async function benchManyVms(options: ManyVmsOptions): Promise<ManyVmsBench> {
  const { stateDirectory, progress } = options;
  const running = await openSystem(stateDirectory);
  progress(running ? 'using the system that runs here' : `bringing up a lab of its own, ${hostCount} hosts`);
  const system = running ?? (await systemUp({ stateDirectory, hosts: hostCount, progress }));
  try {
    return await measured(system, options);
  } finally {
    await system.client.close();
    if (!running) {
      progress('taking the lab down');
      await system.lab.down();
    }
  }
}

async function measured({ lab, client }: System, options: ManyVmsOptions): Promise<ManyVmsBench> {
  const { vms: count, progress, signal } = options;
  await untilWell(lab, client, { vms: [], withinMs: wellWithinMs, signal });
  const host = lab.nodes.find(({ kind, runsControl }) => kind === 'host' && !runsControl)?.name ?? 'h1';
  const names: string[] = [];
  try {
    for (let index = 0; index < count; index += 1) {
      const name = `bench-many-${String(index + 1).padStart(2, '0')}`;
      const priority = priorityOf(index);
      progress(`creating ${name} on ${host}`);
      const disks = [{ sizeMiB: diskMiB }];
      // Back on its old host it would only be in the way of the figures.
      const policy = { priority, failback: false };
      const { operation } = await client.createVm({ name, cpus: 1, memoryMiB, disks, host, policy });
      names.push(name);
      await client.waitForOperation(operation, { timeoutMs: createdWithinMs, signal });
    }
    await untilWell(lab, client, { vms: names, withinMs: wellWithinMs, signal });
    const before = new Map<string, number>();
    for (const name of names) before.set(name, (await client.vm(name)).generation);
    progress(`${host} is struck, with ${count} VMs`);
    const faultAtMs = Date.now();
    await lab.power(host, 'off');
    await waitUntil(`all ${count} VMs to run again`, async () => {
      const found = await Promise.all(names.map((name) => client.vm(name)));
      const back = found.filter(({ name, phase, generation }) =>
        phase === 'running' && generation > (before.get(name) ?? 0));
      progress(`${back.length} of ${count} VMs run again`);
      return back.length === count;
    }, { withinMs: comeBackWithinMs, everyMs: 250, signal });
    const recovered: RecoveredVm[] = [];
    for (const [index, name] of names.entries()) {
      const about = { vm: name, priority: priorityOf(index), host: (await client.vm(name)).assignment?.host ?? '' };
      const events = (await client.vmEvents(name)).map(({ type, data }) => ({ type, atMs: data.atMs }));
      recovered.push({ ...about, ...wayBack(events, faultAtMs) });
    }
    return summed(host, recovered);
  } finally {
    if (!signal.aborted) {
      progress('mending the lab');
      await untilWell(lab, client, { vms: [], withinMs: wellWithinMs, signal });
      for (const name of names) {
        const { operation } = await client.deleteVm(name);
        await client.waitForOperation(operation, { timeoutMs: createdWithinMs, signal });
      }
    }
  }
}

/** Mixed, so that the order of names is not that of priority. */
function priorityOf(index: number): number {
  return priorities[(index * 2) % priorities.length] ?? 50;
}

/** Of the start that went well. */
export function wayBack(
  events: readonly { type: string; atMs: number }[],
  faultAtMs: number,
): Pick<RecoveredVm, 'placedMs' | 'orderedMs' | 'runningMs'> {
  const after = events.filter(({ atMs }) => atMs >= faultAtMs);
  const last = (name: string): number =>
    (after.findLast(({ type }) => type === `io.holdfast.vm.${name}.v1`)?.atMs ?? Number.NaN) - faultAtMs;
  return { placedMs: last('placed'), orderedMs: last('starting'), runningMs: last('started') };
}

export function summed(lostHost: string, recovered: readonly RecoveredVm[]): ManyVmsBench {
  const vms = [...recovered].sort((a, b) => a.runningMs - b.runningMs);
  const hosts = [...new Set(vms.map(({ host }) => host))].sort();
  const shares = vms.map(({ orderedMs, runningMs }) => (runningMs - orderedMs) / runningMs);
  const outOfOrder = vms.filter((vm, index) =>
    vms.slice(index + 1).some((later) => later.priority > vm.priority));
  const untold = vms.filter(({ placedMs, runningMs }) => !Number.isFinite(placedMs + runningMs));
  return {
    lostHost,
    vms,
    lastRunningMs: Math.max(...vms.map(({ runningMs }) => runningMs)),
    startsAtOnce: Object.fromEntries(hosts.map((host) => [host, mostAtOnce(vms.filter((vm) => vm.host === host))])),
    qemuSharePercent: Math.round((100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length),
    outOfOrder: outOfOrder.map(({ vm }) => vm),
    failures: untold.map(({ vm }) => `${vm}: nothing tells when it was placed and started`),
  };
}

function mostAtOnce(vms: readonly RecoveredVm[]): number {
  const underWay = (atMs: number): number =>
    vms.filter(({ orderedMs, runningMs }) => orderedMs <= atMs && atMs < runningMs).length;
  return Math.max(0, ...vms.map(({ orderedMs }) => underWay(orderedMs)));
}
