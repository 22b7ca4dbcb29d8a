/**
 * Volumes as raw files, targets in tgtd: one for each (volume, generation), with LUN 1 over the
 * volume's file.
 *
 * Durability: LUNs are opened without `sync` or `direct`. tgtd reports a volatile write cache, so
 * initiators send SYNCHRONIZE CACHE for every flush of the guest, and tgtd answers it after an
 * fsync of the file: an acknowledged flush is on disk, and a write that nobody flushed costs no
 * wait. Both targets of a migration share one page cache.
 *
 * Access: tgtd asks for no CHAP when a target has no account, so the initiator's address is bound
 * last when a target is opened and unbound first when it is closed; an account goes only after its
 * target has.
 */
import { createHash } from 'node:crypto';
import { copiedFrom, type DiskImage, type VolumeSource } from '@holdfast/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { TargetStoreError } from '../ports.js';
import type { TargetSpec, TargetState, TargetStore } from '../ports.js';
import { SealedFileError, SerialQueue } from '@holdfast/runtime';
import { ImageDirectory } from './image-directory.js';
import { TargetNumbers } from './target-numbers.js';
import { parseConnections, parseTargets, type TgtTarget } from './tgt-listing.js';
import { TgtError, TgtSocket, type TgtRefusal, type TgtRequest } from './tgt-socket.js';
import { VolumePool } from './volume-pool.js';

const LUN = 1;
/** tgtd takes texts apart at commas. */
const CHAP_USER = /^[\w.:@-]{1,200}$/;
const CHAP_PASSWORD = /^[\x21-\x2b\x2d-\x7e]{12,255}$/;
const ADDRESS = /^[0-9a-fA-F.:]{2,45}$/;

export interface TgtStoreOptions {
  /** Where initiators reach tgtd. */
  portal: { address: string; port: number };
  /** tgtd's management socket. */
  socketPath: string;
  /** Directory of the volumes; tgtd must see it under the same path. */
  poolPath: string;
  /** Directory of disk images; left out: there are none. */
  imagePath?: string;
  /** File of the last reserved target number; beside the pool, and as lasting as tgtd's run. */
  numbersPath: string;
  callTimeoutMs?: number;
  /** How long a deletion waits for I/O in flight before it says `busy`. */
  busyTimeoutMs?: number;
  /** In how long a volume is to be filled. */
  copyTimeoutMs?: number;
}

export class TgtStore implements TargetStore {
  readonly portal: { address: string; port: number };
  private readonly socket: TgtSocket;
  private readonly images: ImageDirectory;
  private readonly pool: VolumePool;
  private readonly numbers: TargetNumbers;
  private readonly busyTimeoutMs: number;
  /** One change at a time for each volume. */
  private readonly queue = new SerialQueue();
  /** Accounts that are being made, and for which target. */
  private readonly opening = new Map<string, string>();
  /** What this process opened: digest of the secret by target number, to know a repetition. */
  private readonly secrets = new Map<number, string>();
  /** Targets whose deletion has begun; they are never opened again, even if it was `busy`. */
  private readonly closing = new Set<number>();

  constructor(options: TgtStoreOptions) {
    const timeoutMs = options.callTimeoutMs ?? 2000;
    this.portal = options.portal;
    this.busyTimeoutMs = options.busyTimeoutMs ?? 1500;
    this.socket = new TgtSocket({ path: options.socketPath, timeoutMs });
    this.numbers = new TargetNumbers(options.numbersPath);
    const copyTimeoutMs = options.copyTimeoutMs ?? 30 * 60_000;
    this.images = new ImageDirectory(options.imagePath ?? null);
    this.pool = new VolumePool({ path: options.poolPath, images: this.images, timeoutMs, copyTimeoutMs });
  }

  async createVolume(volume: string, sizeBytes: number, source: VolumeSource | null): Promise<void> {
    const begin = (): Promise<void> => this.pool.begin(volume, sizeBytes, source);
    const from = copiedFrom({ source: source ?? undefined });
    if (from === null || (await this.pool.has(volume))) await begin();
    else {
      await this.exclusively(from, async () => {
        await this.refuseServed(from);
        await begin();
      });
    }
    await this.pool.filled(volume);
  }

  async deleteVolume(volume: string): Promise<void> {
    await this.exclusively(volume, async () => {
      await this.refuseServed(volume);
      this.refuseCopied(volume);
      await this.pool.remove(volume);
    });
  }

  listImages(): Promise<DiskImage[]> {
    return this.images.list();
  }

  listVolumes(): Promise<{ volume: string; sizeBytes: number }[]> {
    return this.pool.list();
  }

  capacity(): Promise<{ capacityBytes: number; freeBytes: number }> {
    return this.pool.capacity();
  }

  async openTarget(spec: TargetSpec): Promise<void> {
    checkSpec(spec);
    const path = this.pool.pathOf(spec.volume);
    await this.exclusively(spec.volume, () => this.withAccount(spec, () => this.open(spec, path)));
  }

  async deleteTarget(volume: string, generation: number): Promise<void> {
    await this.exclusively(volume, async () => {
      for (const target of await this.targets()) {
        if (serves(target, volume, generation)) await this.remove(target);
      }
    });
  }

  async listTargets(): Promise<TargetState[]> {
    return translated(async () =>
      (await this.targets()).flatMap((target) => {
        const name = nameOf(target.iqn);
        return name ? [{ ...name, iqn: target.iqn, sessions: target.sessions }] : [];
      }),
    );
  }

  private async refuseServed(volume: string): Promise<void> {
    const path = this.pool.pathOf(volume);
    const serving = (await this.targets()).find((target) => target.luns.some((lun) => lun.path === path));
    if (serving) throw new TargetStoreError('busy', `volume ${volume} is served by ${serving.iqn}`);
  }

  /** What copies it began while nobody had it open, and ends before anybody has. */
  private refuseCopied(volume: string): void {
    if (this.pool.isCopied(volume)) throw new TargetStoreError('busy', `volume ${volume} is being copied`);
  }

  private async open(spec: TargetSpec, path: string): Promise<void> {
    const targets = await this.targets();
    const existing = targets.find((target) => target.iqn === spec.iqn);
    const others = targets.filter((target) => target !== existing);
    if (others.some((target) => target.accounts.includes(spec.chapUser))) {
      throw new TargetStoreError('internal', `account ${spec.chapUser} belongs to another target`);
    }
    if (existing?.acl.some((address) => address !== spec.initiatorAddress)) {
      throw new TargetStoreError('internal', `${spec.iqn} is open for another initiator`);
    }
    if (
      existing &&
      isWhole(existing, spec, path) &&
      this.secrets.get(existing.tid) === digest(spec)
    ) {
      return;
    }
    if (existing && isUsable(existing, spec, path) && !this.closing.has(existing.tid)) {
      await this.renewAccount(existing.tid, spec, path);
      return;
    }
    if (existing) await this.remove(existing);
    this.refuseCopied(spec.volume);
    if (!(await this.pool.has(spec.volume))) {
      throw new TargetStoreError('not-found', `there is no volume ${spec.volume}`);
    }
    const tid = await this.numbers.take(targets.map((target) => target.tid));
    try {
      await this.build(tid, spec, path);
    } catch (error) {
      // Half-made it is open to nobody; what cannot be removed now is listed and removed by whoever
      // asks again.
      await this.call({ mode: 'target', operation: 'delete', tid, force: true }).catch(
        () => undefined,
      );
      throw error;
    }
  }

  private async build(tid: number, spec: TargetSpec, path: string): Promise<void> {
    await this.call({ mode: 'target', operation: 'new', tid, text: `targetname=${spec.iqn}` });
    const text = `path=${path},bstype=rdwr`;
    await this.call({ mode: 'logicalUnit', operation: 'new', tid, lun: BigInt(LUN), text });
    await this.bindAccount(tid, spec);
    await this.admit(tid, spec, path);
  }

  /** Sessions go on; nobody can log in while the account is exchanged. */
  private async renewAccount(tid: number, spec: TargetSpec, path: string): Promise<void> {
    this.secrets.delete(tid);
    await this.unbindAddress(tid, spec.initiatorAddress);
    await this.bindAccount(tid, spec);
    await this.admit(tid, spec, path);
  }

  private async bindAccount(tid: number, spec: TargetSpec): Promise<void> {
    await this.deleteAccount(spec.chapUser);
    const text = `user=${spec.chapUser},password=${spec.chapPassword}`;
    await this.call({ mode: 'account', operation: 'new', text });
    await this.call({ mode: 'account', operation: 'bind', tid, text: `user=${spec.chapUser}` });
  }

  /**
   * The last step of opening, taken only when tgtd itself says that everything else is in place.
   */
  private async admit(tid: number, spec: TargetSpec, path: string): Promise<void> {
    const made = (await this.targets()).find((target) => target.tid === tid);
    const bound = made?.accounts.includes(spec.chapUser) ?? false;
    if (!made || !bound || !isUsable(made, spec, path) || made.acl.length > 0) {
      throw new TargetStoreError('internal', `${spec.iqn} was not made whole`);
    }
    const text = `initiator-address=${spec.initiatorAddress}`;
    await this.call({ mode: 'target', operation: 'bind', tid, text });
    this.secrets.set(tid, digest(spec));
  }

  /**
   * Resolves when the target is gone; tgtd deletes a LUN only when none of its commands is active.
   */
  private async remove(target: TgtTarget): Promise<void> {
    const { tid } = target;
    const endMs = performance.now() + this.busyTimeoutMs;
    this.secrets.delete(tid);
    this.closing.add(tid);
    for (const address of target.acl) await this.unbindAddress(tid, address);
    for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 50)) {
      await this.closeConnections(tid);
      const request: TgtRequest = { mode: 'target', operation: 'delete', tid, force: true };
      const refusal = await this.callUnless(['lun-active', 'target-active', 'no-target'], request);
      if (refusal === null || refusal === 'no-target') break;
      if (performance.now() > endMs) {
        throw new TargetStoreError(
          'busy',
          `I/O of ${target.iqn} is still in flight: nothing is proven`,
        );
      }
      await sleep(pauseMs);
    }
    const left = await this.targets();
    if (left.some((found) => found.tid === tid || found.iqn === target.iqn)) {
      throw new TargetStoreError('internal', `${target.iqn} is still there after its deletion`);
    }
    this.closing.delete(tid);
    for (const account of target.accounts) {
      if (left.some((found) => found.accounts.includes(account))) continue;
      // An account that stays behind opens nothing; the proof must not wait for it.
      await this.deleteAccount(account).catch(() => undefined);
    }
  }

  private async closeConnections(tid: number): Promise<void> {
    let listing: string;
    try {
      listing = await this.socket.call({ mode: 'connection', operation: 'show', tid });
    } catch (error) {
      if (error instanceof TgtError && error.refusal === 'no-target') return;
      throw error;
    }
    for (const { session, connection } of parseConnections(listing)) {
      const request: TgtRequest = {
        mode: 'connection',
        operation: 'delete',
        tid,
        session,
        connection,
      };
      await this.callUnless(['no-session', 'no-connection', 'no-target'], request);
    }
  }

  private async unbindAddress(tid: number, address: string): Promise<void> {
    const text = `initiator-address=${address}`;
    await this.callUnless(['no-acl', 'no-target'], {
      mode: 'target',
      operation: 'unbind',
      tid,
      text,
    });
  }

  private async deleteAccount(user: string): Promise<void> {
    await this.callUnless(['no-account'], {
      mode: 'account',
      operation: 'delete',
      text: `user=${user}`,
    });
  }

  private async targets(): Promise<TgtTarget[]> {
    return parseTargets(await this.call({ mode: 'target', operation: 'show' }));
  }

  private call(request: TgtRequest): Promise<string> {
    return this.socket.call(request);
  }

  /** Null when tgtd did it, else which of the expected refusals it gave. */
  private async callUnless(
    expected: TgtRefusal[],
    request: TgtRequest,
  ): Promise<TgtRefusal | null> {
    try {
      await this.socket.call(request);
      return null;
    } catch (error) {
      if (error instanceof TgtError && error.refusal && expected.includes(error.refusal))
        return error.refusal;
      throw error;
    }
  }

  private exclusively<T>(volume: string, work: () => Promise<T>): Promise<T> {
    return this.queue.run(volume, () => translated(work));
  }

  /**
   * Two targets must not make the same account at once: deleting it for one would open the other
   * without CHAP.
   */
  private async withAccount(spec: TargetSpec, work: () => Promise<void>): Promise<void> {
    const holder = this.opening.get(spec.chapUser);
    if (holder !== undefined) {
      throw new TargetStoreError(
        'internal',
        `account ${spec.chapUser} is being made for ${holder}`,
      );
    }
    this.opening.set(spec.chapUser, spec.iqn);
    try {
      await work();
    } finally {
      this.opening.delete(spec.chapUser);
    }
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof TargetStoreError) throw cause;
    if (cause instanceof SealedFileError) {
      throw new TargetStoreError('internal', cause.message, { cause });
    }
    if (!(cause instanceof TgtError))
      throw new TargetStoreError('internal', 'tgtd could not be asked', { cause });
    const unanswered = cause.code === 'timeout' || cause.code === 'unavailable';
    throw new TargetStoreError(unanswered ? cause.code : 'internal', cause.message, { cause });
  }
}

function checkSpec(spec: TargetSpec): void {
  const wrong = !CHAP_USER.test(spec.chapUser)
    ? 'chapUser'
    : !CHAP_PASSWORD.test(spec.chapPassword)
      ? 'chapPassword'
      : !ADDRESS.test(spec.initiatorAddress)
        ? 'initiatorAddress'
        : !/^iqn\.[a-z0-9.:-]+$/.test(spec.iqn) || !serves(spec, spec.volume, spec.generation)
          ? 'iqn'
          : null;
  if (wrong)
    throw new TargetStoreError('internal', `target of volume ${spec.volume}: unusable ${wrong}`);
}

/**
 * With the right disk and nothing that does not belong to it; account and address may still be
 * missing.
 */
function isUsable(target: TgtTarget, spec: TargetSpec, path: string): boolean {
  const disks = target.luns.filter((lun) => lun.lun !== 0);
  return (
    disks.length === 1 &&
    disks[0]?.lun === LUN &&
    disks[0].path === path &&
    target.accounts.every((account) => account === spec.chapUser) &&
    target.acl.every((address) => address === spec.initiatorAddress)
  );
}

function isWhole(target: TgtTarget, spec: TargetSpec, path: string): boolean {
  return target.accounts.length === 1 && target.acl.length === 1 && isUsable(target, spec, path);
}

function serves(target: { iqn: string }, volume: string, generation: number): boolean {
  const name = nameOf(target.iqn);
  return name !== null && name.volume === volume && name.generation === generation;
}

function nameOf(iqn: string): { volume: string; generation: number } | null {
  const match = /^iqn\.[^:]+:([a-z0-9-]+)\.g(0|[1-9]\d*)$/.exec(iqn);
  return match ? { volume: match[1] ?? '', generation: Number(match[2]) } : null;
}

function digest(spec: TargetSpec): string {
  return createHash('sha256').update(`${spec.chapUser}\0${spec.chapPassword}`).digest('hex');
}
