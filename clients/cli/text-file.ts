import { readFile } from 'node:fs/promises';
import { UsageError } from './failure.js';

/** More than the API takes of anything, and not read: it may be no file of text at all. */
const maxFileBytes = 256 * 1024;

/** What a file that an option names has in it. */
export async function textOf(file: string, option: string): Promise<string> {
  try {
    const content = await readFile(file);
    if (content.length <= maxFileBytes) return content.toString('utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new UsageError(`${option}: ${file} cannot be read (${code})`, 'give a file of text');
  }
  throw new UsageError(`${option}: ${file} is too large`, 'give a shorter file');
}
