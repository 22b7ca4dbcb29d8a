import type { Request, RequestHandler } from 'express';

const header = 'x-request-id';

/** Keeps the id that this request got at its arrival where everything that works on it finds it. */
export const keepRequestId: RequestHandler = (request, response, next) => {
  request.headers[header] = String(response.getHeader(header));
  next();
};

export function requestIdOf(request: Request): string {
  return String(request.headers[header]);
}
