/** Makes a running domain larger. */
import type { DomainSize } from '../ports.js';
import { moduleXml, sizeIn } from './domain-size.js';
import type { LibvirtConnection } from './libvirt-rpc/connection.js';
import { flag, procedures, type DomainRef } from './libvirt-rpc/procedures.js';

/** What it has already it keeps. Throws LibvirtError, RpcError. */
export async function growDomain(
  connection: LibvirtConnection, domain: DomainRef, { cpus, memoryMiB }: DomainSize, timeoutMs: number,
): Promise<void> {
  const now = await sizeOfDomain(connection, domain, timeoutMs);
  const flags = flag.affectLive;
  if (memoryMiB > now.memoryMiB) {
    const xml = moduleXml(now.memoryMiB, memoryMiB);
    await connection.call(procedures.domainAttachDevice, { domain, xml, flags }, timeoutMs);
  }
  if (cpus > now.cpus) await connection.call(procedures.domainSetVcpus, { domain, cpus, flags }, timeoutMs);
}

export async function sizeOfDomain(
  connection: LibvirtConnection, domain: DomainRef, timeoutMs: number,
): Promise<DomainSize> {
  return sizeIn(await connection.call(procedures.domainXml, { domain, flags: 0 }, timeoutMs));
}
