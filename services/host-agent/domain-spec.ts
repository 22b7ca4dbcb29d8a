import { nicsOf, type agentStart, type DiskAccess } from '@holdfast/contracts';
import { deriveMacAddress } from '@holdfast/kernel';
import type { CopiesDeps } from './copies.js';
import { HypervisorError, type DomainSpec } from './ports.js';

type Asked = Pick<typeof agentStart.request._output, 'vm' | 'uid' | 'spec' | 'watch'>;

/**
 * What the hypervisor is to run.
 * @throws HypervisorError when this host lacks the image or a network
 */
export function domainSpec(
  { vm, uid, spec, watch }: Asked,
  { generation, hostEpoch }: { generation: number; hostEpoch: number },
  disks: DiskAccess[],
  deps: Pick<CopiesDeps, 'image' | 'bridge' | 'incarnation' | 'seeds' | 'iso'>,
): DomainSpec {
  const isOnDisk = spec.bootsFromDisk === true || spec.boot !== undefined;
  const boot = isOnDisk ? null : deps.image(spec.image);
  if (!boot && !isOnDisk) throw new HypervisorError('refused', `this host has no image ${spec.image}`);
  const { cpuModel, hugePages, netMbits, diskMBs, maxCpus, maxMemoryMiB } = spec;
  return {
    identity: { vm, uid, generation, hostEpoch, incarnation: deps.incarnation },
    cpus: spec.cpus,
    memoryMiB: spec.memoryMiB,
    ...present({ maxCpus, maxMemoryMiB, cpuModel, hugePages, netMbits, diskMBs }),
    boot,
    ...(spec.boot ? { bootOrder: spec.boot } : {}),
    disks,
    ...(spec.cdrom === undefined ? {} : { cdrom: spec.cdrom === null ? null : deps.iso(spec.cdrom) }),
    ...(spec.cloudInit ? { seed: deps.seeds.path(uid) } : {}),
    nics: nicsOf(spec).map(({ nic, network }) => {
      const bridge = deps.bridge(network);
      if (bridge === null) throw new HypervisorError('refused', `this host is not on the network ${network}`);
      return { bridge, macAddress: deriveMacAddress(uid, nic) };
    }),
    ...(watch ? { probeDevices: devicesOf(watch.probes) } : {}),
  };
}

/** Without those that are not given. */
function present<T extends object>(some: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)) as never;
}

function devicesOf({ panic, watchdog, agent }: NonNullable<Asked['watch']>['probes']): DomainSpec['probeDevices'] {
  return { panic, watchdog, agent: agent !== null };
}
