import { Problem } from '../http/problem.js';

/** What is wrong with the database or the way to it. The message is for the operator and holds no secret. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/**
 * `lost`: there is no connection any more; `busy`: it did not answer in time, or has no room; null: it answered, and
 * what it said is for the one who asked it.
 */
export type Failure = 'lost' | 'busy' | null;

/** Of sockets and names, as Node calls them. */
const lostCodes = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND',
  'EAI_AGAIN', 'ECONNABORTED', 'EACCES',
]);
/**
 * Of SQLSTATE: connection exceptions, a server that only reads (a standby), wrong authorisation, no such database,
 * shutdown or crash of the server.
 */
const lostState = /^(08...|25006|28...|3D000|57P0[1-5])$/;
/** Insufficient resources, cancelled by a timeout, a lock not had in time, idle in a transaction for too long. */
const busyState = /^(53...|57014|55P03|25P03)$/;
/** What the driver only says in words. */
const lostWords = /connection terminated|connection error|not queryable|closed the connection|after calling end/i;
const busyWords = /timeout exceeded when trying to connect|query read timeout/i;

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return null;
  const driver = (error as { driverError?: unknown }).driverError;
  if (driver instanceof Error && driver !== error) return failureOf(driver);
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') {
    if (lostCodes.has(code) || lostState.test(code)) return 'lost';
    if (busyState.test(code)) return 'busy';
  }
  if (error.name === 'ConnectionIsNotSetError' || lostWords.test(error.message)) return 'lost';
  return busyWords.test(error.message) ? 'busy' : null;
}

/** Whoever gets this may try again; the rest of the API goes on without the database. */
export function unavailable(why: string, cause?: unknown): Problem {
  return new Problem('unavailable', `this needs the database, which ${why}`, {
    remedy: 'try again in a moment; ./holdfast status tells when it is back, and what does not need it goes on',
    headers: { 'Retry-After': '2' },
  }, { cause });
}
