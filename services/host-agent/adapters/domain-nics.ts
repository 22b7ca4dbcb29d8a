/** NICs of a domain. */
import type { DomainSpec, NicSpec } from '../ports.js';
import { netLimit } from './domain-shares.js';
import { buildXml, childNamed, childrenNamed, element, parseXml, replaceChild, type XmlElement } from './xml.js';

export function nicElements({ nics, netMbits, bootOrder = [] }: DomainSpec): XmlElement[] {
  return nics.map((nic) => nicElement(nic, netMbits, bootOrder.includes('network')));
}

/** Another NIC for a live domain. */
export function nicXml(nic: NicSpec, netMbits: number | undefined): string {
  return buildXml(nicElement(nic, netMbits, false));
}

function nicElement({ bridge, macAddress }: NicSpec, netMbits: number | undefined, isBooted: boolean): XmlElement {
  return element('interface', { type: 'bridge' }, [
    element('mac', { address: macAddress }),
    element('source', { bridge }),
    element('model', { type: 'virtio' }),
    element('driver', { name: 'qemu' }),
    // Loading a boot ROM that is not needed delays the start.
    isBooted ? null : element('rom', { enabled: 'no' }),
    netMbits === undefined ? null : netLimit(netMbits),
  ]);
}

/** One of a live domain, on the bridge that its network has on another host. */
export function nicOnBridge(nic: XmlElement, { nics }: DomainSpec): XmlElement {
  const found = nics.find(({ macAddress }) => macAddress === macOf(nic));
  return found ? replaceChild(nic, element('source', { bridge: found.bridge })) : nic;
}

/** Every NIC of a live domain's XML as a document of its own, with the link set. */
export function interfacesWithLink(liveXml: string, up: boolean): string[] {
  const link = element('link', { state: up ? 'up' : 'down' });
  return nicsIn(liveXml).map((nic) => buildXml(replaceChild(nic, link)));
}

/** A live domain's NIC as a document of its own; null where it has none with that address. */
export function liveNicXml(liveXml: string, macAddress: string): string | null {
  const found = nicsIn(liveXml).find((nic) => macOf(nic) === macAddress);
  return found ? buildXml(found) : null;
}

function nicsIn(liveXml: string): XmlElement[] {
  const devices = childNamed(parseXml(liveXml), 'devices') ?? element('devices');
  return childrenNamed(devices, 'interface');
}

const macOf = (nic: XmlElement): string | undefined => childNamed(nic, 'mac')?.attributes['address'];
