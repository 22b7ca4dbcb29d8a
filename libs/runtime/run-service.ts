import 'reflect-metadata';
import { BusServer, connectNats, requestContext, type Bus, type ReportProblem } from '@holdfast/bus';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { Logger as NestLogger } from 'nestjs-pino';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { systemClock } from './clock.js';
import type { ServiceConfig } from './config.js';
import { Health } from './health.js';
import { createLog } from './log.js';
import { Metrics } from './metrics.js';
import { contextOfRequest } from './request-context.js';
import { ServedCertificate, type CertificateFiles } from './served-certificate.js';
import { ServiceModule, type ServiceContext } from './service.module.js';

export interface ServiceOptions<Config extends ServiceConfig> {
  config: Config;
  /** The service's own module, made when the bus is there. */
  module(
    context: ServiceContext<Config>,
  ): Type | DynamicModule | Promise<Type | DynamicModule>;
  /** Default: NATS as the configuration says. */
  connectBus?: (config: Config, report: ReportProblem) => Promise<Bus>;
  /** Default: JSON lines on standard output. */
  log?: Logger;
  /** PEM files; without them the HTTP side is not encrypted. */
  tls?: CertificateFiles;
  /** Before it listens: guards, limits, body parsing. */
  prepare?(app: NestExpressApplication): void;
}

export interface RunningService<Config> {
  context: ServiceContext<Config>;
  app: NestExpressApplication;
  /** Of the HTTP side. */
  url: string;
  /** Stops serving, then closes the bus. */
  close(): Promise<void>;
}

@Module({})
class RootModule {}

const shutdownTimeoutMs = 5000;

async function connectAsConfigured(config: ServiceConfig, report: ReportProblem): Promise<Bus> {
  const { servers, seedFile, caFile } = config.nats;
  const seed = await readFile(seedFile, 'utf8');
  const { service, node } = config;
  return connectNats({ servers, seed, service, node, report, ...(caFile ? { caFile } : {}) });
}

/** Everything a request causes carries its ids, the caller's own when it sent any. */
function traceRequests(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  const context = contextOfRequest(request.headers);
  response.setHeader('x-request-id', context.requestId);
  response.setHeader('traceparent', context.traceparent);
  requestContext.run(context, next);
}

async function listen(app: NestExpressApplication, http: ServiceConfig['http']): Promise<AddressInfo> {
  const server = app.getHttpServer();
  const place = 'fd' in http ? { fd: http.fd } : { host: http.address, port: http.port };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(place, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server.address() as AddressInfo;
}

async function createApp<Config extends ServiceConfig>(
  options: ServiceOptions<Config>,
  context: ServiceContext<Config>,
  certificate: ServedCertificate | null,
): Promise<NestExpressApplication> {
  const root: DynamicModule = {
    module: RootModule,
    imports: [ServiceModule.of(context), await options.module(context)],
  };
  const app = await NestFactory.create<NestExpressApplication>(root, new ExpressAdapter(), {
    bufferLogs: true,
    abortOnError: false,
    forceCloseConnections: true,
    ...(certificate ? { httpsOptions: certificate.options } : {}),
  });
  app.useLogger(app.get(NestLogger));
  app.disable('x-powered-by');
  app.use(traceRequests);
  options.prepare?.(app);
  app.connectMicroservice({ strategy: new BusServer(context.bus) });
  await app.startAllMicroservices();
  await app.init();
  return app;
}

/**
 * Boots a service: bus, Nest application with its handlers on the bus, HTTP side with health and metrics.
 * Leaves the process's signals and errors alone; `runService` does not.
 */
export async function startService<Config extends ServiceConfig>(
  options: ServiceOptions<Config>,
): Promise<RunningService<Config>> {
  const { config } = options;
  const log = options.log ?? createLog(config);
  const metrics = new Metrics({ service: config.service, node: config.node });
  const problems = metrics.counter('holdfast_bus_problems_total', 'Problems on the bus', ['what']);
  const report: ReportProblem = ({ what, where, error }) => {
    problems.inc({ what });
    log.warn({ what, where, err: error }, 'problem on the bus');
  };
  const bus = await (options.connectBus ?? connectAsConfigured)(config, report);
  const connected = metrics.gauge('holdfast_bus_connected', '1 while connected to the bus');
  connected.set(1);
  let closing = false;
  bus.onConnectionChange((now) => {
    if (closing) return;
    connected.set(now ? 1 : 0);
    log.warn({ connected: now }, now ? 'connected to the bus again' : 'lost the bus');
  });
  const context = { config, bus, log, metrics, health: new Health(config, bus) };
  try {
    const certificate = options.tls ? await ServedCertificate.load(options.tls) : null;
    const app = await createApp(options, context, certificate);
    const { address, port, family } = await listen(app, config.http);
    const host = family === 'IPv6' ? `[${address}]` : address;
    const url = `${options.tls ? 'https' : 'http'}://${host}:${port}`;
    log.info({ url }, 'started');
    const server: unknown = app.getHttpServer();
    if (server instanceof HttpsServer) certificate?.watch(server, { clock: systemClock, log, metrics });
    const close = async (): Promise<void> => {
      closing = true;
      certificate?.stop();
      await app.close();
      await bus.close();
    };
    return { context, app, url, close };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

/** A service as a process: ends well on SIGTERM and SIGINT, and at once, with the reason logged, on any error nobody
 *  caught, a broken invariant above all. */
export async function runService<Config extends ServiceConfig>(
  options: ServiceOptions<Config>,
): Promise<RunningService<Config>> {
  const log = options.log ?? createLog(options.config);
  const die = (error: unknown): void => {
    log.fatal({ err: error }, 'ended by an error that nobody caught');
    log.flush();
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  let service: RunningService<Config>;
  try {
    service = await startService({ ...options, log });
  } catch (error) {
    log.fatal({ err: error }, 'could not start');
    log.flush();
    process.exit(1);
  }
  service.context.metrics.collectProcess();
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), shutdownTimeoutMs).unref();
    service.close().then(() => process.exit(0), die);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return service;
}
