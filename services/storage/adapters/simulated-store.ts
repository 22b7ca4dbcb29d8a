/** A SAN in this process with the semantics of tgtd, for tests and for running without root. */
import type { DiskImage, VolumeSource } from '@holdfast/contracts';
import { TargetStoreError } from '../ports.js';
import {
  noFloors,
  type Floors,
  type FloorStore,
  type TargetSpec,
  type TargetState,
  type TargetStore,
} from '../ports.js';
import { copyFloors, raiseFloors } from './floor-file.js';

interface SimulatedTarget {
  spec: TargetSpec;
  sessions: Set<SimulatedSession>;
  writesInFlight: number;
  /**
   * False once its deletion has begun: nobody may log in any more, even if the deletion was `busy`.
   */
  admits: boolean;
}

interface SimulatedVolume {
  sizeBytes: number;
  source: VolumeSource | null;
  blocks: Map<number, string>;
}

export interface LoginRequest {
  iqn: string;
  initiatorAddress: string;
  chapUser: string;
  chapPassword: string;
}

/**
 * An initiator's way to its disk. It ends when its target is deleted and never comes back by
 * itself.
 */
export interface SimulatedSession {
  readonly iqn: string;
  readonly initiatorAddress: string;
  /** Whether a write would reach the disk now. */
  mayWrite(): boolean;
  /**
   * True when the record is on the disk; false when the session has ended. Waits while I/O is
   * frozen.
   */
  write(block: number, record: string): Promise<boolean>;
  close(): void;
}

/** A login that has proven its secret and stopped there: no session yet, and no right to one. */
export interface SimulatedHalfLogin {
  finish(): SimulatedSession | null;
}

export class SimulatedSan implements TargetStore {
  readonly portal: { address: string; port: number };
  private readonly capacityBytes: number;
  private readonly volumes = new Map<string, SimulatedVolume>();
  private readonly images = new Map<string, { sizeMiB: number; blocks: ReadonlyMap<number, string> }>();
  private targets = new Map<string, SimulatedTarget>();
  private available = true;
  private waiting: (() => void)[] | null = null;

  constructor(
    options: { capacityBytes?: number; portal?: { address: string; port: number } } = {},
  ) {
    this.capacityBytes = options.capacityBytes ?? 1024 ** 4;
    this.portal = options.portal ?? { address: '127.0.0.1', port: 3260 };
  }

  async createVolume(volume: string, sizeBytes: number, source: VolumeSource | null): Promise<void> {
    this.assertAvailable();
    const existing = this.volumes.get(volume);
    if (existing?.sizeBytes === sizeBytes) return;
    if (existing)
      throw new TargetStoreError(
        'internal',
        `volume ${volume} exists with ${existing.sizeBytes} bytes`,
      );
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes % 512 !== 0) {
      throw new TargetStoreError(
        'internal',
        `volume ${volume}: ${sizeBytes} bytes are not whole sectors`,
      );
    }
    const { freeBytes } = await this.capacity();
    if (sizeBytes > freeBytes) {
      const message = `volume ${volume} needs ${sizeBytes} bytes, the pool has ${freeBytes}`;
      throw new TargetStoreError('no-space', message);
    }
    this.volumes.set(volume, { sizeBytes, source, blocks: this.contentOf(source, sizeBytes) });
  }

  async listImages(): Promise<DiskImage[]> {
    this.assertAvailable();
    return [...this.images].map(([name, { sizeMiB }]) => ({ name, format: 'raw', sizeMiB }));
  }

  /** An operator puts it there. */
  addImage(name: string, sizeMiB: number, blocks: ReadonlyMap<number, string>): void {
    this.images.set(name, { sizeMiB, blocks });
  }

  async deleteVolume(volume: string): Promise<void> {
    this.assertAvailable();
    this.refuseServed(volume);
    this.volumes.delete(volume);
  }

  async listVolumes(): Promise<{ volume: string; sizeBytes: number }[]> {
    this.assertAvailable();
    return [...this.volumes].map(([volume, { sizeBytes }]) => ({ volume, sizeBytes }));
  }

  async capacity(): Promise<{ capacityBytes: number; freeBytes: number }> {
    this.assertAvailable();
    const usedBytes = [...this.volumes.values()].reduce((sum, volume) => sum + volume.sizeBytes, 0);
    return { capacityBytes: this.capacityBytes, freeBytes: this.capacityBytes - usedBytes };
  }

  async openTarget(spec: TargetSpec): Promise<void> {
    this.assertAvailable();
    if (!spec.iqn.endsWith(`:${spec.volume}.g${spec.generation}`)) {
      throw new TargetStoreError('internal', `target of volume ${spec.volume}: unusable iqn`);
    }
    const existing = this.targets.get(spec.iqn);
    if (existing && existing.spec.initiatorAddress !== spec.initiatorAddress) {
      throw new TargetStoreError('internal', `${spec.iqn} is open for another initiator`);
    }
    for (const { spec: other } of this.targets.values()) {
      if (other.iqn !== spec.iqn && other.chapUser === spec.chapUser) {
        throw new TargetStoreError(
          'internal',
          `account ${spec.chapUser} belongs to another target`,
        );
      }
    }
    if (existing?.admits) {
      existing.spec = { ...spec };
      return;
    }
    if (existing) await this.deleteTarget(spec.volume, spec.generation);
    if (!this.volumes.has(spec.volume)) {
      throw new TargetStoreError('not-found', `there is no volume ${spec.volume}`);
    }
    this.targets.set(spec.iqn, {
      spec: { ...spec },
      sessions: new Set(),
      writesInFlight: 0,
      admits: true,
    });
  }

  async deleteTarget(volume: string, generation: number): Promise<void> {
    this.assertAvailable();
    for (const [iqn, target] of this.targets) {
      if (target.spec.volume !== volume || target.spec.generation !== generation) continue;
      target.admits = false;
      target.sessions.clear();
      if (target.writesInFlight > 0) {
        throw new TargetStoreError('busy', `I/O of ${iqn} is still in flight: nothing is proven`);
      }
      this.targets.delete(iqn);
    }
  }

  async listTargets(): Promise<TargetState[]> {
    this.assertAvailable();
    return [...this.targets.values()].map(({ spec, sessions }) => ({
      volume: spec.volume,
      generation: spec.generation,
      iqn: spec.iqn,
      sessions: [...sessions].map((session) => session.initiatorAddress),
    }));
  }

  /** Whether this initiator has a session on this target, so that its writes reach the disk now. */
  mayWrite(iqn: string, initiatorAddress: string): boolean {
    const sessions = [...(this.targets.get(iqn)?.sessions ?? [])];
    return sessions.some((session) => session.initiatorAddress === initiatorAddress);
  }

  /** The session, or null when the SAN refuses: no such target, wrong address, wrong secret. */
  login(request: LoginRequest): SimulatedSession | null {
    return this.beginLogin(request)?.finish() ?? null;
  }

  /** Stops after the secret was proven, as an initiator may that freezes there. */
  beginLogin(request: LoginRequest): SimulatedHalfLogin | null {
    const target = this.targets.get(request.iqn);
    const { spec } = target ?? {};
    const admitted =
      target?.admits &&
      spec?.initiatorAddress === request.initiatorAddress &&
      spec.chapUser === request.chapUser &&
      spec.chapPassword === request.chapPassword;
    if (!admitted) return null;
    return { finish: () => (this.isOpen(target) ? this.startSession(target, request) : null) };
  }

  /** Records of a volume by block, as a reader of the disk would find them. */
  records(volume: string): ReadonlyMap<number, string> {
    return this.volumes.get(volume)?.blocks ?? new Map();
  }

  /**
   * From now on writes hang, as over a frozen file system, and a deletion of their target is
   * `busy`.
   */
  freezeIo(): void {
    this.waiting ??= [];
  }

  /** Lets the hanging writes land. */
  thawIo(): void {
    const waiting = this.waiting ?? [];
    this.waiting = null;
    for (const land of waiting) land();
  }

  /**
   * The target daemon dies and starts again: every target and session is gone, the volumes stay.
   */
  crash(): void {
    this.thawIo();
    this.targets = new Map();
  }

  /** While false, every call fails with `unavailable`; sessions go on. */
  setAvailable(available: boolean): void {
    this.available = available;
  }

  private contentOf(source: VolumeSource | null, sizeBytes: number): Map<number, string> {
    if (source === null) return new Map();
    if ('volume' in source) return this.copyOf(source.volume, sizeBytes);
    const image = this.images.get(source.image);
    if (!image) throw new TargetStoreError('not-found', `there is no image ${source.image}`);
    if (image.sizeMiB * 2 ** 20 > sizeBytes) {
      throw new TargetStoreError('unusable', `image ${source.image} has ${image.sizeMiB} MiB, which is more`);
    }
    return new Map(image.blocks);
  }

  /** At once, so nobody can open it meanwhile. */
  private copyOf(volume: string, sizeBytes: number): Map<number, string> {
    const found = this.volumes.get(volume);
    if (!found) throw new TargetStoreError('not-found', `there is no volume ${volume} to copy`);
    if (found.sizeBytes > sizeBytes) throw new TargetStoreError('unusable', `volume ${volume} is larger`);
    this.refuseServed(volume);
    return new Map(found.blocks);
  }

  private refuseServed(volume: string): void {
    const serving = [...this.targets.values()].find((target) => target.spec.volume === volume);
    if (serving) throw new TargetStoreError('busy', `volume ${volume} is served by ${serving.spec.iqn}`);
  }

  private startSession(target: SimulatedTarget, request: LoginRequest): SimulatedSession {
    const session: SimulatedSession = {
      iqn: request.iqn,
      initiatorAddress: request.initiatorAddress,
      mayWrite: () => this.isOpen(target) && target.sessions.has(session),
      write: (block, record) => this.write(target, session, block, record),
      close: () => void target.sessions.delete(session),
    };
    target.sessions.add(session);
    return session;
  }

  private async write(
    target: SimulatedTarget,
    session: SimulatedSession,
    block: number,
    record: string,
  ): Promise<boolean> {
    if (!session.mayWrite()) return false;
    const { waiting } = this;
    if (waiting) {
      target.writesInFlight += 1;
      await new Promise<void>((land) =>
        waiting.push(() => {
          target.writesInFlight -= 1;
          this.volumes.get(target.spec.volume)?.blocks.set(block, record);
          land();
        }),
      );
      return session.mayWrite();
    }
    this.volumes.get(target.spec.volume)?.blocks.set(block, record);
    return true;
  }

  private isOpen(target: SimulatedTarget): boolean {
    return this.targets.get(target.spec.iqn) === target;
  }

  private assertAvailable(): void {
    if (!this.available) throw new TargetStoreError('unavailable', 'the simulated SAN is down');
  }
}

/** Floors that last as long as this process. */
export class MemoryFloors implements FloorStore {
  private floors: Floors = noFloors;

  async load(): Promise<Floors> {
    return copyFloors(this.floors);
  }

  async raise(change: Partial<Floors>): Promise<Floors> {
    this.floors = raiseFloors(this.floors, change);
    return copyFloors(this.floors);
  }
}
