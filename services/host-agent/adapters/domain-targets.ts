/** The iSCSI targets that a domain was given, read from its XML: so also of a copy that was here before its agent. */
import type { DiskTarget } from '../ports.js';
import { childNamed, childrenNamed, element, parseXml, type XmlElement } from './xml.js';

const usagePrefix = 'holdfast/';

/**
 * Foreign disks are left out.
 * @throws XmlError
 */
export function targetsOf(liveXml: string): DiskTarget[] {
  const devices = childNamed(parseXml(liveXml), 'devices') ?? element('devices');
  return childrenNamed(devices, 'disk').flatMap((disk) => targetOf(disk) ?? []);
}

function targetOf(disk: XmlElement): DiskTarget | null {
  const source = childNamed(disk, 'source');
  const host = source && childNamed(source, 'host')?.attributes;
  const auth = childNamed(disk, 'auth') ?? (source && childNamed(source, 'auth'));
  const usage = auth && childNamed(auth, 'secret')?.attributes['usage'];
  const initiator = source && childNamed(source, 'initiator');
  const initiatorName = initiator && childNamed(initiator, 'iqn')?.attributes['name'];
  const [iqn] = source?.attributes['name']?.split('/') ?? [];
  if (source?.attributes['protocol'] !== 'iscsi' || !usage?.startsWith(usagePrefix)) return null;
  if (!iqn || !initiatorName || !host?.['name']) return null;
  return {
    volume: usage.slice(usagePrefix.length),
    iqn,
    initiatorName,
    portal: { address: host['name'], port: Number(host['port'] ?? 3260) },
  };
}
