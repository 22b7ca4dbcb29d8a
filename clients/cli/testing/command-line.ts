import { PassThrough } from 'node:stream';
import { run } from '../run.js';

/* For tests only: the command line in this process, over streams of its own. */

export interface Running {
  finished: Promise<{ code: number; out: string; err: string }>;
  interrupt(): void;
  /** What it has printed so far. */
  out(): string;
  err(): string;
}

export interface Setting {
  env?: Record<string, string>;
  isTerminal?: boolean;
  typed?: string;
}

/** The system that the command line talks to, unless `env` says otherwise. */
export interface System {
  api: { url: string };
  tokenFile: string;
}

function collect(stream: PassThrough): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  return () => text;
}

export function begin(
  line: string[],
  system: System,
  { env, isTerminal = false, typed }: Setting = {},
): Running {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const out = collect(stdout);
  const err = collect(stderr);
  const interruption = new AbortController();
  for (const stream of [stdin, stdout, stderr]) Object.assign(stream, { isTTY: isTerminal });
  if (typed !== undefined) stdin.end(`${typed}\n`);
  const finished = run(line, {
    stdin,
    stdout,
    stderr,
    env: env ?? { HOLDFAST_API: system.api.url, HOLDFAST_TOKEN_FILE: system.tokenFile },
    interrupted: interruption.signal,
  }).then(async (code) => {
    // Streams hand over what they hold on the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    return { code, out: out(), err: err() };
  });
  return { finished, interrupt: () => interruption.abort(), out, err };
}

/** A command line as a person types it, double quotes and all. */
export function words(line: string): string[] {
  return (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
}

const nowhere: System = { api: { url: '' }, tokenFile: '' };

/** A command line where nothing runs. */
export function holdfastAlone(line: string, stateDirectory: string): Running['finished'] {
  return begin(line.split(' '), nowhere, { env: { HOLDFAST_STATE: stateDirectory } }).finished;
}
