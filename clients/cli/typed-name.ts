import { createInterface } from 'node:readline/promises';
import { UsageError } from './failure.js';
import type { Io } from './io.js';

/** The name of a host, typed by a person who was warned. */
export async function typedName(io: Io, name: string, about: { warning: string; when: string }): Promise<string> {
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) {
    throw new UsageError(
      `there is no terminal to ask for the name of the host again`,
      `give --confirm ${name}, if ${name} ${about.when}`,
    );
  }
  const prompt = createInterface({ input: io.stdin, output: io.stderr });
  try {
    io.stderr.write(`${about.warning}\n`);
    return (await prompt.question(`Type the name of the host to go on: `, { signal: io.interrupted })).trim();
  } finally {
    prompt.close();
  }
}
