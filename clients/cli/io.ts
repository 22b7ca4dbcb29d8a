/** Where a command reads and writes; tests give their own. */
export interface Io {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  env: Record<string, string | undefined>;
  /** Aborts when the person gives up (Ctrl-C). */
  interrupted: AbortSignal;
}

export function processIo(): Io {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The second time at once, whatever still hangs.
      if (interruption.signal.aborted) process.exit(1);
      interruption.abort();
    });
  }
  // `holdfast vm list | head -1` is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const { stdin, stdout, stderr, env } = process;
  return { stdin, stdout, stderr, env, interrupted: interruption.signal };
}
