import {
  accepted,
  refused,
  type AttachmentRecord,
  type Holder,
  type PoolRecord,
  type Reply,
  type VolumeRecord,
} from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import { moved, type AttachmentEffect } from '@holdfast/storage/core';
import type { Bus } from '../world/bus.js';
import type { Size } from '../check/bounds.js';
import type { Process } from '../engine/process.js';
import type { DurableFloors, StepResult, TargetStore } from '../world/target-store.js';
import type { Decision } from './runner.js';

type RaiseEffect = Extract<AttachmentEffect, { kind: 'raise-floors' }>;
export type TargetEffect = Exclude<AttachmentEffect, RaiseEffect>;

/** Each caller has one request for an effect at a time, and storage answers within its timeout. */
const maxWaiting = 1024;

/** To copy an image, or another volume, into a volume. */
export const fillMs = 1500;
export const daemonHangs = { afterMs: 2000, result: refused('unavailable', 'the target daemon does not answer') };

/** The targets of a node as the service last listed them; what was listed stays so until the next look. */
export class TargetsSeen {
  private readonly seen = new Map<string, ReadonlySet<number>>();
  private isUp: boolean;
  private fingerprint = '';
  private lookedAt = '';

  constructor(private readonly store: TargetStore) {
    this.isUp = store.isUp;
  }

  /** Null while the daemon does not answer. */
  generations(volume: string): ReadonlySet<number> | null {
    if (!this.isUp) return null;
    const found = this.seen.get(volume) ?? this.store.generations(volume);
    if (found) this.seen.set(volume, found);
    return found;
  }

  /** True when a target appeared or vanished since the last look, whoever has listed them meanwhile. */
  look(): boolean {
    this.refresh();
    const before = this.lookedAt;
    this.lookedAt = this.fingerprint;
    return this.lookedAt !== before;
  }

  refresh(): void {
    const { store } = this;
    const before = this.fingerprint;
    this.fingerprint = store.fingerprint();
    if (before === this.fingerprint) return;
    this.isUp = store.isUp;
    // What nobody has looked at is listed when somebody does.
    if (!this.isUp) return;
    for (const volume of store.takeChanged()) {
      const listed = this.seen.has(volume) ? store.generations(volume) : null;
      if (listed) this.seen.set(volume, listed);
    }
  }
}

/** Requests that are answered when a thing has come true, or when they have waited long enough. */
export class Waiting {
  private readonly looks = new Set<() => void>();

  constructor(
    private readonly process: Process,
    private readonly timeoutMs: number,
  ) {}

  *sizes(name: string): Iterable<Size> {
    yield { what: `requests that wait at ${name}`, size: this.looks.size, bound: maxWaiting };
  }

  look(): void {
    for (const look of [...this.looks]) look();
  }

  until(condition: () => boolean, done: (held: boolean) => void): void {
    if (condition()) {
      done(true);
      return;
    }
    const finish = (held: boolean): void => {
      if (this.looks.delete(look)) done(held);
    };
    const look = (): void => {
      if (condition()) finish(true);
    };
    this.looks.add(look);
    this.process.after(this.timeoutMs, () => finish(condition()));
  }
}

export function floorsIn({ generation, host, hostEpoch }: RaiseEffect, volume: string): Partial<DurableFloors> {
  return {
    ...(generation === null ? {} : { volumes: { [volume]: generation } }),
    ...(hostEpoch === null ? {} : { hosts: { [host]: hostEpoch } }),
  };
}

/** Noted before a target is opened: these numbers are known for ever. */
export function openedBy({ generation, host, hostEpoch }: Holder, volume: string): Partial<DurableFloors> {
  return { openedVolumes: { [volume]: generation }, openedHosts: { [host]: hostEpoch } };
}

/** Floors only grow. */
export function withRaised(floors: DurableFloors, change: Partial<DurableFloors>): DurableFloors {
  return {
    volumes: raised(floors.volumes, change.volumes),
    hosts: raised(floors.hosts, change.hosts),
    openedVolumes: raised(floors.openedVolumes ?? {}, change.openedVolumes),
    openedHosts: raised(floors.openedHosts ?? {}, change.openedHosts),
  };
}

type DaemonResult = StepResult | ReturnType<TargetStore['delete' | 'createVolume' | 'deleteVolume']>;

export function daemonReply(result: DaemonResult): Reply<unknown> {
  if (result === 'no-volume') return refused('no-capacity', 'there is no such volume');
  if (result === 'no-image') return refused('no-capacity', 'there is no such image');
  if (result === 'too-small') return refused('no-capacity', 'the image is larger than the volume');
  if (result === 'no-space') return refused('no-capacity', 'the pool has no room for it');
  if (result === 'busy') return refused('unavailable', 'I/O is in flight, a target still serves it, or it is copied');
  if (result === 'conflict') return refused('unavailable', 'it is there for somebody else, or of another size');
  if (result === 'unavailable') return refused('unavailable', 'the daemon does not answer');
  return accepted({});
}

/** The attachment of a volume that was deleted. */
export function goneWithVolume(record: AttachmentRecord | null, env: Env): Decision<AttachmentRecord> {
  const gone = { event: 'attachment.gone', text: 'its volume was deleted' };
  return { change: record ? moved(record, env, { state: 'gone' }, gone).state : null, reply: accepted({}) };
}

/** A volume is made, or removed once no target serves it. */
export function withVolume(
  store: TargetStore,
  kind: 'create' | 'delete',
  { volume, sizeMiB, pool, source }: VolumeRecord,
  pools: readonly PoolSpec[],
): Reply<unknown> {
  if (pools.some(({ name, isRevocable }) => name === pool && !isRevocable)) store.irrevocable.add(volume);
  if (kind === 'delete') return daemonReply(store.deleteVolume(volume));
  const image = source && 'image' in source ? source.image : null;
  return daemonReply(store.createVolume(volume, sizeMiB * 2 ** 20, image));
}

function raised(floors: Record<string, number>, change: Record<string, number> = {}): Record<string, number> {
  const changes = Object.entries(change);
  if (changes.length === 0) return floors;
  const next = { ...floors };
  for (const [key, floor] of changes) next[key] = Math.max(next[key] ?? 0, floor);
  return next;
}

/** Planted bug: nobody is shut out when a new holder comes. */
export function reopened(holders: Holder[]): Holder[] {
  return holders.map((holder) => (holder.phase === 'revoking' ? { ...holder, phase: 'open' } : holder));
}

export interface PoolSpec {
  name: string;
  /** Access to its volumes can be taken back; of a local directory it cannot. */
  isRevocable: boolean;
}

export function publishPools(
  bus: Bus,
  process: Process,
  pools: readonly PoolSpec[],
  sizes: ReadonlyMap<string, number>,
): void {
  const images = [...sizes].map(([name, bytes]) => ({ name, format: 'raw' as const, sizeMiB: bytes / 2 ** 20 }));
  const more = images.length > 0 ? { images } : {};
  for (const pool of pools) {
    const record = { ...poolRecord(pool, process.machine.name), ...more };
    bus.bucket('pools').put(process, pool.name, record, () => undefined);
  }
}

export function poolRecord({ name, isRevocable }: PoolSpec, node: string): PoolRecord {
  return {
    pool: name,
    node,
    portal: { address: node, port: 3260 },
    capacityBytes: 2 ** 40,
    freeBytes: 2 ** 40,
    revocable: isRevocable,
    heartbeatPort: 1,
    startedAtMs: 0,
  };
}

/** What a host holds in an epoch below this one. */
export function heldBelow(
  records: AttachmentRecord[],
  host: string,
  epoch: number,
): { volume: string; generation: number }[] {
  return records.flatMap(({ volume, holders }) =>
    holders
      .filter((holder) => holder.host === host && holder.hostEpoch < epoch)
      .map(({ generation }) => ({ volume, generation })),
  );
}

/** The durable floors of one volume and of every host. */
export interface FloorsOf {
  volumeFloor: number;
  hostFloor(host: string): number;
}

export function floorsFor({ volumes, hosts }: DurableFloors, volume: string): FloorsOf {
  return { volumeFloor: volumes[volume] ?? 0, hostFloor: (host) => hosts[host] ?? 0 };
}
