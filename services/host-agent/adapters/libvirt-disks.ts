/** Disks of a running domain: another one, or one less. */
import type { DiskSource, DomainIdentity, SecretValue } from '../ports.js';
import { liveDiskXml, nextDiskXml, volumesOf, type DomainXmlOptions } from './domain-xml.js';
import type { LibvirtConnection } from './libvirt-rpc/connection.js';
import { flag, procedures, type DomainRef } from './libvirt-rpc/procedures.js';
import { defineSecrets, forgetSecrets } from './libvirt-secrets.js';

/** Libvirt itself waits 5 s for the guest before it answers. */
const unplugTimeoutMs = 15_000;

export interface PluggedDisk {
  identity: DomainIdentity;
  disk: DiskSource;
  secrets: SecretValue[];
  diskMBs?: number | undefined;
}

/** Throws HypervisorError, LibvirtError, RpcError. */
export async function plugDisk(
  connection: LibvirtConnection,
  domain: DomainRef,
  { identity, disk, secrets, diskMBs }: PluggedDisk,
  options: DomainXmlOptions & { callTimeoutMs: number; startTimeoutMs: number },
): Promise<void> {
  const { callTimeoutMs, startTimeoutMs } = options;
  const live = await connection.call(procedures.domainXml, { domain, flags: 0 }, callTimeoutMs);
  if (volumesOf(live).includes(disk.volume)) return;
  const spec = diskMBs === undefined ? { identity } : { identity, diskMBs };
  const xml = nextDiskXml(live, disk, spec, options);
  await defineSecrets(connection, [disk], secrets, callTimeoutMs);
  try {
    // It logs in to its target meanwhile.
    await connection.callLong(procedures.domainAttachDevice, { domain, xml, flags: flag.affectLive }, startTimeoutMs);
  } finally {
    await forgetSecrets(connection, [disk.volume], callTimeoutMs);
  }
}

/** Throws LibvirtError, RpcError. */
export async function unplugDisk(
  connection: LibvirtConnection, domain: DomainRef, volume: string, timeoutMs: number,
): Promise<void> {
  const live = await connection.call(procedures.domainXml, { domain, flags: 0 }, timeoutMs);
  const xml = liveDiskXml(live, volume);
  if (xml === null) return;
  await connection.callLong(procedures.domainDetachDevice, { domain, xml, flags: flag.affectLive }, unplugTimeoutMs);
}
