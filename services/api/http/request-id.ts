import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';

const header = 'x-request-id';
const pattern = /^[\w.-]{1,64}$/;

/** Takes the caller's id if it is harmless, makes one otherwise, and tells it in the answer. */
export const giveRequestId: RequestHandler = (request, response, next) => {
  const given = request.headers[header];
  const id = typeof given === 'string' && pattern.test(given) ? given : randomUUID();
  request.headers[header] = id;
  response.setHeader(header, id);
  next();
};

export function requestIdOf(request: Request): string {
  return String(request.headers[header]);
}
