import { readFile, stat } from 'node:fs/promises';

const minTokenLength = 32;

/** The token file cannot be used; the message never holds what is in it. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
}

/** Reads the token from a file that nobody but its owner may read. */
export async function readToken(file: string, leastLength = minTokenLength): Promise<string> {
  let token: string;
  let mode: number;
  try {
    mode = (await stat(file)).mode;
    token = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new TokenFileError(`the token file ${file} cannot be read`, { cause: error });
  }
  if ((mode & 0o077) !== 0) {
    throw new TokenFileError(`the token file ${file} is open to others; run: chmod 600 ${file}`);
  }
  if (token.length < leastLength) {
    throw new TokenFileError(
      `the token in ${file} is too short: ${leastLength} characters or more`,
    );
  }
  return token;
}
