/** How large a domain is, and how large it may become while it runs, in libvirt's XML. */
import type { DomainSize, DomainSpec } from '../ports.js';
import { buildXml, childNamed, element, parseXml, type XmlElement } from './xml.js';

type Size = Pick<DomainSpec, 'cpus' | 'memoryMiB' | 'maxCpus' | 'maxMemoryMiB'>;

/** Memory modules that can be plugged in while it runs: as many growths. */
const moduleSlots = 32;
const kibPerMib = 1024;

const growsMemory = ({ memoryMiB, maxMemoryMiB = 0 }: Size): boolean => maxMemoryMiB > memoryMiB;
const mostCpus = ({ cpus, maxCpus = 0 }: Size): number => Math.max(cpus, maxCpus);

export function sizeElements(spec: Size): XmlElement[] {
  const { cpus, memoryMiB, maxMemoryMiB } = spec;
  const most = mostCpus(spec);
  return [
    ...(growsMemory(spec) ? [element('maxMemory', { unit: 'MiB', slots: moduleSlots }, [String(maxMemoryMiB)])] : []),
    element('memory', { unit: 'MiB' }, [String(memoryMiB)]),
    element('vcpu', { placement: 'static', ...(most > cpus ? { current: cpus } : {}) }, [String(most)]),
  ];
}

/** QEMU plugs memory into a NUMA node, so there has to be one: for all CPUs that there may ever be. */
export function numaElement(spec: Size): XmlElement | null {
  if (!growsMemory(spec)) return null;
  const cell = { id: 0, cpus: `0-${mostCpus(spec) - 1}`, memory: spec.memoryMiB, unit: 'MiB' };
  return element('numa', {}, [element('cell', cell)]);
}

/**
 * What a running domain has; `memory` of a live one counts its modules.
 * @throws XmlError
 */
export function sizeIn(liveXml: string): DomainSize {
  const live = parseXml(liveXml);
  const vcpu = childNamed(live, 'vcpu');
  const cpus = Number(vcpu?.attributes['current'] ?? vcpu?.text);
  return { cpus, memoryMiB: Math.floor(Number(childNamed(live, 'memory')?.text) / kibPerMib) };
}

/** Its alias names the growth: QEMU refuses the same one twice, whoever asks for it again. */
export function moduleXml(fromMiB: number, toMiB: number): string {
  return buildXml(
    element('memory', { model: 'dimm' }, [
      element('target', {}, [
        element('size', { unit: 'MiB' }, [String(toMiB - fromMiB)]),
        element('node', {}, ['0']),
      ]),
      element('alias', { name: `ua-memory-to-${toMiB}` }),
    ]),
  );
}
