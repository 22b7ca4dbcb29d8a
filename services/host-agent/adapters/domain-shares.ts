/** What a domain takes of its host's huge pages and bandwidth, in libvirt's XML. */
import type { DomainSpec } from '../ports.js';
import { element, type XmlElement } from './xml.js';

/** QEMU then starts only if there are that many such pages. */
export function memoryBacking({ hugePages }: DomainSpec): XmlElement[] {
  if (hugePages === undefined) return [];
  const [size, unit] = hugePages === '2M' ? [2, 'M'] : [1, 'G'];
  return [element('memoryBacking', {}, [element('hugepages', {}, [element('page', { size, unit })])])];
}

/** One bucket for all disks of the domain: QEMU's throttle group. */
export function diskLimit(diskMBs: number): XmlElement {
  return element('iotune', {}, [
    element('total_bytes_sec', {}, [String(diskMBs * 1_000_000)]),
    element('group_name', {}, ['holdfast']),
  ]);
}

/** Libvirt counts in KiB a second, and limits the NIC's tap with the kernel's traffic control. */
export function netLimit(netMbits: number): XmlElement {
  const average = Math.ceil((netMbits * 1_000_000) / 8 / 1024);
  return element('bandwidth', {}, [element('inbound', { average }), element('outbound', { average })]);
}
