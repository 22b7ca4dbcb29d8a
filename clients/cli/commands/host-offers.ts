/** What a host offers to VMs besides CPUs and memory. */
import type { HostView } from '@holdfast/client';
import { memoryText, type Output } from '../output.js';

type Report = HostView['observed'];

const lostNetworks = (report: Report): string[] =>
  Object.entries(report?.capacity.networks ?? {}).flatMap(([name, state]) => (state === 'down' ? [name] : []));

/** A condition of the host that closes it to those VMs alone that need the network. */
export function lostNetworksText(report: Report): string | null {
  const lost = lostNetworks(report);
  return lost.length === 0 ? null : `has lost the network ${lost.join(', ')}`;
}

export function offerFields(output: Output, report: Report): (readonly [string, string])[] {
  const { networks, cpuModels, cpuFeatures, hugePagesMiB, numaNodes, netMbits, diskMBs } = report?.capacity ?? {};
  const fields: (readonly [string, string])[] = [];
  const pages = Object.entries(hugePagesMiB ?? {}).map(([size, sizeMiB]) => `${memoryText(sizeMiB)} of ${size}`);
  if (pages.length > 0) fields.push(['huge pages', pages.join(', ')]);
  const nodes = (numaNodes ?? []).map(({ cpus, memoryMiB }) => `${cpus} CPUs and ${memoryText(memoryMiB)}`);
  if (nodes.length > 0) fields.push(['NUMA nodes', nodes.join('; ')]);
  if (netMbits) fields.push(['network share', `${netMbits} Mbit/s`]);
  if (diskMBs) fields.push(['disk share', `${diskMBs} MB/s`]);
  if (networks) {
    const up = Object.keys(networks).filter((name) => networks[name] === 'up');
    const lost = lostNetworks(report).map((name) => output.tone(`${name} (lost)`, 'bad'));
    fields.push(['networks', [...up, ...lost].join(', ') || 'none']);
  }
  if (cpuModels !== undefined) fields.push(['CPU models', cpuModels], ['CPU features', cpuFeatures ?? '']);
  return fields;
}
