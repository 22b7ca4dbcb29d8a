/**
 * Disk images as an operator puts them into a directory, which is only ever read: NAME.qcow2, NAME.raw or NAME.img.
 *
 * A qcow2 file can name other files of the machine, as the one below it or as the one with its data, and whoever copies
 * it would copy those. Its header is read here before anything else opens the file; format:
 * https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.txt
 */
import { constants } from 'node:fs';
import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { maxDiskImages, nameSchema, type DiskImage } from '@holdfast/contracts';
import { TargetStoreError } from '../ports.js';

const formats: Record<string, DiskImage['format']> = { qcow2: 'qcow2', raw: 'raw', img: 'raw' };
const MEBIBYTE = 1024 * 1024;
const LARGEST_BYTES = 64 * 1024 ** 4;
const HEADER_BYTES = 104;
const QCOW2_MAGIC = 0x514649fb;
/** Incompatible features of a qcow2 file: what no reader may overlook. */
const CORRUPT = 1n << 1n;
const DATA_FILE = 1n << 2n;
const KNOWN_FEATURES = 0b11111n;

/** One that may be read; whoever opened it closes it. */
export interface OpenImage {
  handle: FileHandle;
  format: DiskImage['format'];
  sizeBytes: number;
}

export class ImageDirectory {
  constructor(private readonly path: string | null) {}

  /** Those that no volume can be made from, too, with the reason. */
  async list(): Promise<DiskImage[]> {
    const files = await this.files();
    const found = await Promise.all([...files].slice(0, maxDiskImages).map(([name, own]) => this.look(name, own)));
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What was checked is what is read, whatever becomes of its name. Throws `not-found` or `unusable`. */
  async open(name: string): Promise<OpenImage> {
    const files = nameSchema.safeParse(name).success ? (await this.files()).get(name) : undefined;
    if (!files) throw new TargetStoreError('not-found', `there is no image ${name}`);
    return await this.check(name, files);
  }

  private async look(name: string, files: readonly string[]): Promise<DiskImage> {
    try {
      const { handle, format, sizeBytes } = await this.check(name, files);
      await handle.close();
      return { name, format, sizeMiB: Math.ceil(sizeBytes / MEBIBYTE) };
    } catch (error) {
      const unusable = error instanceof TargetStoreError ? error.message : `it cannot be read: ${String(error)}`;
      return { name, format: formatOf(files[0] ?? ''), sizeMiB: 0, unusable: unusable.slice(0, 300) };
    }
  }

  private async check(name: string, files: readonly string[]): Promise<OpenImage> {
    const [file = '', ...others] = files;
    if (others.length > 0) throw unusable(name, `${files.join(' and ')} have the same name`);
    const format = formatOf(file);
    const handle = await this.openFile(name, file);
    try {
      return { handle, format, sizeBytes: await sizeOf(name, handle, format) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Never waits for somebody at the other end of it, nor follows a link to elsewhere. */
  private async openFile(name: string, file: string): Promise<FileHandle> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    try {
      return await open(join(this.path ?? '', file), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ELOOP') throw unusable(name, `${file} is a link`);
      if (code === 'ENOENT') throw new TargetStoreError('not-found', `there is no image ${name}`);
      throw cause;
    }
  }

  /** By name of the image. */
  private async files(): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    const names = this.path === null ? [] : await readdir(this.path);
    for (const file of names.sort()) {
      const [name = '', suffix = '', ...rest] = file.split('.');
      if (rest.length > 0 || !Object.hasOwn(formats, suffix) || !nameSchema.safeParse(name).success) continue;
      found.set(name, [...(found.get(name) ?? []), file]);
    }
    return found;
  }
}

function formatOf(file: string): DiskImage['format'] {
  return formats[file.split('.')[1] ?? ''] ?? 'raw';
}

function unusable(name: string, reason: string): TargetStoreError {
  return new TargetStoreError('unusable', `image ${name}: ${reason}`);
}

/** Of the disk that its guest sees. Throws `unusable`. */
async function sizeOf(name: string, handle: FileHandle, format: DiskImage['format']): Promise<number> {
  const found = await handle.stat();
  if (!found.isFile()) throw unusable(name, 'it is not a file');
  const header = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0);
  const isQcow2 = bytesRead >= 72 && header.readUInt32BE(0) === QCOW2_MAGIC;
  if (format === 'raw' && isQcow2) throw unusable(name, 'it is a qcow2 file: name it .qcow2');
  if (format === 'qcow2' && !isQcow2) throw unusable(name, 'it is not a qcow2 file');
  const sizeBytes = format === 'raw' ? found.size : Number(header.readBigUInt64BE(24));
  if (sizeBytes <= 0 || sizeBytes > LARGEST_BYTES) throw unusable(name, `a disk of ${sizeBytes} bytes`);
  const wrong = format === 'qcow2' ? wrongQcow2(header) : null;
  if (wrong !== null) throw unusable(name, wrong);
  return sizeBytes;
}

function wrongQcow2(header: Buffer): string | null {
  const version = header.readUInt32BE(4);
  const features = version === 3 ? header.readBigUInt64BE(72) : 0n;
  if (version !== 2 && version !== 3) return `qcow2 of version ${version} is not known`;
  if (header.readBigUInt64BE(8) !== 0n) return 'it has a backing file: flatten it with qemu-img convert';
  if ((features & DATA_FILE) !== 0n) return 'its data are in another file: flatten it with qemu-img convert';
  if (header.readUInt32BE(32) !== 0) return 'it is encrypted';
  if ((features & CORRUPT) !== 0n) return 'it is marked as corrupt: repair it with qemu-img check';
  return (features & ~KNOWN_FEATURES) === 0n ? null : 'it has features that are not known';
}
