import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { RequestHandler } from 'express';
import { Problem } from './problem.js';

const minTokenLength = 32;

/** The token file cannot be used; the message never holds what is in it. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
}

/** Reads the token from a file that nobody but its owner may read. */
export async function readToken(file: string): Promise<string> {
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
  if (token.length < minTokenLength) {
    throw new TokenFileError(
      `the token in ${file} is too short: ${minTokenLength} characters or more`,
    );
  }
  return token;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Lets nobody past without the token, before anything else of the request is read. */
export function requireToken(token: string): RequestHandler {
  const expected = digest(token);
  return (request, _response, next) => {
    const given = /^Bearer ([\x21-\x7e]{1,500})$/i.exec(request.headers.authorization ?? '')?.[1];
    // Digests are of equal length, so the comparison takes as long for any token.
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return next();
    const why =
      given === undefined ? 'there is no bearer token in the request' : 'the token is wrong';
    next(
      new Problem('unauthorized', why, {
        remedy: 'send the header `Authorization: Bearer TOKEN`; `up` told where the token lies',
        headers: { 'WWW-Authenticate': 'Bearer realm="holdfast"' },
      }),
    );
  };
}
