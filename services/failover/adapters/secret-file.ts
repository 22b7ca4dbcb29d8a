/** A secret in a file of its own. */
import { open } from 'node:fs/promises';
import { PowerError } from '../ports.js';

const maxSecretBytes = 4096;

/**
 * The one line that the file holds.
 * @throws PowerError naming the file and the remedy: it is missing, others may read it, or it holds something else.
 */
export async function readSecret(path: string): Promise<string> {
  const no = (why: string, cause?: unknown): PowerError =>
    new PowerError('configuration', `secret file ${path}: ${why}`, { cause });
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw no('it cannot be read; write the secret into it, mode 600, owned by the user of this service', cause);
  });
  try {
    const { mode, uid, size } = await file.stat();
    if ((mode & 0o077) !== 0) throw no('others may read it; set its mode to 600');
    if (uid !== 0 && uid !== process.getuid?.()) throw no('it belongs to another user; give it to this service');
    if (size > maxSecretBytes) throw no(`it is longer than ${maxSecretBytes} bytes`);
    const secret = (await file.readFile('utf8')).replace(/\r?\n$/, '');
    if (secret === '' || /[\r\n\0]/.test(secret)) throw no('it must hold the secret, on one line, and nothing else');
    return secret;
  } finally {
    await file.close();
  }
}
