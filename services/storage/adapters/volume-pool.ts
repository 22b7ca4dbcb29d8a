/** Volumes as raw sparse files in one directory. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { copiedFrom, type VolumeSource } from '@holdfast/contracts';
import { TargetStoreError } from '../ports.js';
import { SerialQueue, syncDirectory } from '@holdfast/runtime';
import type { ImageDirectory, OpenImage } from './image-directory.js';
import { fillFromImage } from './volume-filling.js';

const SUFFIX = '.raw';
const PARTIAL = '.partial';
const SECTOR_BYTES = 512;
const VOLUME_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export interface VolumePoolOptions {
  path: string;
  images: ImageDirectory;
  /** For everything but filling a volume. A frozen file system answers never. */
  timeoutMs: number;
  copyTimeoutMs: number;
}

/** A volume that is being filled: it takes its room already, and is no volume yet. */
interface Filling {
  partial: string;
  sizeBytes: number;
  /** The volume that is read meanwhile, if it is one. */
  from: string | null;
  stop: AbortController;
  end: Promise<void>;
}

export class VolumePool {
  /** One change at a time: a frozen pool then holds one thread of the process, not all of them. */
  private readonly queue = new SerialQueue();
  private readonly fillings = new Map<string, Filling>();

  constructor(private readonly options: VolumePoolOptions) {}

  /** Where the volume's data lie. Throws `internal` for what cannot be the name of a volume. */
  pathOf(volume: string): string {
    if (!VOLUME_NAME.test(volume))
      throw new TargetStoreError('internal', `not a volume name: ${volume}`);
    return join(this.options.path, `${volume}${SUFFIX}`);
  }

  async has(volume: string): Promise<boolean> {
    const path = this.pathOf(volume);
    return (await this.guard(this.options.timeoutMs, () => statOrNull(path))) !== null;
  }

  /** A volume is being filled from it. */
  isCopied(volume: string): boolean {
    return [...this.fillings.values()].some(({ from }) => from === volume);
  }

  /** Writes under another name first, so that a crash leaves no half-filled volume. Filling it goes on after that. */
  async begin(volume: string, sizeBytes: number, source: VolumeSource | null): Promise<void> {
    const path = this.pathOf(volume);
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes % SECTOR_BYTES !== 0) {
      throw new TargetStoreError(
        'internal',
        `volume ${volume}: ${sizeBytes} bytes are not whole sectors`,
      );
    }
    const { copyTimeoutMs } = this.options;
    await this.guard(copyTimeoutMs, () =>
      this.queue.run('pool', async () => {
        if (this.fillings.has(volume)) return;
        const existing = await statOrNull(path);
        if (existing?.size === sizeBytes) return;
        if (existing) {
          throw new TargetStoreError(
            'internal',
            `volume ${volume} exists with ${existing.size} bytes`,
          );
        }
        const { freeBytes } = await this.measure();
        if (sizeBytes > freeBytes) {
          const message = `volume ${volume} needs ${sizeBytes} bytes, the pool has ${freeBytes}`;
          throw new TargetStoreError('no-space', message);
        }
        await this.removePartials(volume);
        const partial = join(this.options.path, `.${volume}.${randomUUID()}${PARTIAL}`);
        if (source === null) {
          await this.settle(partial, sizeBytes);
          await this.name(partial, path);
        } else await this.beginFilling(volume, { partial, path, sizeBytes, source });
      }),
    );
  }

  /** Waits for what fills it. */
  async filled(volume: string): Promise<void> {
    await this.fillings.get(volume)?.end.catch((cause: unknown) => {
      throw storeErrorOf(cause);
    });
  }

  remove(volume: string): Promise<void> {
    const path = this.pathOf(volume);
    return this.guard(this.options.timeoutMs, () =>
      this.queue.run('pool', async () => {
        this.fillings.get(volume)?.stop.abort();
        this.fillings.delete(volume);
        await this.removePartials(volume);
        await rm(path, { force: true });
        await syncDirectory(this.options.path);
      }),
    );
  }

  list(): Promise<{ volume: string; sizeBytes: number }[]> {
    return this.guard(this.options.timeoutMs, async () =>
      (await this.files()).map(({ volume, sizeBytes }) => ({ volume, sizeBytes })),
    );
  }

  capacity(): Promise<{ capacityBytes: number; freeBytes: number }> {
    return this.guard(this.options.timeoutMs, () => this.measure());
  }

  /** It goes on by itself, so that nothing else waits for it. */
  private async beginFilling(
    volume: string,
    to: { partial: string; path: string; sizeBytes: number; source: VolumeSource },
  ): Promise<void> {
    const { partial, sizeBytes } = to;
    const image = 'volume' in to.source ? await this.openVolume(to.source.volume)
      : await this.options.images.open(to.source.image);
    const stop = new AbortController();
    const end = this.fill(image, to, stop.signal).finally(() => {
      if (this.fillings.get(volume)?.stop === stop) this.fillings.delete(volume);
    });
    // Told to whoever asks for it while it lasts, and to nobody else.
    end.catch(() => undefined);
    this.fillings.set(volume, { partial, sizeBytes, from: copiedFrom(to), stop, end });
  }

  private async openVolume(volume: string): Promise<OpenImage> {
    try {
      const handle = await open(this.pathOf(volume), constants.O_RDONLY | constants.O_NOFOLLOW);
      return { handle, format: 'raw', sizeBytes: (await handle.stat()).size };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
      throw new TargetStoreError('not-found', `there is no volume ${volume} to copy`, { cause });
    }
  }

  private async fill(
    image: OpenImage,
    { partial, path, sizeBytes }: { partial: string; path: string; sizeBytes: number },
    signal: AbortSignal,
  ): Promise<void> {
    try {
      if (image.sizeBytes > sizeBytes) {
        throw new TargetStoreError('unusable', `its source has ${image.sizeBytes} bytes, the volume only ${sizeBytes}`);
      }
      const timeoutMs = this.options.copyTimeoutMs;
      await fillFromImage({ image, to: partial, sizeBytes, timeoutMs, signal });
      await this.settle(partial, sizeBytes);
      await this.queue.run('pool', async () => {
        if (signal.aborted) throw new TargetStoreError('unavailable', 'it was deleted meanwhile');
        await this.name(partial, path);
      });
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    } finally {
      await image.handle.close();
    }
  }

  /** Whole, and on the disk. */
  private async settle(partial: string, sizeBytes: number): Promise<void> {
    const file = await open(partial, 'a', 0o600);
    try {
      await file.chmod(0o600);
      await file.truncate(sizeBytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  private async name(partial: string, path: string): Promise<void> {
    await rename(partial, path);
    await syncDirectory(this.options.path);
  }

  /** What a filling has left behind that did not come to its end. */
  private async removePartials(volume: string): Promise<void> {
    const names = await readdir(this.options.path);
    const partials = names.filter((name) => name.startsWith(`.${volume}.`) && name.endsWith(PARTIAL));
    for (const name of partials) await rm(join(this.options.path, name), { force: true });
  }

  /**
   * Space promised to volumes but not yet written is not free: a guest never finds the pool full.
   */
  private async measure(): Promise<{ capacityBytes: number; freeBytes: number }> {
    const system = await statfs(this.options.path);
    let promisedBytes = (await this.files()).reduce((sum, file) => sum + file.unwrittenBytes, 0);
    for (const { partial, sizeBytes } of this.fillings.values()) {
      const writtenBytes = ((await statOrNull(partial))?.blocks ?? 0) * SECTOR_BYTES;
      promisedBytes += Math.max(0, sizeBytes - writtenBytes);
    }
    return {
      capacityBytes: system.blocks * system.bsize,
      freeBytes: Math.max(0, system.bavail * system.bsize - promisedBytes),
    };
  }

  private async files(): Promise<{ volume: string; sizeBytes: number; unwrittenBytes: number }[]> {
    const files = [];
    for (const name of await readdir(this.options.path)) {
      const volume = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : '';
      if (!VOLUME_NAME.test(volume)) continue;
      const found = await statOrNull(join(this.options.path, name));
      if (!found) continue;
      const unwrittenBytes = Math.max(0, found.size - found.blocks * SECTOR_BYTES);
      files.push({ volume, sizeBytes: found.size, unwrittenBytes });
    }
    return files.sort((a, b) => (a.volume < b.volume ? -1 : 1));
  }

  private async guard<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new TargetStoreError('timeout', `the pool did not answer in ${timeoutMs} ms`);
      timer = setTimeout(() => reject(error), timeoutMs);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (cause) {
      throw storeErrorOf(cause);
    } finally {
      clearTimeout(timer);
    }
  }
}

function storeErrorOf(cause: unknown): TargetStoreError {
  if (cause instanceof TargetStoreError) return cause;
  const { code, stderr } = cause as { code?: unknown; stderr?: unknown };
  const full =
    code === 'ENOSPC' || code === 'EDQUOT' || /No space left|quota exceeded/i.test(String(stderr));
  if (full) return new TargetStoreError('no-space', 'the pool is full', { cause });
  return new TargetStoreError('internal', `the pool failed (${String(code)})`, { cause });
}

async function statOrNull(path: string): Promise<{ size: number; blocks: number } | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
