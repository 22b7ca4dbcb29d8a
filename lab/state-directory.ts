/** Where an instance lives. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LabError } from './errors.js';

/** Directories that a node gets anew and that therefore cannot hold its disk. */
const TAKEN = ['/run', '/var/run', '/dev', '/proc', '/sys', '/etc'];

/**
 * The one name of a state directory: absolute, without links, so that it can be found again in the
 * environment of processes. It need not exist yet.
 * @throws LabError `invalid-argument`
 */
export async function stateDirectoryPath(given: string): Promise<string> {
  const path = await resolveLinks(resolve(given));
  if (!/^\/[A-Za-z0-9_./-]+$/.test(path)) {
    throw new LabError('invalid-argument', `the state directory ${JSON.stringify(path)} may hold `
      + 'letters, digits and "_./-" only; remedy: set HOLDFAST_STATE to another');
  }
  const taken = TAKEN.find((directory) => path === directory || path.startsWith(`${directory}/`));
  if (taken !== undefined) {
    throw new LabError('invalid-argument', `the state directory ${path} must not be in ${taken}; `
      + 'remedy: set HOLDFAST_STATE to another');
  }
  return path;
}

async function resolveLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return join(await resolveLinks(dirname(path)), basename(path));
  }
}
