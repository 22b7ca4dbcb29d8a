/** Fills the file of a new volume from an image or another volume; whatever reads that is kept on a short leash. */
import { spawn } from 'node:child_process';
import { TargetStoreError } from '../ports.js';
import type { OpenImage } from './image-directory.js';

const MEBIBYTE = 1024 * 1024;
const MEMORY_BYTES = 2048 * MEBIBYTE;
const ERROR_CHARACTERS = 500;
/** The file descriptor of the image in the program: it is given no name that could mean something else by now. */
const IMAGE_FD = 3;

export interface Filling {
  image: OpenImage;
  /** What is written; made by the program, with holes where the image has zeros. */
  to: string;
  sizeBytes: number;
  timeoutMs: number;
  /** Ends it at once. */
  signal: AbortSignal;
}

export async function fillFromImage({ image, to, sizeBytes, timeoutMs, signal }: Filling): Promise<void> {
  const limits = [`--as=${MEMORY_BYTES}`, `--fsize=${sizeBytes}`, '--core=0', `--cpu=${Math.ceil(timeoutMs / 1000)}`];
  const convert = ['qemu-img', 'convert', '-f', image.format, '-O', 'raw', `/dev/fd/${IMAGE_FD}`, to];
  const child = spawn('prlimit', [...limits, '--', ...convert], {
    stdio: ['ignore', 'ignore', 'pipe', image.handle.fd],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const end = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', end, { once: true });
  let said = '';
  child.stdio[2]?.on('data', (text: Buffer) => (said = `${said}${text.toString()}`.slice(-ERROR_CHARACTERS)));
  const startedMs = performance.now();
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (signal.aborted) throw new TargetStoreError('unavailable', 'given up: the volume is not wanted any more');
    if (code === 0) return;
    if (/No space left|quota exceeded/i.test(said)) throw new TargetStoreError('no-space', 'the pool is full');
    const isLate = performance.now() - startedMs >= timeoutMs;
    const why = isLate ? `copying it took more than ${timeoutMs / 1000} s` : `it could not be copied: ${said.trim()}`;
    throw new TargetStoreError('unusable', why);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
