/** Small JSON files that survive a crash at any instant and notice their own corruption. */
import { createHash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

export class SealedFileError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SealedFileError';
  }
}

/**
 * The value last written, or null when there is no such file. Throws `SealedFileError` when it
 * cannot be trusted.
 */
export async function readSealed(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new SealedFileError(`${path} cannot be read`, { cause });
  }
  let sealed: unknown;
  try {
    sealed = JSON.parse(text);
  } catch (cause) {
    throw new SealedFileError(`${path} is damaged: not JSON`, { cause });
  }
  if (
    typeof sealed !== 'object' ||
    sealed === null ||
    !('sha256' in sealed) ||
    !('value' in sealed)
  ) {
    throw new SealedFileError(`${path} is damaged: no value or no checksum`);
  }
  if (checksum(sealed.value) !== sealed.sha256 || sealed.value === null) {
    throw new SealedFileError(`${path} is damaged: wrong checksum`);
  }
  return sealed.value;
}

/**
 * Durable when it resolves: a temporary file is written and synced, renamed over the old one, and
 * the directory synced. One writer at a time for each path. Throws `SealedFileError`; the old value
 * or the new one is then in place.
 */
export async function writeSealed(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.new`;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ sha256: checksum(value), value })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    throw new SealedFileError(`${path} cannot be written`, { cause });
  }
}

/** Makes created, renamed and removed names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function checksum(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
