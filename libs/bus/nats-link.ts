import { jetstream, jetstreamManager, JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import {
  AuthorizationError,
  connect,
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  NoRespondersError,
  PermissionViolationError,
  TimeoutError,
  type Msg,
  type NatsConnection,
} from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { BusError, type Subscription } from './bus.js';
import { deliver, type ReportProblem } from './codec.js';
import { nkeyProof } from './nkey.js';
import { isIsolated } from './permissions.js';
import { inboxPrefix } from './subjects.js';

export interface ConnectOptions {
  /** `tls://ADDRESS:PORT`, any of them will do. */
  servers: string[];
  /** nkey seed (`SU...`). */
  seed: string;
  /** PEM file of the authority that signed the servers' certificates; without it the connection is not encrypted. */
  caFile?: string;
  service: string;
  node: string;
  /** Problems that no caller is waiting for. */
  report?: ReportProblem;
  /** How long to try for the first connection, default 30 s. Later ones are tried for ever. */
  connectTimeoutMs?: number;
}

/** A dead server is noticed after two of these. */
const pingIntervalMs = 1000;
const reconnectWaitMs = 150;
/** So long nothing has happened before a link is quiet. */
const quietAfterMs = 10_000;
const oldestServer = [2, 11] as const;

/** One connection with what every part of the adapter needs. */
export interface NatsLink {
  nc: NatsConnection;
  js: JetStreamClient;
  jsm: JetStreamManager;
  report: ReportProblem;
  inboxPrefix: string;
  /** May ask where a stream ends. */
  locates: boolean;
  connected(): boolean;
  /** Something has happened: a record has changed, or somebody wants something. */
  stir(): void;
  isQuiet(): boolean;
  onConnectionChange(listener: (connected: boolean) => void): () => void;
}

const codes: readonly [abstract new (...args: never[]) => Error, BusError['code']][] = [
  [TimeoutError, 'timeout'],
  [NoRespondersError, 'no-responder'],
  [PermissionViolationError, 'forbidden'],
  [AuthorizationError, 'forbidden'],
  [ClosedConnectionError, 'disconnected'],
  [DrainingConnectionError, 'disconnected'],
  [ConnectionError, 'disconnected'],
];

/** Any error of the client as a BusError; requests hide theirs in `cause`. */
export function busError(error: unknown, where: string): BusError {
  if (error instanceof BusError) return error;
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 4; e = e.cause, depth += 1) {
    const known = codes.find(([kind]) => e instanceof kind);
    if (known) return new BusError(known[1], `${where}: ${known[1]}`, { cause: error });
    if (e instanceof JetStreamApiError || e instanceof JetStreamError) {
      return new BusError('internal', `${where}: ${e.message}`, { cause: error });
    }
  }
  const message = error instanceof Error ? error.message : 'unknown error';
  return new BusError('internal', `${where}: ${message}`, { cause: error });
}

/** In an order of its own for each client, or all would be on one server. */
function shuffled(servers: readonly string[]): string[] {
  return servers
    .map((server) => ({ server, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ server }) => server);
}

/**
 * The one that is connected last: a server that is gone without a word costs a whole timeout, and after a first
 * connection the client would try it again before any other.
 */
function lastAsked(servers: readonly string[], current: string): string[] {
  const isCurrent = (server: string): boolean => server.endsWith(`//${current}`);
  return [...servers.filter((server) => !isCurrent(server)), ...servers.filter(isCurrent)];
}

async function connectOnce(options: ConnectOptions): Promise<NatsConnection> {
  const servers = shuffled(options.servers);
  const nc = await connect({
    servers,
    noRandomize: true,
    // Servers tell each other's addresses: each would stand in the list twice, and a dead one be tried twice.
    ignoreClusterUpdates: true,
    name: `${options.service}@${options.node}`,
    authenticator: nkeyProof(options.seed),
    ...(options.caFile === undefined ? {} : { tls: { caFile: options.caFile, handshakeFirst: true } }),
    inboxPrefix: inboxPrefix(options.service, options.node),
    pingInterval: pingIntervalMs,
    maxPingOut: 1,
    timeout: 2000,
    reconnectTimeWait: reconnectWaitMs,
    reconnectJitter: 100,
    reconnectJitterTLS: 100,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
  });
  nc.setServers(lastAsked(servers, nc.getServer()));
  return nc;
}

function checkVersion(nc: NatsConnection): void {
  const version = nc.info?.version ?? '0.0.0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldestServer[0] || (major === oldestServer[0] && minor >= oldestServer[1])) return;
  throw new BusError('internal', `nats-server ${version} is too old; ${oldestServer.join('.')} is needed`);
}

/**
 * Connects, trying for `connectTimeoutMs`.
 * @throws BusError `disconnected` when no server could be reached, `forbidden` when the seed is not known to it.
 */
export async function openLink(options: ConnectOptions): Promise<NatsLink> {
  const giveUpAtMs = performance.now() + (options.connectTimeoutMs ?? 30_000);
  const where = `NATS at ${options.servers.join(', ')}`;
  let nc: NatsConnection;
  for (;;) {
    try {
      nc = await connectOnce(options);
      break;
    } catch (error) {
      if (error instanceof AuthorizationError) throw busError(error, where);
      if (performance.now() > giveUpAtMs) {
        const reason = error instanceof Error ? error.message : 'unknown error';
        throw new BusError('disconnected', `${where}: ${reason}`, { cause: error });
      }
      await sleep(reconnectWaitMs);
    }
  }
  try {
    checkVersion(nc);
    return await prepare(nc, options);
  } catch (error) {
    await nc.close();
    throw error;
  }
}

async function prepare(nc: NatsConnection, options: ConnectOptions): Promise<NatsLink> {
  const report: ReportProblem = options.report ?? (() => undefined);
  const listeners = new Set<(connected: boolean) => void>();
  let connected = true;
  let stirredAtMs = performance.now();
  const change = (now: boolean): void => {
    if (connected === now) return;
    connected = now;
    stirredAtMs = performance.now();
    for (const listener of listeners) deliver(() => listener(now));
  };
  void watchStatus(nc, change, report).catch((error: unknown) => {
    report({ what: 'connection', where: 'status', error });
  });
  return {
    nc,
    js: jetstream(nc, { timeout: 5000 }),
    jsm: await jetstreamManager(nc, { checkAPI: false, timeout: 5000 }),
    report,
    inboxPrefix: inboxPrefix(options.service, options.node),
    locates: !isIsolated(options.service),
    connected: () => connected,
    stir: () => {
      stirredAtMs = performance.now();
    },
    isQuiet: () => performance.now() - stirredAtMs > quietAfterMs,
    onConnectionChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function watchStatus(
  nc: NatsConnection,
  change: (connected: boolean) => void,
  report: ReportProblem,
): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === 'disconnect') change(false);
    if (status.type === 'reconnect') change(true);
    if (status.type === 'close') break;
    if (status.type === 'error') {
      report({ what: 'connection', where: nc.getServer(), error: status.error });
    }
  }
  change(false);
}

/**
 * Subscribes, and returns when the server knows it.
 * @throws BusError `forbidden` when this principal may not.
 */
export async function subscribe(
  link: NatsLink,
  subject: string,
  options: { queue?: string },
  onMessage: (message: Msg) => void,
): Promise<Subscription> {
  let deny: (error: BusError) => void = () => undefined;
  const denied = new Promise<never>((_resolve, reject) => {
    deny = reject;
  });
  denied.catch(() => undefined);
  const subscription = link.nc.subscribe(subject, {
    ...options,
    callback: (error, message) => {
      if (error) deny(busError(error, subject));
      else onMessage(message);
    },
  });
  try {
    await Promise.race([link.nc.flush(), denied]);
  } catch (error) {
    subscription.unsubscribe();
    throw busError(error, subject);
  }
  return {
    close: () => {
      subscription.unsubscribe();
      return Promise.resolve();
    },
  };
}
