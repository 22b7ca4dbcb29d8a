/** What libvirt tells of its host. */
import { HypervisorError } from '../ports.js';
import type { LibvirtConnection } from './libvirt-rpc/connection.js';
import { procedures } from './libvirt-rpc/procedures.js';

export async function capacityOf(
  connection: LibvirtConnection,
  mode: 'KVM' | 'TCG',
  timeoutMs: number,
): Promise<{ uuid: string; cpus: number; memoryMiB: number; hypervisor: string }> {
  const { count } = await connection.call(procedures.memoryStats, { count: 0 }, timeoutMs);
  const [info, memory, capabilities, version] = await Promise.all([
    connection.call(procedures.nodeInfo, null, timeoutMs),
    connection.call(procedures.memoryStats, { count }, timeoutMs),
    connection.call(procedures.capabilities, null, timeoutMs),
    connection.call(procedures.hypervisorVersion, null, timeoutMs),
  ]);
  const uuid = /<uuid>([0-9a-f-]{36})<\/uuid>/i.exec(capabilities)?.[1];
  if (!uuid) throw new HypervisorError('internal', 'libvirt does not know the UUID of this host');
  const parts = [Math.floor(version / 1_000_000), Math.floor(version / 1_000) % 1_000, version % 1_000];
  const totalKiB = memory.values.find(({ field }) => field === 'total')?.value ?? 0;
  return {
    uuid: uuid.toLowerCase(),
    cpus: info.cpus,
    memoryMiB: Math.floor(totalKiB / 1024),
    hypervisor: `QEMU ${parts.join('.')} (${mode})`,
  };
}
