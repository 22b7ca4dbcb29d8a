/** A cluster of real NATS servers on the loopback, with the keys and permissions of every principal. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { natsAccounts, setUpStreams } from '@holdfast/bus';
import { freePort } from '../free-port.js';
import { createNkey, renderNatsConfiguration } from '../nats-server.js';
import { createAuthority, issueCertificate, type CertificateFiles } from '../pki.js';
import { natsServerPath } from '../tools.js';
import { OwnedProcess } from './owned-process.js';

const loopback = '127.0.0.1';

export interface LoopbackBus {
  servers: string[];
  caFile: string;
  incarnation: string;
  processes: OwnedProcess[];
  /** The nkey seed of a principal. */
  seedOf(service: string, node: string): string;
}

export interface LoopbackBusOptions {
  directory: string;
  serverCount: 1 | 3;
  incarnation: string;
  principals: readonly { service: string; node: string }[];
  /** Told of each process at once, so that none is left if a later one does not start. */
  started(process: OwnedProcess): void;
}

/** Resolves when the streams are there. */
export async function startLoopbackBus(options: LoopbackBusOptions): Promise<LoopbackBus> {
  const { directory, serverCount, incarnation, principals, started } = options;
  const authority = await createAuthority(join(directory, 'pki'));
  const caFile = join(directory, 'pki', 'ca-cert.pem');
  const tls = await issueCertificate(authority, {
    commonName: 'localhost',
    dnsNames: ['localhost'],
    ipAddresses: [loopback],
    directory: join(directory, 'nats-pki'),
    server: true,
    client: true,
  });
  const seeds = new Map<string, string>();
  const admin = createNkey();
  const keyed = principals.map(({ service, node }) => {
    const { seed, publicKey } = createNkey();
    seeds.set(`${service}/${node}`, seed);
    return { service, node, publicKey };
  });
  const accounts = natsAccounts(keyed, admin.publicKey);
  const places: Place[] = [];
  for (let index = 1; index <= serverCount; index += 1) {
    places.push({ name: `nats${index}`, port: await freePort(), routePort: await freePort() });
  }
  const processes: OwnedProcess[] = [];
  for (const place of places) {
    const others = places.filter(({ name }) => name !== place.name);
    const configuration = { place, others, tls, accounts, maxConnections: principals.length + 64 };
    const server = await startServer(directory, configuration);
    started(server);
    processes.push(server);
  }
  const servers = places.map(({ port }) => `tls://localhost:${port}`);
  await setUpStreams({ servers, seed: admin.seed, caFile, replicas: serverCount, incarnation });
  const seedOf = (service: string, node: string): string => seeds.get(`${service}/${node}`) ?? '';
  return { servers, caFile, incarnation, processes, seedOf };
}

interface Place {
  name: string;
  port: number;
  routePort: number;
}

async function startServer(
  directory: string,
  { place, others, tls, accounts, maxConnections }: {
    place: Place;
    others: readonly Place[];
    tls: CertificateFiles;
    accounts: ReturnType<typeof natsAccounts>;
    maxConnections: number;
  },
): Promise<OwnedProcess> {
  const { name, port, routePort } = place;
  const cluster = {
    name: 'holdfast',
    listen: { address: loopback, port: routePort },
    routes: others.map((other) => ({ address: loopback, port: other.routePort })),
    tls,
  };
  const configuration = renderNatsConfiguration({
    serverName: name,
    listen: { address: loopback, port },
    storeDirectory: join(directory, name),
    tls,
    ...(others.length === 0 ? {} : { cluster }),
    accounts,
    maxConnections,
  });
  const file = join(directory, `${name}.conf`);
  await writeFile(file, configuration, { mode: 0o600 });
  const logFile = join(directory, `${name}.log`);
  // Servers that share the cores of one machine, each with threads for all of them, wake those more than they work.
  const env: Record<string, string> = others.length === 0 ? {} : { GOMAXPROCS: '1' };
  return await OwnedProcess.start({ name, command: natsServerPath(), args: ['-c', file], logFile, env });
}
