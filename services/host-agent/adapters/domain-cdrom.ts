/** CD-ROM drives of a domain. On IDE, which every firmware and guest knows, and which the machine has anyway. */
import type { DomainSpec } from '../ports.js';
import { element, type XmlElement } from './xml.js';

export function seedElements({ seed }: DomainSpec): XmlElement[] {
  return seed === undefined ? [] : [cdrom('hdd', seed)];
}

function cdrom(drive: string, image: string): XmlElement {
  return element('disk', { type: 'file', device: 'cdrom' }, [
    element('driver', { name: 'qemu', type: 'raw' }),
    element('source', { file: image }),
    element('target', { dev: drive, bus: 'ide' }),
    element('readonly'),
  ]);
}
