import type { agentStart, DiskAccess } from '@holdfast/contracts';
import { deriveMacAddress } from '@holdfast/kernel';
import type { CopiesDeps } from './copies.js';
import { HypervisorError, type DomainSpec } from './ports.js';

type Asked = Pick<typeof agentStart.request._output, 'vm' | 'uid' | 'spec' | 'watch'>;

/**
 * What the hypervisor is to run.
 * @throws HypervisorError when this host lacks the image
 */
export function domainSpec(
  { vm, uid, spec, watch }: Asked,
  { generation, hostEpoch }: { generation: number; hostEpoch: number },
  disks: DiskAccess[],
  deps: Pick<CopiesDeps, 'image' | 'bridge' | 'incarnation'>,
): DomainSpec {
  const boot = deps.image(spec.image);
  if (!boot) throw new HypervisorError('refused', `this host has no image ${spec.image}`);
  return {
    identity: { vm, uid, generation, hostEpoch, incarnation: deps.incarnation },
    cpus: spec.cpus,
    memoryMiB: spec.memoryMiB,
    ...(spec.cpuModel === undefined ? {} : { cpuModel: spec.cpuModel }),
    boot,
    disks,
    bridge: spec.network === null ? null : deps.bridge(spec.network),
    macAddress: deriveMacAddress(uid),
    ...(watch ? { probeDevices: devicesOf(watch.probes) } : {}),
  };
}

function devicesOf({ panic, watchdog, agent }: NonNullable<Asked['watch']>['probes']): DomainSpec['probeDevices'] {
  return { panic, watchdog, agent: agent !== null };
}
