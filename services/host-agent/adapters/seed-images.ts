/**
 * The CD-ROM images from which cloud-init reads what a guest is told, as its data source NoCloud wants them:
 * https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
 */
import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HypervisorError, type SeedFiles, type SeedImages } from '../ports.js';

const run = promisify(execFile);
const makingTimeoutMs = 10_000;
const label = 'cidata';
/** Of everything in it, so that each host makes the same image of the same files: a guest may move while it reads. */
const madeAt = '2026010100000000';
const imageName = /^(?:([a-z0-9-]+)\.iso|making-([a-z0-9-]+))$/;

export class XorrisoSeedImages implements SeedImages {
  /** `directory` is the same on every host, and none that outlives a boot: it may hold passwords. */
  constructor(private readonly directory: string) {}

  path(uid: string): string {
    return join(this.directory, `${uid}.iso`);
  }

  async put(uid: string, files: SeedFiles): Promise<void> {
    // Others may pass through it, as QEMU may run as another user; libvirt gives that user the one image.
    await mkdir(this.directory, { recursive: true, mode: 0o711 });
    const making = join(this.directory, `making-${uid}`);
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { mode: 0o700 });
    try {
      const sources = Object.entries(files).map(([name, text]) => ({ path: join(making, name), text }));
      for (const { path, text } of sources) await writeFile(path, text, { mode: 0o600 });
      const made = join(making, 'made.iso');
      await writeFile(made, '', { mode: 0o600 });
      await this.make(made, sources.map(({ path }) => path));
      await rename(made, this.path(uid));
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  }

  keepOnly(isWanted: (uid: string) => boolean): void {
    for (const name of this.names()) {
      const [, made, making] = imageName.exec(name) ?? [];
      const uid = made ?? making;
      // Asked and removed at once: what is wanted a moment later is made after that.
      if (uid !== undefined && !isWanted(uid)) rmSync(join(this.directory, name), { force: true, recursive: true });
    }
  }

  private names(): string[] {
    try {
      return readdirSync(this.directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  private async make(image: string, sources: string[]): Promise<void> {
    const dates = [`--modification-date=${madeAt}`, '--set_all_file_dates', madeAt];
    const names = ['-volid', label, '-joliet', '-rational-rock', '-preparer', 'holdfast'];
    const args = ['-as', 'mkisofs', '-quiet', '-no-pad', '-output', image, ...names, ...dates, ...sources];
    try {
      await run('xorriso', args, { timeout: makingTimeoutMs });
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const why = isMissing ? 'xorriso is not installed here' : 'xorriso failed';
      throw new HypervisorError('refused', `its cloud-init image could not be made: ${why}`, { cause: error });
    }
  }
}
