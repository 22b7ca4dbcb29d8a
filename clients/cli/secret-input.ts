import { on } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { CommandFailure, UsageError } from './failure.js';
import type { Io } from './io.js';

const maxInputLength = 4096;

/**
 * Secrets are typed unseen, or come as lines on standard input; never as arguments, which every process can see.
 * One for each prompt.
 */
export async function secretInput(io: Io, prompts: readonly string[]): Promise<string[]> {
  return io.stdin.isTTY === true ? await typed(io, prompts) : await piped(io, prompts);
}

/** A new password: typed twice, piped once. */
export async function newPassword(io: Io, prompt = 'New password'): Promise<string> {
  if (io.stdin.isTTY !== true) return (await piped(io, [prompt]))[0] ?? '';
  const [first = '', second = ''] = await typed(io, [prompt, 'The same again']);
  if (first !== second) throw new UsageError('these are two different passwords', 'type the same twice');
  return first;
}

async function typed(io: Io, prompts: readonly string[]): Promise<string[]> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: io.stdin, output: nowhere, terminal: true });
  // Also lines that come before they are asked for, as when they are pasted.
  const lines = on(reader, 'line', { signal: io.interrupted, close: ['close'] });
  const answers: string[] = [];
  try {
    for (const prompt of prompts) {
      io.stderr.write(`${prompt}: `);
      const { value, done } = (await lines.next()) as IteratorResult<[string], undefined>;
      io.stderr.write('\n');
      if (done) throw new CommandFailure({ code: 'interrupted', message: 'interrupted' });
      answers.push(value[0]);
    }
  } finally {
    reader.close();
  }
  return answers;
}

async function piped(io: Io, prompts: readonly string[]): Promise<string[]> {
  const lines = (await text(io.stdin)).slice(0, maxInputLength).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === prompts.length && !lines.includes('')) return lines;
  throw new UsageError(
    `standard input is to hold ${prompts.length === 1 ? 'one line' : `${prompts.length} lines`}: ${prompts.join(', ')}`,
    'type it on a terminal, or pipe it in from a file',
  );
}
