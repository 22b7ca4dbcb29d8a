/** Disks and NICs of a running domain: another one, or one less. */
import type { DeviceName, DomainIdentity, NewDevice } from '../ports.js';
import { liveNicXml, nicXml } from './domain-nics.js';
import { liveDiskXml, nextDiskXml, type DomainXmlOptions } from './domain-xml.js';
import type { LibvirtConnection } from './libvirt-rpc/connection.js';
import { flag, procedures, type DomainRef } from './libvirt-rpc/procedures.js';
import { defineSecrets, forgetSecrets } from './libvirt-secrets.js';

/** Libvirt itself waits 5 s for the guest before it answers. */
const unplugTimeoutMs = 15_000;

type Options = DomainXmlOptions & { callTimeoutMs: number; startTimeoutMs: number };
type NewDisk = Extract<NewDevice, { disk: unknown }>;

/** Throws HypervisorError, LibvirtError, RpcError. */
export async function plugDevice(
  connection: LibvirtConnection, domain: DomainRef, identity: DomainIdentity, device: NewDevice, options: Options,
): Promise<void> {
  const { callTimeoutMs, startTimeoutMs } = options;
  const live = await connection.call(procedures.domainXml, { domain, flags: 0 }, callTimeoutMs);
  const name = 'disk' in device ? device.disk : device.nic;
  if (liveDeviceXml(live, name) !== null) return;
  const attach = (xml: string): Promise<void> =>
    connection.callLong(procedures.domainAttachDevice, { domain, xml, flags: flag.affectLive }, startTimeoutMs);
  if ('nic' in device) return await attach(nicXml(device.nic, device.netMbits));
  const xml = diskXml(live, identity, device, options);
  await defineSecrets(connection, [device.disk], device.secrets, callTimeoutMs);
  try {
    // It logs in to its target meanwhile.
    await attach(xml);
  } finally {
    await forgetSecrets(connection, [device.disk.volume], callTimeoutMs);
  }
}

function diskXml(live: string, identity: DomainIdentity, { disk, diskMBs }: NewDisk, options: Options): string {
  return nextDiskXml(live, disk, diskMBs === undefined ? { identity } : { identity, diskMBs }, options);
}

/** Throws LibvirtError, RpcError. */
export async function unplugDevice(
  connection: LibvirtConnection, domain: DomainRef, device: DeviceName, timeoutMs: number,
): Promise<void> {
  const live = await connection.call(procedures.domainXml, { domain, flags: 0 }, timeoutMs);
  const xml = liveDeviceXml(live, device);
  if (xml === null) return;
  await connection.callLong(procedures.domainDetachDevice, { domain, xml, flags: flag.affectLive }, unplugTimeoutMs);
}

/** As a document of its own; null where a domain has it not. */
export function liveDeviceXml(live: string, device: DeviceName): string | null {
  return 'volume' in device ? liveDiskXml(live, device.volume) : liveNicXml(live, device.macAddress);
}
