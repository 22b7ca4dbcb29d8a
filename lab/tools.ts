import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The directory where `./holdfast` keeps what it got for itself: Node, nats-server, the guest
 * kernel. `HOLDFAST_TOOLS`, or `.tools` at the repository's top.
 */
export function toolsDirectory(): string {
  const configured = process.env['HOLDFAST_TOOLS'];
  if (configured !== undefined && configured !== '') return configured;
  return join(repositoryDirectory(), '.tools');
}

/** The repository's top: this file runs from `lab/` in tests and from `lab/dist/` when built. */
export function repositoryDirectory(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, 'package-lock.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`${import.meta.dirname} is in no repository`);
    directory = parent;
  }
  return directory;
}

/** Path of the private nats-server, 2.11 or newer. */
export function natsServerPath(): string {
  return join(toolsDirectory(), 'nats', 'usr', 'sbin', 'nats-server');
}
