import type { NestExpressApplication } from '@nestjs/platform-express';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { parseBody } from './http/body.js';
import { OpenSockets } from './auth/rate-limit.js';
import { keepRequestId } from './http/request-id.js';

const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
/** Followers of events stay connected; there is room for others beside them. */
const maxConnections = 4000;
/** So that no address takes them all; the lab and the bench follow with 2,000 from the machine itself. */
const maxSocketsOfAddress = 3000;

/** Answers are about this moment. */
const forbidStoring: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  next();
};

/** What every request passes first, in this order: who asks is known before a body is read. */
export function guardEdge(
  app: NestExpressApplication,
  passes: { measure: RequestHandler; limit: RequestHandler; identify: RequestHandler; record: RequestHandler },
  isStale: () => boolean,
  trustedProxies: readonly string[],
): void {
  app.set('trust proxy', trustedProxies.length > 0 && [...trustedProxies]);
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use(keepRequestId);
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      referrerPolicy: { policy: 'no-referrer' },
    }),
  );
  const { measure, limit, identify, record } = passes;
  const markStale: RequestHandler = (_request, response, next) => {
    if (isStale()) response.setHeader('Holdfast-Stale', 'true');
    next();
  };
  const sockets = new OpenSockets(maxSocketsOfAddress);
  sockets.follow(app.getHttpServer());
  app.use('/api', sockets.limit, measure, limit, identify, forbidStoring, markStale, parseBody(), record);
  const server = app.getHttpServer();
  server.headersTimeout = headersTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  server.maxConnections = maxConnections;
}
