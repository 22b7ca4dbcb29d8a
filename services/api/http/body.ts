import { json, type Request, type RequestHandler } from 'express';
import { Problem } from './problem.js';

export const maxBodyBytes = 256 * 1024;

function hasBody(request: Request): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

function problemOfParser(error: Error & { type?: string }): Problem {
  const cause = { cause: error };
  switch (error.type) {
    case 'entity.too.large':
      return new Problem(
        'too-large',
        `the request's body is larger than ${maxBodyBytes / 1024} KiB`,
        { field: 'request', remedy: `send at most ${maxBodyBytes} bytes` },
        cause,
      );
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem(
        'unsupported-media-type',
        'the encoding of the body is not understood',
        { field: 'Content-Type', remedy: 'send JSON in UTF-8' },
        cause,
      );
    default:
      return new Problem(
        'invalid',
        error.type === 'entity.parse.failed'
          ? `the body is not JSON: ${error.message.slice(0, 200)}`
          : 'the body did not arrive whole',
        { field: 'request', remedy: 'send one JSON object' },
        cause,
      );
  }
}

/** Parses JSON bodies and refuses any other. */
export function parseBody(): RequestHandler {
  const parse = json({ limit: maxBodyBytes, type: 'application/json' });
  return (request, response, next) => {
    if (!hasBody(request)) return next();
    if (!request.is('application/json')) {
      return next(
        new Problem('unsupported-media-type', 'the body is not of type application/json', {
          field: 'Content-Type',
          remedy: 'send JSON with the header `Content-Type: application/json`',
        }),
      );
    }
    parse(request, response, (error?: unknown) => {
      next(error === undefined || error === null ? undefined : problemOfParser(error as Error));
    });
  };
}
