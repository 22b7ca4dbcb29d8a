/** What the storage service needs of the world outside. */
import type { DiskImage, VolumeSource } from '@holdfast/contracts';

/** A target serves exactly one (volume, generation) to exactly one initiator. */
export interface TargetSpec {
  volume: string;
  generation: number;
  /** `iqn.2026-01.io.holdfast:VOLUME.gGENERATION` */
  iqn: string;
  /** Storage-network address of the one host that may log in. */
  initiatorAddress: string;
  chapUser: string;
  chapPassword: string;
}

export interface TargetState {
  volume: string;
  generation: number;
  iqn: string;
  /** Addresses of initiators with a session (nexus) now. */
  sessions: string[];
}

export class TargetStoreError extends Error {
  constructor(
    /** `busy`: I/O of the target is in flight, so its deletion is not proven; try again. */
    readonly code: 'busy' | 'timeout' | 'unavailable' | 'no-space' | 'not-found' | 'unusable' | 'internal',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'TargetStoreError';
  }
}

/** Volumes as files and iSCSI targets over them, on this storage node. Every call has a timeout. */
export interface TargetStore {
  readonly portal: { address: string; port: number };
  /**
   * Creates the backing store, filled from `source` or all zeros; idempotent for the same size. It is there when it is
   * whole, never before: after a crash in the middle it is made again. `busy` while a target serves the volume that it
   * is to be a copy of.
   */
  createVolume(volume: string, sizeBytes: number, source: VolumeSource | null): Promise<void>;
  /** Refused with `busy` while any target serves it, or it is copied; gives up what is being filled. Idempotent. */
  deleteVolume(volume: string): Promise<void>;
  /** What there is to make volumes from. */
  listImages(): Promise<DiskImage[]>;
  listVolumes(): Promise<{ volume: string; sizeBytes: number }[]>;
  capacity(): Promise<{ capacityBytes: number; freeBytes: number }>;
  /**
   * Opens the target: account first, initiator ACL bound last, so it is never open half-made. Refused with `busy` while
   * the volume is copied. Idempotent.
   */
  openTarget(spec: TargetSpec): Promise<void>;
  /**
   * Closes its connections, deletes the target by force and resolves only when it is proven gone: no target, no nexus,
   * no I/O in flight. Rejects with `busy` when I/O is stuck (nothing is proven then). Idempotent: absent is gone.
   */
  deleteTarget(volume: string, generation: number): Promise<void>;
  /** Every target that exists now, half-made ones included. */
  listTargets(): Promise<TargetState[]>;
}

/** The smallest numbers still accepted; survives any crash (safety rule 3). */
export interface FloorStore {
  /** Loads the floors; throws when the file exists but cannot be trusted, so that the service stays closed. */
  load(): Promise<Floors>;
  /** Durable (fsync of file and directory) before it resolves. Floors only grow; a smaller value is ignored. */
  raise(change: Partial<Floors>): Promise<Floors>;
}

export interface Floors {
  /** By volume: the smallest generation that may still be attached. */
  volumes: Record<string, number>;
  /** By host: the smallest epoch that may still attach. */
  hosts: Record<string, number>;
  /** By volume: the largest generation that a target was ever opened with. No floor, but not to be used again. */
  openedVolumes: Record<string, number>;
  /** By host: the largest epoch that a target was ever opened with. */
  openedHosts: Record<string, number>;
}

export const noFloors: Floors = { volumes: {}, hosts: {}, openedVolumes: {}, openedHosts: {} };
