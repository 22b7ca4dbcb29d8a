import { describe, expect, test } from 'vitest';
import type { DiskSource, DomainSpec } from '../ports.js';
import {
  destinationXml,
  domainUuid,
  domainXml,
  liveDiskXml,
  metadataNamespace,
  nextDiskXml,
  readIdentity,
  readIdentityElement,
  secretXml,
  volumesOf,
  type DomainXmlOptions,
} from './domain-xml.js';
import { interfacesWithLink } from './domain-nics.js';
import { targetsOf } from './domain-targets.js';
import { buildXml, childNamed, childrenNamed, element, parseXml, XmlError } from './xml.js';

const options: DomainXmlOptions = {
  host: 'h1',
  accelerator: 'qemu',
  cpuModel: 'qemu64',
  consoleLogDirectory: '/var/log/libvirt/qemu',
};

function specOf(generation: number): DomainSpec {
  return {
    identity: { vm: 'web1', uid: '00123', generation, hostEpoch: 2, incarnation: 'i<"&>1' },
    cpus: 2,
    memoryMiB: 256,
    boot: { kernel: '/boot/k', initrd: '/boot/i', commandLine: 'console=ttyS0 a="b" <&>' },
    disks: [
      {
        volume: 'v1',
        iqn: `iqn:v1.g${generation}`,
        lun: 1,
        portalAddress: '10.0.0.1',
        portalPort: 3260,
        chapUser: `u1.g${generation}`,
      },
      {
        volume: 'v2',
        iqn: `iqn:v2.g${generation}`,
        lun: 1,
        portalAddress: '10.0.0.1',
        portalPort: 3260,
        chapUser: `u2.g${generation}`,
      },
    ],
    nics: [
      { bridge: 'guests', macAddress: '52:54:00:00:00:01' },
      { bridge: 'dmz', macAddress: '52:54:00:00:00:02' },
    ],
  };
}

describe('domain XML', () => {
  test('carries the identity out and back, whatever its characters', () => {
    const spec = specOf(7);
    expect(readIdentity(domainXml(spec, options))).toEqual(spec.identity);
  });

  test('has a CD-ROM that cannot be written for what tells its guest what it is, and else none', () => {
    const drives = (spec: DomainSpec): string[] =>
      domainXml(spec, options).match(/<disk type="file"[^]*?<\/disk>/g) ?? [];
    expect(drives(specOf(1))).toEqual([]);
    const [drive = '', ...more] = drives({ ...specOf(1), seed: '/seeds/00123.iso' });
    expect(more).toEqual([]);
    for (const part of ['device="cdrom"', 'file="/seeds/00123.iso"', '<readonly']) expect(drive).toContain(part);
    // One that people put in may be missing here, and keeps the VM from no host.
    expect(drives({ ...specOf(1), cdrom: '/isos/a.iso' })[0]).toContain('file="/isos/a.iso" startupPolicy="optional"');
    expect(drives({ ...specOf(1), cdrom: null })[0]).not.toContain('<source');
  });

  test('boots from its first disk, or from what was asked for, and loads a boot ROM for the network alone', () => {
    const devices = (bootOrder?: readonly ('disk' | 'cdrom' | 'network')[]): [unknown[], boolean] => {
      const xml = domainXml({ ...specOf(1), boot: null, ...(bootOrder && { bootOrder }) }, options);
      const os = childNamed(parseXml(xml), 'os') ?? element('os');
      return [childrenNamed(os, 'boot').map(({ attributes }) => attributes['dev']), !xml.includes('<rom enabled="no"')];
    };
    expect(devices()).toEqual([['hd'], false]);
    expect(devices(['cdrom', 'disk'])).toEqual([['cdrom', 'hd'], false]);
    expect(devices(['network', 'disk'])).toEqual([['network', 'hd'], true]);
  });

  test('has the CPU that was asked for, with its features, and else the one that all hosts have', () => {
    const cpuOf = (cpuModel?: string): [unknown, ...unknown[]] => {
      const xml = domainXml({ ...specOf(7), ...(cpuModel === undefined ? {} : { cpuModel }) }, options);
      const cpu = childNamed(parseXml(xml), 'cpu') ?? element('cpu');
      return [childNamed(cpu, 'model')?.text, ...childrenNamed(cpu, 'feature').map(({ attributes }) => attributes)];
    };
    expect(cpuOf()).toEqual(['qemu64']);
    expect(cpuOf('Nehalem,+aes,+avx2')).toEqual([
      'Nehalem', { policy: 'require', name: 'aes' }, { policy: 'require', name: 'avx2' },
    ]);
  });

  test('takes huge pages, and keeps to its shares of bandwidth', () => {
    const plain = domainXml(specOf(7), options);
    for (const word of ['hugepages', 'iotune', 'bandwidth']) expect(plain).not.toContain(word);
    const xml = domainXml({ ...specOf(7), hugePages: '1G', netMbits: 100, diskMBs: 50 }, options);
    const root = parseXml(xml);
    const within = (...path: string[]): ReturnType<typeof element> =>
      path.reduce((at, name) => childNamed(at, name) ?? element('none'), root);
    expect(within('memoryBacking', 'hugepages', 'page').attributes).toEqual({ size: '1', unit: 'G' });
    expect(within('devices', 'interface', 'bandwidth', 'inbound').attributes).toEqual({ average: '12208' });
    expect(within('devices', 'interface', 'bandwidth', 'outbound').attributes).toEqual({ average: '12208' });
    const limits = childrenNamed(within('devices'), 'disk').map((disk) => childNamed(disk, 'iotune'));
    expect(limits).toHaveLength(2);
    for (const limit of limits) {
      expect(limit && childNamed(limit, 'total_bytes_sec')?.text).toBe('50000000');
      expect(limit && childNamed(limit, 'group_name')?.text).toBe('holdfast');
    }
  });

  test('tells the targets of its disks, also as a migration has rewritten them', () => {
    const started = domainXml(specOf(7), options);
    const targets = (generation: number, host: string): unknown[] =>
      ['v1', 'v2'].map((volume) => ({
        volume,
        iqn: `iqn:${volume}.g${generation}`,
        initiatorName: `iqn.2026-01.io.holdfast.host:${host}:web1.g${generation}`,
        portal: { address: '10.0.0.1', port: 3260 },
      }));
    expect(targetsOf(started)).toEqual(targets(7, 'h1'));
    expect(targetsOf(destinationXml(started, specOf(8), { ...options, host: 'h2' }))).toEqual(targets(8, 'h2'));
    expect(targetsOf('<domain><devices><disk type="file"><source file="/a"/></disk></devices></domain>')).toEqual([]);
  });

  test('gives each disk the target of its own volume on arrival, in whatever order they are listed', () => {
    const [first] = specOf(7).disks;
    if (!first) throw new Error('it has a disk');
    const second = { ...first, volume: 'added', iqn: `${first.iqn}.added` };
    const both = (disks: DiskSource[], generation: number): DomainSpec => ({ ...specOf(generation), disks });
    const live = domainXml(both([first, second], 7), options);
    const arrived = targetsOf(destinationXml(live, both([second, first], 8), options));
    const pairs = arrived.map(({ volume, iqn }) => ({ volume, iqn }));
    expect(pairs).toEqual([first, second].map(({ volume, iqn }) => ({ volume, iqn })));
  });

  test('names a disk that is plugged in as none of the others is, and finds it again by its volume', () => {
    const [first] = specOf(7).disks;
    if (!first) throw new Error('it has a disk');
    const live = domainXml(specOf(7), options);
    const next = nextDiskXml(live, { ...first, volume: 'added' }, specOf(7), options);
    const taken = specOf(7).disks.map((_, index) => `vd${'abcdef'[index]}`);
    const name = /<target dev="(vd.)"/.exec(next)?.[1] ?? /dev='(vd.)'/.exec(next)?.[1];
    expect(name).toBeDefined();
    expect(taken).not.toContain(name);
    expect(liveDiskXml(`<domain><devices>${next}</devices></domain>`, 'added')).toBe(next);
    expect(liveDiskXml(live, 'added')).toBeNull();
  });

  test('escapes what is not markup', () => {
    const os = childNamed(parseXml(domainXml(specOf(1), options)), 'os');
    expect(os && childNamed(os, 'cmdline')?.text).toBe('console=ttyS0 a="b" <&>');
  });

  test('finds the identity by its namespace, under any prefix, and as libvirt returns the element alone', () => {
    const attributes = 'name="a" uid="u" generation="3" host-epoch="1" incarnation="i"';
    const identity = { vm: 'a', uid: 'u', generation: 3, hostEpoch: 1, incarnation: 'i' };
    const wrapped = (inner: string): string => `<domain><metadata>${inner}</metadata></domain>`;
    expect(readIdentity(wrapped(`<x:vm xmlns:x="${metadataNamespace}" ${attributes}/>`))).toEqual(
      identity,
    );
    expect(readIdentity(wrapped(`<vm xmlns="${metadataNamespace}" ${attributes}/>`))).toEqual(
      identity,
    );
    expect(
      readIdentity(wrapped(`<x:vm xmlns:x="https://example.org/" ${attributes}/>`)),
    ).toBeNull();
    expect(readIdentity('<domain><name>foreign</name></domain>')).toBeNull();
    expect(readIdentityElement(`<vm ${attributes}/>`)).toEqual(identity);
  });

  test.each(['', '-1', '1.5', '0x10', ' 7', '99999999999999999'])(
    'takes %j for no generation',
    (generation) => {
      const attributes = `name="a" uid="u" generation="${generation}" host-epoch="1" incarnation="i"`;
      expect(readIdentityElement(`<vm ${attributes}/>`)).toBeNull();
    },
  );

  test('gives the same UUID to every generation of a VM on every host, and another to another VM', () => {
    expect(domainUuid('a')).toBe(domainUuid('a'));
    expect(domainUuid('a')).not.toBe(domainUuid('b'));
    expect(domainUuid('a')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  test('makes the destination of a migration from the live domain: same devices, other identity and targets', () => {
    const live = domainXml(specOf(1), options).replaceAll(
      '<target dev="vda"',
      '<address type="pci" slot="0x05"/><target dev="vda"',
    );
    const moved = destinationXml(
      live,
      { ...specOf(2), nics: [{ bridge: 'other', macAddress: '52:54:00:00:00:02' }] },
      { ...options, host: 'h2' },
    );
    expect(readIdentity(moved)?.generation).toBe(2);
    expect(moved).toContain('slot="0x05"');
    expect(moved).toContain('iqn:v1.g2/1');
    expect(moved).toContain('u2.g2');
    expect(moved).toContain('h2:web1.g2');
    expect(moved).toContain('bridge="other"');
    expect(moved).not.toContain('g1');
    const devices = childNamed(parseXml(moved), 'devices');
    expect(
      devices &&
        childrenNamed(devices, 'disk').map(
          (disk) => JSON.stringify(disk).split('"auth"').length - 1,
        ),
    ).toEqual([1, 1]);
    expect(volumesOf(moved)).toEqual(['v1', 'v2']);
  });

  test('sets the link of every NIC', () => {
    const [nic, ...others] = interfacesWithLink(domainXml(specOf(1), options), false);
    expect(others).toHaveLength(1);
    for (const each of [nic, ...others]) expect(each).toContain('<link state="down"/>');
    expect(interfacesWithLink(`<domain><devices>${nic}</devices></domain>`, true)[0]).not.toContain(
      'down',
    );
  });

  test('asks for secrets that are private and never stored', () => {
    expect(secretXml('v1')).toContain('ephemeral="yes"');
    expect(secretXml('v1')).toContain('private="yes"');
    expect(secretXml('v1')).toContain('holdfast/v1');
  });
});

describe('the XML tree', () => {
  test.each(['<a><b></a>', '<a/><b/>', '', 'text', '<a', '<a b=c/>'])('refuses %j', (xml) => {
    expect(() => parseXml(xml)).toThrow(XmlError);
  });

  test('keeps order, leading zeros and odd characters', () => {
    const tree = element('r', { n: '00123', odd: `<&>"'` }, [
      element('b', {}, ['0x10']),
      element('a'),
      element('b', { t: 'true' }, ['& <x>']),
    ]);
    expect(parseXml(buildXml(tree))).toEqual(tree);
  });
});
