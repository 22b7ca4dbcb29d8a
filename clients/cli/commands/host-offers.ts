/** What a host offers to VMs besides CPUs and memory. */
import type { HostView } from '@holdfast/client';
import type { Output } from '../output.js';

type Report = HostView['observed'];

const lostNetworks = (report: Report): string[] =>
  Object.entries(report?.capacity.networks ?? {}).flatMap(([name, state]) => (state === 'down' ? [name] : []));

/** A condition of the host that closes it to those VMs alone that need the network. */
export function lostNetworksText(report: Report): string | null {
  const lost = lostNetworks(report);
  return lost.length === 0 ? null : `has lost the network ${lost.join(', ')}`;
}

export function offerFields(output: Output, report: Report): (readonly [string, string])[] {
  const { networks, cpuModels, cpuFeatures } = report?.capacity ?? {};
  const fields: (readonly [string, string])[] = [];
  if (networks) {
    const up = Object.keys(networks).filter((name) => networks[name] === 'up');
    const lost = lostNetworks(report).map((name) => output.tone(`${name} (lost)`, 'bad'));
    fields.push(['networks', [...up, ...lost].join(', ') || 'none']);
  }
  if (cpuModels !== undefined) fields.push(['CPU models', cpuModels], ['CPU features', cpuFeatures ?? '']);
  return fields;
}
