/** Volumes as raw sparse files in one directory. */
import { execFile } from 'node:child_process';
import { open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TargetStoreError } from '../ports.js';
import { SerialQueue, syncDirectory } from '@holdfast/runtime';

const SUFFIX = '.raw';
const SECTOR_BYTES = 512;
const VOLUME_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export interface VolumePoolOptions {
  path: string;
  /** For everything but copying a template. A frozen file system answers never. */
  timeoutMs: number;
  copyTimeoutMs: number;
}

export class VolumePool {
  /** One change at a time: a frozen pool then holds one thread of the process, not all of them. */
  private readonly queue = new SerialQueue();

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

  /** Writes under another name first, so that a crash leaves no half-filled volume. */
  create(volume: string, sizeBytes: number, template: string | null): Promise<void> {
    const path = this.pathOf(volume);
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes % SECTOR_BYTES !== 0) {
      throw new TargetStoreError(
        'internal',
        `volume ${volume}: ${sizeBytes} bytes are not whole sectors`,
      );
    }
    return this.guard(this.options.copyTimeoutMs, () =>
      this.queue.run('pool', async () => {
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
        await this.fill(volume, path, sizeBytes, template);
      }),
    );
  }

  remove(volume: string): Promise<void> {
    const path = this.pathOf(volume);
    return this.guard(this.options.timeoutMs, () =>
      this.queue.run('pool', async () => {
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

  private async fill(
    volume: string,
    path: string,
    sizeBytes: number,
    template: string | null,
  ): Promise<void> {
    const partial = join(this.options.path, `.${volume}.partial`);
    try {
      await rm(partial, { force: true });
      if (template !== null) await this.copyTemplate(volume, template, partial, sizeBytes);
      const file = await open(partial, 'a', 0o600);
      try {
        await file.truncate(sizeBytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, path);
      await syncDirectory(this.options.path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  private async copyTemplate(
    volume: string,
    template: string,
    to: string,
    sizeBytes: number,
  ): Promise<void> {
    const source = await statOrNull(template);
    if (!source)
      throw new TargetStoreError('not-found', `volume ${volume}: no template ${template}`);
    if (source.size > sizeBytes) {
      throw new TargetStoreError(
        'internal',
        `volume ${volume}: the template has ${source.size} bytes`,
      );
    }
    const copyArguments = ['--reflink=auto', '--sparse=always', '--', template, to];
    await promisify(execFile)('cp', copyArguments, {
      timeout: this.options.copyTimeoutMs,
      killSignal: 'SIGKILL',
    });
  }

  /**
   * Space promised to volumes but not yet written is not free: a guest never finds the pool full.
   */
  private async measure(): Promise<{ capacityBytes: number; freeBytes: number }> {
    const system = await statfs(this.options.path);
    const promisedBytes = (await this.files()).reduce((sum, file) => sum + file.unwrittenBytes, 0);
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
