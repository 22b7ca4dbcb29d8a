/** CD-ROM drives of a domain. On IDE, which every firmware and guest knows, and which the machine has anyway. */
import type { DomainSpec } from '../ports.js';
import { element, type XmlElement } from './xml.js';

export function cdromElements({ cdrom, seed }: DomainSpec): XmlElement[] {
  return [
    ...(cdrom === undefined ? [] : [drive('hdc', cdrom)]),
    ...(seed === undefined ? [] : [drive('hdd', seed)]),
  ];
}

/** Where an optional file is missing as the domain starts or arrives, libvirt empties the drive. */
function drive(name: string, image: string | null): XmlElement {
  const policy: Record<string, string> = name === 'hdc' ? { startupPolicy: 'optional' } : {};
  return element('disk', { type: 'file', device: 'cdrom' }, [
    element('driver', { name: 'qemu', type: 'raw' }),
    image === null ? null : element('source', { file: image, ...policy }),
    element('target', { dev: name, bus: 'ide' }),
    element('readonly'),
  ]);
}
