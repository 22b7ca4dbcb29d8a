/** NICs of a domain. */
import type { DomainSpec } from '../ports.js';
import { netLimit } from './domain-shares.js';
import { buildXml, childNamed, childrenNamed, element, parseXml, replaceChild, type XmlElement } from './xml.js';

export function nicElements({ nics, netMbits, bootOrder = [] }: DomainSpec): XmlElement[] {
  return nics.map(({ bridge, macAddress }) =>
    element('interface', { type: 'bridge' }, [
      element('mac', { address: macAddress }),
      element('source', { bridge }),
      element('model', { type: 'virtio' }),
      element('driver', { name: 'qemu' }),
      // Loading a boot ROM that is not needed delays the start.
      bootOrder.includes('network') ? null : element('rom', { enabled: 'no' }),
      netMbits === undefined ? null : netLimit(netMbits),
    ]));
}

/** One of a live domain, on the bridge that its network has on another host. */
export function nicOnBridge(nic: XmlElement, { nics }: DomainSpec): XmlElement {
  const address = childNamed(nic, 'mac')?.attributes['address'];
  const found = nics.find(({ macAddress }) => macAddress === address);
  return found ? replaceChild(nic, element('source', { bridge: found.bridge })) : nic;
}

/** Every NIC of a live domain's XML as a document of its own, with the link set. */
export function interfacesWithLink(liveXml: string, up: boolean): string[] {
  const devices = childNamed(parseXml(liveXml), 'devices') ?? element('devices');
  const link = element('link', { state: up ? 'up' : 'down' });
  return childrenNamed(devices, 'interface').map((nic) => buildXml(replaceChild(nic, link)));
}
