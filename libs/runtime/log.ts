import { requestContext } from '@holdfast/bus';
import { traceIdOf } from '@holdfast/contracts';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { ServiceConfig } from './config.js';

const secretNames = ['password', 'chapPassword', 'secret', 'seed', 'token', 'authorization', 'cloudInit'];

/** JSON lines with service, node and the ids of the request being worked on; secrets are left out by name. */
export function createLog(
  config: Pick<ServiceConfig, 'service' | 'node' | 'logLevel'>,
  destination?: DestinationStream,
): Logger {
  const options = {
    level: config.logLevel,
    base: { service: config.service, node: config.node },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`]),
      censor: '[redacted]',
    },
    mixin: () => {
      const { requestId, traceparent } = requestContext.getStore() ?? {};
      return { ...(requestId && { requestId }), ...(traceparent && { traceId: traceIdOf(traceparent) }) };
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
