/** What the host agent needs of the world outside. Adapters implement these; cores never see them. */
import type { BootDevice, HostCapacity } from '@holdfast/contracts';
import type { GuestProbe, ProbeOutcome } from './core/index.js';

/** Identity Holdfast writes into a domain's metadata: an agent knows its copies by this, never by name. */
export interface DomainIdentity {
  /** VM name, also the domain's name. */
  vm: string;
  /** VM uid, new for every VM ever created. */
  uid: string;
  /** Generation this copy was started (or received) under. */
  generation: number;
  /** The host's epoch the copy was started under. */
  hostEpoch: number;
  /** Cluster incarnation. */
  incarnation: string;
}

/** A disk served over iSCSI. The CHAP password travels apart, see `SecretValue`. */
export interface DiskSource {
  volume: string;
  /** Target IQN, one per (volume, generation). */
  iqn: string;
  /** LUN number on that target. */
  lun: number;
  portalAddress: string;
  portalPort: number;
  chapUser: string;
}

/** What a copy has of its host. */
export interface DomainSize {
  cpus: number;
  memoryMiB: number;
}

/** CHAP password of one disk; defined as an ephemeral, private libvirt secret before the domain starts. */
export interface SecretValue {
  volume: string;
  password: string;
}

/** The bridge that it joins, by name. Its MAC is stable: derived from the uid by the caller. */
export interface NicSpec {
  bridge: string;
  macAddress: string;
}

/** Limited as those that a copy has already: a disk together with them, a NIC by itself. */
export type NewDevice =
  | { disk: DiskSource; secrets: SecretValue[]; diskMBs?: number | undefined }
  | { nic: NicSpec; netMbits?: number | undefined };
/** By what a copy's disk or NIC is known. */
export type DeviceName = { volume: string } | { macAddress: string };

export interface DomainSpec {
  identity: DomainIdentity;
  cpus: number;
  memoryMiB: number;
  /** What it can be given while it runs; left out: no more. */
  maxCpus?: number;
  maxMemoryMiB?: number;
  /** `MODEL` or `MODEL,+FEATURE...`; left out: the same on all hosts. */
  cpuModel?: string;
  /** Its memory is made of these; left out: of ordinary pages. */
  hugePages?: '2M' | '1G';
  /** Limits of its NIC, each way, and of all its disks together; left out: none. */
  netMbits?: number;
  diskMBs?: number;
  /** Direct kernel boot, as paths on the host; null: by its firmware. */
  boot: { kernel: string; initrd: string; commandLine: string } | null;
  /** What its firmware tries; left out: its first disk. */
  bootOrder?: readonly BootDevice[];
  disks: DiskSource[];
  /** The image in its CD-ROM drive, which is empty where there is no such file, or for null; left out: no drive. */
  cdrom?: string | null;
  /** The image of a CD-ROM that tells its guest what it is; left out: none. */
  seed?: string;
  nics: NicSpec[];
  /** Devices by which its guest tells how it is; none if left out. */
  probeDevices?: { panic: boolean; watchdog: boolean; agent: boolean };
}

/** `panicked`: its guest said so by its device, and stands still until it is reset; its QEMU is there. */
export type DomainState = 'running' | 'paused' | 'shutdown' | 'shutoff' | 'panicked' | 'blocked' | 'unknown';

/** One domain on this host that carries Holdfast's metadata. */
export interface Domain {
  identity: DomainIdentity;
  state: DomainState;
  /**
   * The receiving half of a live migration: `receiving` until it is whole; `arrived` while it stands paused as it came,
   * or was paused by hand, which looks the same.
   */
  incoming: 'receiving' | 'arrived' | null;
  /** Paused by its hypervisor because a disk returned an error. */
  haltedByDisk?: boolean;
}

export interface Portal {
  address: string;
  port: number;
}

/** A disk of a copy, as that copy logs in to it. */
export interface DiskTarget {
  volume: string;
  portal: Portal;
  iqn: string;
  initiatorName: string;
}

/** Whether storage answers this host. What is asked has a timeout, writes nothing and takes no access. */
export interface CopyStorage {
  /** A storage node speaks to this host over the storage network. */
  answers(portal: Portal): Promise<boolean>;
  /** The targets of a copy that is here. Throws `HypervisorError`. */
  targets(identity: DomainIdentity): Promise<DiskTarget[]>;
  /** It would let that copy log in, with its secret. */
  isOpen(target: DiskTarget): Promise<boolean>;
  /** What the hypervisor of a copy that is here is connected to, once for each connection; null if that is unknown. */
  connections(identity: DomainIdentity): Promise<Portal[] | null>;
}

export type DomainEnding = 'guest-shutdown' | 'destroyed' | 'crashed' | 'migrated' | 'failed';

export type HypervisorEvent =
  /**
   * `ending` says why a domain that stopped did so. Of the details `rebooted` is of a guest that was reset, `watchdog`
   * of one that did not feed its watchdog, `crashed` of one that has panicked.
   */
  | { kind: 'changed'; vm: string; detail: string; ending?: DomainEnding }
  | { kind: 'disconnected' }
  | { kind: 'connected' };

export class HypervisorError extends Error {
  constructor(
    readonly code: 'timeout' | 'disconnected' | 'no-domain' | 'conflict' | 'refused' | 'internal',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'HypervisorError';
  }
}

export interface MigrationResult {
  durationMs: number;
  /** Guest downtime as the hypervisor measured it. */
  downtimeMs: number;
}

/** What there is in all; left out where the hypervisor does not say. */
export interface HypervisorCapacity extends Omit<HostCapacity, 'networks'> {
  uuid: string;
  hypervisor: string;
}

/** The hypervisor of one host. Every call has a timeout and throws `HypervisorError`. */
export interface Hypervisor {
  connect(): Promise<void>;
  close(): Promise<void>;
  readonly connected: boolean;
  /** Calls back at most once for each change; lost events are covered by the caller's full resync on `connected`. */
  onEvent(listener: (event: HypervisorEvent) => void): void;
  capacity(): Promise<HypervisorCapacity>;
  /** Every Holdfast domain, running or not. Foreign domains are left out. */
  list(): Promise<Domain[]>;
  /** Defines nothing persistent: a transient domain, so no host starts a copy by itself after a boot. */
  start(spec: DomainSpec, secrets: SecretValue[]): Promise<void>;
  /** Asks the guest to power down (ACPI). Resolves when asked, not when done. */
  shutdown(vm: string): Promise<void>;
  /** Asks the guest to reboot in place (ACPI); `force` resets it, also one that has panicked. */
  reboot(vm: string, force: boolean): Promise<void>;
  /** Kills the copy with exactly this generation; resolves once its QEMU has exited. No-op if there is none. */
  destroy(identity: DomainIdentity): Promise<void>;
  /** On the destination of a migration: puts the CHAP secrets in place before the source connects. */
  prepareIncoming(disks: DiskSource[], secrets: SecretValue[]): Promise<void>;
  /**
   * On the source: live migration. Resolves when the guest has arrived at the destination, where it stands paused, and
   * the source's copy is gone without having run on. After an error the copy here may have run on, or may be gone, and
   * what stands at the destination may be whole: only a look at both tells.
   */
  migrate(
    vm: string,
    destination: { spec: DomainSpec; address: string },
    options: { timeoutMs: number },
  ): Promise<MigrationResult>;
  /** Lets a copy of exactly this generation go on, that has arrived or was paused; one that runs is left alone. */
  resume(identity: DomainIdentity): Promise<void>;
  /** The guest of exactly this generation stands still until it is let go on. No-op if it does already. */
  suspend(identity: DomainIdentity): Promise<void>;
  /** Gives the copy of exactly this generation so much in all, within its maximum. What it has already, it keeps. */
  resize(identity: DomainIdentity, size: DomainSize): Promise<void>;
  /** What the copy of exactly this generation has. */
  sizeOf(identity: DomainIdentity): Promise<DomainSize>;
  /** The copy of exactly this generation is given another disk or NIC. No-op if it has it. */
  plug(identity: DomainIdentity, device: NewDevice): Promise<void>;
  /** Asks the guest of exactly this generation to let go of one. Resolves when asked; done when it has it no more. */
  unplug(identity: DomainIdentity, device: DeviceName): Promise<void>;
  hasDevice(identity: DomainIdentity, device: DeviceName): Promise<boolean>;
  /**
   * Writes the memory of the copy of exactly this generation to that disk, of so many MiB, and ends the copy. After an
   * error it may have ended without: then `takeBack` lets it go on.
   */
  store(identity: DomainIdentity, disk: DiskSource, secrets: SecretValue[], memoryMiB: number): Promise<void>;
  /** The copy goes on here from where `store` has left it. No-op if it is there. */
  takeBack(identity: DomainIdentity, disks: DiskSource[], secrets: SecretValue[]): Promise<void>;
  /** Like `start`, but the guest goes on from what was stored on that disk. */
  restore(spec: DomainSpec, secrets: SecretValue[], memory: DiskSource): Promise<void>;
  /** Cancels a running migration of this VM, if any. */
  abortMigration(vm: string): Promise<void>;
  /** Pings the guest's agent; `unknown` when that could not be asked, or the guest has no channel for one. */
  pingGuest(vm: string, timeoutMs: number): Promise<ProbeOutcome>;
  /** What is on its screen now, as a PNG. */
  screenshot(vm: string): Promise<Buffer>;
  /** Cuts (or restores) the guest's network link. */
  setLink(vm: string, up: boolean): Promise<void>;
}

/** By name, as cloud-init has them. */
export type SeedFiles = Record<string, string>;

/** The images of CD-ROMs that tell guests what they are: one for each VM, for as long as a copy of it is here. */
export interface SeedImages {
  /** Where the VM's image is, on every host. */
  path(uid: string): string;
  /** Makes it anew; the same files make the same image. Throws `HypervisorError`. */
  put(uid: string, files: SeedFiles): Promise<void>;
  /** Removes those of all other VMs. */
  keepOnly(isWanted: (uid: string) => boolean): void;
}

/** The networks that guests of this host join. */
export interface GuestNetworks {
  /** What joins this bridge reaches others on that network. Never throws: what cannot be read is not reached. */
  reaches(bridge: string): Promise<boolean>;
}

/** Asks one question of a guest. It ends within the probe's own limit, and throws nothing that is the guest's fault. */
export interface GuestProber {
  ask(vm: string, probe: GuestProbe): Promise<ProbeOutcome>;
}

/** What is counted from some moment on, and measured lately. */
export interface LoadCounters {
  machine: { busyMs: number; cpuPressure: number; memoryPressure: number; ioPressure: number } | null;
  /** By VM. */
  vms: Record<string, { generation: number; usedMs: number; waitedMs: number }>;
}

/** The kernel's counters. Never throws: what cannot be read is null. */
export interface LoadSource {
  machine(): Promise<LoadCounters['machine']>;
  vm(name: string): Promise<{ usedMs: number; waitedMs: number } | null>;
}
