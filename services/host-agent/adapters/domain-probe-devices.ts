/** Devices by which a guest tells how it is; those that were declared, no others. */
import type { DomainSpec } from '../ports.js';
import { element, type XmlElement } from './xml.js';

/** The name by which a guest's agent finds its channel. */
const agentChannel = 'org.qemu.guest_agent.0';

export function probeDevices({ probeDevices: wanted }: DomainSpec): XmlElement[] {
  return [
    ...(wanted?.panic ? [element('panic', { model: 'isa' })] : []),
    // Told only: what follows is decided by the cluster.
    ...(wanted?.watchdog ? [element('watchdog', { model: 'i6300esb', action: 'none' })] : []),
    ...(wanted?.agent
      ? [element('channel', { type: 'unix' }, [element('target', { type: 'virtio', name: agentChannel })])]
      : []),
  ];
}

/** A guest that has panicked stays as it is until it is reset; any other that dies leaves nothing behind. */
export const onCrash = ({ probeDevices: wanted }: DomainSpec): string => (wanted?.panic ? 'preserve' : 'destroy');
