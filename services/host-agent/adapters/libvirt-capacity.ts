/** What libvirt tells of its host. */
import { HypervisorError, type HypervisorCapacity } from '../ports.js';
import type { LibvirtConnection } from './libvirt-rpc/connection.js';
import { procedures } from './libvirt-rpc/procedures.js';
import { LibvirtError } from './libvirt-rpc/rpc.js';
import { buildXml, childNamed, childrenNamed, element, parseXml, type XmlElement } from './xml.js';

type Accelerator = 'qemu' | 'kvm';
const arch = 'x86_64';

export async function capacityOf(
  connection: LibvirtConnection,
  accelerator: Accelerator,
  timeoutMs: number,
): Promise<HypervisorCapacity> {
  const { count } = await connection.call(procedures.memoryStats, { count: 0 }, timeoutMs);
  const [info, memory, capabilities, version, cpu] = await Promise.all([
    connection.call(procedures.nodeInfo, null, timeoutMs),
    connection.call(procedures.memoryStats, { count }, timeoutMs),
    connection.call(procedures.capabilities, null, timeoutMs),
    connection.call(procedures.hypervisorVersion, null, timeoutMs),
    cpuOf(connection, accelerator, timeoutMs),
  ]);
  const uuid = /<uuid>([0-9a-f-]{36})<\/uuid>/i.exec(capabilities)?.[1];
  if (!uuid) throw new HypervisorError('internal', 'libvirt does not know the UUID of this host');
  const parts = [Math.floor(version / 1_000_000), Math.floor(version / 1_000) % 1_000, version % 1_000];
  const totalKiB = memory.values.find(({ field }) => field === 'total')?.value ?? 0;
  return {
    uuid: uuid.toLowerCase(),
    cpus: info.cpus,
    memoryMiB: Math.floor(totalKiB / 1024),
    hypervisor: `QEMU ${parts.join('.')} (${accelerator === 'kvm' ? 'KVM' : 'TCG'})`,
    ...cpu,
    ...hugePagesOf(capabilities),
    ...numaNodesOf(capabilities),
  };
}

/** Nothing where libvirt tells of none. */
function numaNodesOf(capabilities: string): Pick<HypervisorCapacity, 'numaNodes'> {
  const host = childNamed(parseXml(capabilities), 'host') ?? element('host');
  const cells = childNamed(childNamed(host, 'topology') ?? host, 'cells');
  const numaNodes = (cells?.children ?? []).map((cell) => ({
    cpus: Number(childNamed(cell, 'cpus')?.attributes['num'] ?? 0),
    memoryMiB: Math.floor(Number(childNamed(cell, 'memory')?.text ?? 0) / 1024),
  }));
  return numaNodes.length === 0 ? {} : { numaNodes };
}

const pageSizes = { '2048': '2M', '1048576': '1G' } as const;

/** Reserved in all NUMA cells; nothing where there are none. */
function hugePagesOf(capabilities: string): Pick<HypervisorCapacity, 'hugePagesMiB'> {
  const pages: { '2M'?: number; '1G'?: number } = {};
  for (const [, sizeKiB = '', count] of capabilities.matchAll(/<pages unit='KiB' size='(\d+)'>(\d+)<\/pages>/g)) {
    const size = pageSizes[sizeKiB as keyof typeof pageSizes];
    const sizeMiB = (Number(sizeKiB) * Number(count)) / 1024;
    if (size && sizeMiB > 0) pages[size] = (pages[size] ?? 0) + sizeMiB;
  }
  return Object.keys(pages).length === 0 ? {} : { hugePagesMiB: pages };
}

/** The models that guests can have as they are, and all features of the largest CPU that they can have. */
async function cpuOf(
  connection: LibvirtConnection,
  type: Accelerator,
  timeoutMs: number,
): Promise<Pick<HypervisorCapacity, 'cpuModels' | 'cpuFeatures'>> {
  try {
    const xml = await connection.call(procedures.domainCapabilities, { arch, type }, timeoutMs);
    const cpu = childNamed(parseXml(xml), 'cpu') ?? element('cpu');
    const mode = (name: string): XmlElement =>
      childrenNamed(cpu, 'mode').find(({ attributes }) => attributes['name'] === name) ?? element('mode');
    const models = childrenNamed(mode('custom'), 'model').filter(({ attributes }) => attributes['usable'] === 'yes');
    const largest = element('cpu', { mode: 'custom', match: 'exact' }, mode('host-model').children);
    const features = await featuresOf(connection, { type, cpu: buildXml(largest) }, timeoutMs);
    return { cpuModels: joined(models.map(({ text }) => text)), cpuFeatures: joined(features) };
  } catch (error) {
    // Older than these calls, or without this emulator: what is not known is not offered.
    if (error instanceof LibvirtError) return {};
    throw error;
  }
}

async function featuresOf(
  connection: LibvirtConnection,
  { type, cpu }: { type: Accelerator; cpu: string },
  timeoutMs: number,
): Promise<string[]> {
  const xml = await connection.call(procedures.baselineHypervisorCpu, { arch, type, cpus: [cpu] }, timeoutMs);
  return childrenNamed(parseXml(xml), 'feature').flatMap(({ attributes: { policy, name } }) =>
    policy === 'require' && name !== undefined ? [name] : [],
  );
}

const joined = (names: readonly string[]): string => [...names].sort().join(' ');
