/**
 * Libvirt's XML for a Holdfast VM, and the identity read back from it.
 * Format: https://libvirt.org/formatdomain.html
 */
import { createHash } from 'node:crypto';
import { cpuPartsOf } from '@holdfast/contracts';
import type { DiskSource, DomainIdentity, DomainSpec } from '../ports.js';
import { onCrash, probeDevices } from './domain-probe-devices.js';
import { cdromElements } from './domain-cdrom.js';
import { numaElement, sizeElements } from './domain-size.js';
import { nicElements, nicOnBridge } from './domain-nics.js';
import { diskLimit, memoryBacking } from './domain-shares.js';
import {
  buildXml,
  childNamed,
  childrenNamed,
  element,
  parseXml,
  replaceChild,
  type XmlElement,
} from './xml.js';

/** As libvirt has them. */
const bootDevices = { disk: 'hd', cdrom: 'cdrom', network: 'network' } as const;

export const metadataNamespace = 'https://holdfast.example/xmlns/domain/1';
const metadataPrefix = 'holdfast';

export interface DomainXmlOptions {
  /** Name of this host; part of the initiator's IQN, so that the target's log tells who came. */
  host: string;
  /** `qemu` is emulation (TCG), for hosts where KVM does not work. */
  accelerator: 'qemu' | 'kvm';
  /** A fixed model, the same on all hosts: a guest must find the same CPU after a migration. */
  cpuModel: string;
  /** Directory on the host for the serial consoles' logs, `VM-console.log` each; null for none. */
  consoleLogDirectory: string | null;
}

/** Usage id of the libvirt secret that holds a volume's CHAP password. */
export const secretUsage = (volume: string): string => `holdfast/${volume}`;

/** Same on every host and for every generation: libvirt insists on that when a domain migrates. */
export const domainUuid = (uid: string): string => stableUuid(`domain ${uid}`);

export function domainXml(spec: DomainSpec, options: DomainXmlOptions): string {
  const { identity, boot } = spec;
  return buildXml(
    element('domain', { type: options.accelerator }, [
      element('name', {}, [identity.vm]),
      element('uuid', {}, [domainUuid(identity.uid)]),
      element('metadata', {}, [identityElement(identity)]),
      ...sizeElements(spec),
      ...memoryBacking(spec),
      element('os', {}, [
        element('type', { arch: 'x86_64', machine: 'pc' }, ['hvm']),
        ...(boot
          ? [
              element('kernel', {}, [boot.kernel]),
              element('initrd', {}, [boot.initrd]),
              element('cmdline', {}, [boot.commandLine]),
            ]
          : (spec.bootOrder ?? ['disk']).map((device) => element('boot', { dev: bootDevices[device] }))),
      ]),
      element('features', {}, [element('acpi'), element('apic')]),
      cpuElement(spec, options),
      element('clock', { offset: 'utc' }),
      element('on_poweroff', {}, ['destroy']),
      element('on_reboot', {}, ['restart']),
      element('on_crash', {}, [onCrash(spec)]),
      element('devices', {}, [
        ...spec.disks.map((disk, index) => diskElement(disk, index, spec, options)),
        ...cdromElements(spec),
        ...nicElements(spec),
        serialElement(identity.vm, options),
        ...probeDevices(spec),
        // For screenshots: memory of its own that a guest on its serial console never touches.
        element('video', {}, [element('model', { type: 'vga', vram: 16_384 })]),
        // Left out, libvirt would add a USB controller and a balloon: slower to start, and used by
        // nobody.
        element('controller', { type: 'usb', model: 'none' }),
        element('memballoon', { model: 'none' }),
      ]),
    ]),
  );
}

/**
 * XML of the receiving half: the source's own live XML (so that every device keeps its address)
 * with the destination's identity, targets, CHAP users and bridge.
 * @throws XmlError
 */
export function destinationXml(
  liveXml: string,
  spec: DomainSpec,
  options: DomainXmlOptions,
): string {
  const live = parseXml(liveXml);
  const devices = childNamed(live, 'devices') ?? element('devices');
  const children = devices.children.map((device) => {
    const volume = volumeOf(device);
    const disk = spec.disks.find((each) => each.volume === volume);
    if (disk) return replaceSource(device, disk, spec.identity, options);
    return device.name === 'interface' ? nicOnBridge(device, spec) : device;
  });
  const metadata = element('metadata', {}, [identityElement(spec.identity)]);
  return buildXml(replaceChild(replaceChild(live, metadata), { ...devices, children }));
}

/**
 * Identity in a whole domain's XML; null for a foreign domain or a broken identity.
 * @throws XmlError
 */
export function readIdentity(xml: string): DomainIdentity | null {
  const metadata = childNamed(parseXml(xml), 'metadata');
  const own = metadata?.children.find(isOwnMetadata);
  return own ? identityOf(own) : null;
}

/**
 * Identity in what libvirt returns for our namespace: the element alone, its namespace taken off.
 * @throws XmlError
 */
export function readIdentityElement(xml: string): DomainIdentity | null {
  const own = parseXml(xml);
  return own.name === 'vm' || isOwnMetadata(own) ? identityOf(own) : null;
}

/** Volumes whose CHAP secrets a live domain's XML refers to: those of its disks. */
export function volumesOf(liveXml: string): string[] {
  return disksIn(liveXml).flatMap((disk) => volumeOf(disk) ?? []);
}

/**
 * The disk of that volume in a live domain, as a document of its own; null when it has none.
 * @throws XmlError
 */
export function liveDiskXml(liveXml: string, volume: string): string | null {
  const found = disksIn(liveXml).find((disk) => volumeOf(disk) === volume);
  return found ? buildXml(found) : null;
}

/**
 * Another disk for a live domain, under a name that none of its disks has.
 * @throws XmlError
 */
export function nextDiskXml(
  liveXml: string, disk: DiskSource, spec: Pick<DomainSpec, 'identity' | 'diskMBs'>, options: DomainXmlOptions,
): string {
  const taken = disksIn(liveXml).map((each) => childNamed(each, 'target')?.attributes['dev']);
  let index = 0;
  while (taken.includes(deviceName(index))) index += 1;
  return buildXml(diskElement(disk, index, spec, options));
}

const disksIn = (liveXml: string): XmlElement[] =>
  childrenNamed(childNamed(parseXml(liveXml), 'devices') ?? element('devices'), 'disk');

const deviceName = (index: number): string => `vd${String.fromCharCode(97 + index)}`;

/** By its CHAP secret; null for a device that is no disk of ours. */
function volumeOf(device: XmlElement): string | null {
  if (device.name !== 'disk') return null;
  const auth = childNamed(device, 'auth') ?? childNamed(childNamed(device, 'source') ?? device, 'auth');
  const usage = auth && childNamed(auth, 'secret')?.attributes['usage'];
  return usage?.startsWith(secretUsage('')) ? usage.slice(secretUsage('').length) : null;
}

/**
 * Ephemeral (never on disk) and private (libvirt hands its value to nobody but QEMU). The value
 * goes apart.
 */
export function secretXml(volume: string): string {
  const usage = secretUsage(volume);
  return buildXml(
    element('secret', { ephemeral: 'yes', private: 'yes' }, [
      element('uuid', {}, [stableUuid(`secret ${usage}`)]),
      element('usage', { type: 'iscsi' }, [element('target', {}, [usage])]),
    ]),
  );
}

/** Libvirt knows a secret on the wire by its UUID, written without dashes there. */
export const secretUuidHex = (volume: string): string =>
  stableUuid(`secret ${secretUsage(volume)}`).replaceAll('-', '');

function identityOf(own: XmlElement): DomainIdentity | null {
  const { name, uid, incarnation } = own.attributes;
  const generation = readNumber(own.attributes['generation']);
  const hostEpoch = readNumber(own.attributes['host-epoch']);
  if (!name || !uid || !incarnation || generation === null || hostEpoch === null) return null;
  return { vm: name, uid, generation, hostEpoch, incarnation };
}

const readNumber = (text: string | undefined): number | null =>
  /^\d{1,15}$/.test(text ?? '') ? Number(text) : null;

function isOwnMetadata(candidate: XmlElement): boolean {
  const [prefix, local] = candidate.name.includes(':')
    ? candidate.name.split(':')
    : ['', candidate.name];
  const declaration = prefix === '' ? 'xmlns' : `xmlns:${prefix}`;
  return local === 'vm' && candidate.attributes[declaration] === metadataNamespace;
}

function identityElement(identity: DomainIdentity): XmlElement {
  return element(`${metadataPrefix}:vm`, {
    [`xmlns:${metadataPrefix}`]: metadataNamespace,
    name: identity.vm,
    uid: identity.uid,
    generation: identity.generation,
    'host-epoch': identity.hostEpoch,
    incarnation: identity.incarnation,
  });
}

/**
 * A disk error stops the guest: cut off from its target, it must not go on as if its writes had
 * landed.
 */
function diskElement(
  disk: DiskSource,
  index: number,
  { identity, diskMBs }: Pick<DomainSpec, 'identity' | 'diskMBs'>,
  options: DomainXmlOptions,
): XmlElement {
  return element('disk', { type: 'network', device: 'disk' }, [
    element('driver', {
      name: 'qemu',
      type: 'raw',
      cache: 'none',
      error_policy: 'stop',
      rerror_policy: 'stop',
    }),
    authElement(disk),
    sourceElement(disk, identity, options),
    element('target', { dev: deviceName(index), bus: 'virtio' }),
    diskMBs === undefined ? null : diskLimit(diskMBs),
  ]);
}

function authElement(disk: DiskSource): XmlElement {
  return element('auth', { username: disk.chapUser }, [
    element('secret', { type: 'iscsi', usage: secretUsage(disk.volume) }),
  ]);
}

/** By which a copy logs in to its targets. */
export function initiatorOf({ vm, generation }: DomainIdentity, host: string): string {
  return `iqn.2026-01.io.holdfast.host:${host}:${vm}.g${generation}`;
}

function sourceElement(
  disk: DiskSource,
  identity: DomainIdentity,
  options: DomainXmlOptions,
): XmlElement {
  return element('source', { protocol: 'iscsi', name: `${disk.iqn}/${disk.lun}` }, [
    element('host', { name: disk.portalAddress, port: disk.portalPort }),
    element('initiator', {}, [element('iqn', { name: initiatorOf(identity, options.host) })]),
  ]);
}

/** Libvirt reads `auth` in the disk or in its source; the old one goes from wherever it was. */
function replaceSource(
  device: XmlElement,
  disk: DiskSource,
  identity: DomainIdentity,
  options: DomainXmlOptions,
): XmlElement {
  const bare = { ...device, children: device.children.filter((child) => child.name !== 'auth') };
  const source = sourceElement(disk, identity, options);
  return replaceChild(bare, { ...source, children: [...source.children, authElement(disk)] });
}

/** Exactly that one, also where the host could give more: the guest finds it again wherever it moves. */
function cpuElement(spec: DomainSpec, options: DomainXmlOptions): XmlElement {
  const asked = spec.cpuModel;
  const { model, features } = cpuPartsOf(asked ?? options.cpuModel);
  const check = asked === undefined ? 'none' : 'partial';
  return element('cpu', { mode: 'custom', match: 'exact', check }, [
    element('model', { fallback: 'forbid' }, [model]),
    ...features.map((name) => element('feature', { policy: 'require', name })),
    numaElement(spec),
  ]);
}

function serialElement(vm: string, options: DomainXmlOptions): XmlElement {
  const log =
    options.consoleLogDirectory === null
      ? null
      : element('log', { file: `${options.consoleLogDirectory}/${vm}-console.log`, append: 'on' });
  return element('serial', { type: 'pty' }, [
    log,
    element('target', { type: 'isa-serial', port: 0 }),
  ]);
}

/** A name-based UUID (RFC 9562, version 8): whoever knows the name finds the same. */
function stableUuid(name: string): string {
  const bytes = createHash('sha256').update(`holdfast ${name}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
