import type { NatsAccount } from '@holdfast/bus';
import { createUser } from '@nats-io/nkeys';
import type { CertificateFiles } from './pki.js';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface NatsClusterOptions {
  readonly name: string;
  readonly listen: Endpoint;
  /** The other servers' cluster endpoints. */
  readonly routes: readonly Endpoint[];
  /** For both ends of a route, so it must be a certificate for server and client. */
  readonly tls: CertificateFiles;
}

export interface NatsServerOptions {
  readonly serverName: string;
  readonly listen: Endpoint;
  /** Plain HTTP, `/healthz` and `/varz`: keep it on an address that only operators reach. */
  readonly monitoring?: Endpoint;
  readonly storeDirectory: string;
  readonly tls: CertificateFiles;
  readonly cluster?: NatsClusterOptions;
  /** By name, as `natsAccounts` makes them from the contracts: users are known by their public nkeys. */
  readonly accounts: Readonly<Record<string, NatsAccount>>;
  readonly maxPayloadBytes?: number;
  readonly maxConnections?: number;
  readonly maxStoreBytes?: number;
}

const MEBIBYTE = 2 ** 20;
const TLS_TIMEOUT_SECONDS = 10;
/** A peer that is gone without a word keeps its share of the requests until it is found out. */
const PING_INTERVAL = '1s';
const PINGS_UNANSWERED_MAX = 2;

/**
 * The configuration file of one nats-server (2.11 or newer). It is JSON, which the server reads
 * as well as its own format, so a name can never break out of its quotes. It holds no secret:
 * users prove themselves with nkeys, servers of a cluster with certificates.
 * @throws RangeError for no users at all (the server would then let anyone in), one user given
 *   twice, or something that is not a user's public nkey.
 */
export function renderNatsConfiguration(options: NatsServerOptions): string {
  refuseUnsafeUsers(Object.values(options.accounts).flatMap(({ users }) => users));
  const configuration = {
    server_name: options.serverName,
    listen: hostAndPort(options.listen),
    ...(options.monitoring && { http: hostAndPort(options.monitoring) }),
    max_payload: options.maxPayloadBytes ?? MEBIBYTE,
    max_connections: options.maxConnections ?? 1024,
    ping_interval: PING_INTERVAL,
    ping_max: PINGS_UNANSWERED_MAX,
    // The certificate is the server's proof to its clients; theirs to it is the nkey.
    // A Node client that names the server by its IP address must set `handshakeFirst`: after an
    // upgrade it would look for "localhost" in the certificate. Others may still upgrade.
    tls: {
      ...tlsFiles(options.tls), verify: false, timeout: TLS_TIMEOUT_SECONDS,
      handshake_first: 'auto',
    },
    jetstream: {
      store_dir: options.storeDirectory,
      // The default syncs every two minutes: an acknowledged write could be lost with the power.
      sync_interval: 'always',
      max_memory_store: 64 * MEBIBYTE,
      max_file_store: options.maxStoreBytes ?? 1024 * MEBIBYTE,
    },
    ...(options.cluster && { cluster: renderCluster(options.cluster) }),
    authorization: { timeout: TLS_TIMEOUT_SECONDS },
    accounts: options.accounts,
  };
  return `${JSON.stringify(configuration, undefined, 2)}\n`;
}

/** A new user's key pair. Write the seed with mode 600, and give the server the public key only. */
export function createNkey(): { seed: string; publicKey: string } {
  const pair = createUser();
  return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
}

function refuseUnsafeUsers(users: readonly object[]): void {
  if (users.length === 0) throw new RangeError('users: at least one is needed');
  const seen = new Set<string>();
  for (const user of users) {
    const nkey = 'nkey' in user ? String(user.nkey) : '';
    if (!/^U[A-Z2-7]{55}$/.test(nkey)) throw new RangeError('users: not a public nkey of a user');
    if (seen.has(nkey)) throw new RangeError(`users: ${nkey} is given twice`);
    seen.add(nkey);
  }
}

function renderCluster(cluster: NatsClusterOptions): object {
  return {
    name: cluster.name,
    listen: hostAndPort(cluster.listen),
    routes: cluster.routes.map((route) => `nats-route://${hostAndPort(route)}`),
    ping_interval: PING_INTERVAL,
    ping_max: PINGS_UNANSWERED_MAX,
    // No password could be kept out of this file, so both ends of a route show certificates.
    tls: { ...tlsFiles(cluster.tls), verify: true, timeout: TLS_TIMEOUT_SECONDS },
  };
}

function tlsFiles(files: CertificateFiles): object {
  return { ca_file: files.caFile, cert_file: files.certFile, key_file: files.keyFile };
}

function hostAndPort({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
