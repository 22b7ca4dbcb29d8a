import type {
  Arming,
  AttachmentRecord,
  DrainRecord,
  HostRecord,
  NetworkRecord,
  Observed,
  PoolRecord,
  RuleRecord,
  Settings,
  VmRecord,
  VolumeRecord,
} from '@holdfast/contracts';
import type { Snapshot } from './placement/snapshot.js';

/** The watched facts a decision may rest on: a read-only view of what the owners of the records have written. */
export interface Cluster {
  /** Whether a VM may be started without a person asking for it. */
  arming(): Arming;
  host(name: string): HostRecord | null;
  hosts(): HostRecord[];
  /** Those whose records come from a backup and were not taken up yet: they are not among `hosts`. */
  foreignHosts(): HostRecord[];
  observed(host: string): Observed | null;
  volume(id: string): VolumeRecord | null;
  attachment(volume: string): AttachmentRecord | null;
  pool(name: string): PoolRecord | null;
  pools(): PoolRecord[];
  vms(): VmRecord[];
  vm(name: string): VmRecord | null;
  /** Whether what `vm` says of it is stored, and not only about to be. */
  isStored(vm: string): boolean;
  networks(): readonly NetworkRecord[];
  network(name: string): NetworkRecord | null;
  /** The same array as long as no rule has changed. */
  rules(): readonly RuleRecord[];
  /** The same object as long as they have not changed. */
  settings(): Settings;
  drain(host: string): DrainRecord | null;
  /** The same facts as placement sees them, where they are kept up to date; made anew for each question elsewhere. */
  snapshot?: () => Snapshot;
  /** All that are on their way up or have lost their host, and maybe others, where they are kept apart. */
  comingUp?: () => RisingVms;
}

export interface RisingVms {
  current(): readonly VmRecord[];
  /** Those of higher priority than this one. */
  above(priority: number): readonly VmRecord[];
}
