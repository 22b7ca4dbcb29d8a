/** The NATS servers of a lab, one on each control node: their keys, their configuration, their streams. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventReader, natsAccounts, type Principal } from '@holdfast/bus';
import { LabError } from './errors.js';
import { BUS_PROGRAM, type Lab } from './lab.js';
import { createNkey, renderNatsConfiguration } from './nats-server.js';
import type { LabNode } from './node.js';
import { createAuthority, issueCertificate } from './pki.js';
import { natsServerPath, repositoryDirectory } from './tools.js';

const natsPort = 4222;
const routePort = 6222;
const monitorPort = 8222;
const setUpWithinMs = 90_000;

export interface Keys {
  principals: Principal[];
  seeds: Map<string, string>;
  admin: { seed: string; publicKey: string };
}

/** One for each service on each node. */
export function makeKeys(lab: Lab): Keys {
  const principals: Principal[] = [];
  const seeds = new Map<string, string>();
  const add = (service: string, node: string): void => {
    const { seed, publicKey } = createNkey();
    principals.push({ service, node, publicKey });
    seeds.set(`${service}/${node}`, seed);
  };
  for (const { name, kind, runsControl } of lab.nodes) {
    if (kind === 'host') add('host-agent', name);
    if (kind === 'san') add('storage', name);
    if (kind === 'control') add('api', name);
    if (runsControl) for (const service of ['scheduler', 'failover']) add(service, name);
  }
  add(eventReader.service, eventReader.node);
  return { principals, seeds, admin: createNkey() };
}

/** Where clients find the bus: any of these will do. */
export function natsServers(lab: Lab): string[] {
  return busNodes(lab).map((node) => `tls://${node.name}:${natsPort}`);
}

export async function startNats(lab: Lab, node: LabNode, keys: Keys): Promise<void> {
  const address = addressOf(node, 'management');
  const authority = await createAuthority(join(lab.instance.stateDirectory, 'pki'));
  const directory = join(node.fileDirectory, 'nats');
  const tls = await issueCertificate(authority, {
    commonName: node.name,
    dnsNames: [node.name],
    ipAddresses: [address],
    directory: join(directory, 'pki'),
    server: true,
    client: true,
  });
  const others = busNodes(lab).filter(({ name }) => name !== node.name);
  const cluster = {
    name: 'holdfast',
    listen: { address, port: routePort },
    routes: others.map((other) => ({ address: addressOf(other, 'management'), port: routePort })),
    tls,
  };
  const configuration = renderNatsConfiguration({
    serverName: node.name,
    listen: { address, port: natsPort },
    monitoring: { address, port: monitorPort },
    storeDirectory: join(directory, 'store'),
    tls,
    ...(others.length === 0 ? {} : { cluster }),
    accounts: natsAccounts(keys.principals, keys.admin.publicKey),
  });
  const file = join(directory, 'nats-server.conf');
  await writeFile(file, configuration, { mode: 0o600 });
  await node.supervise({
    name: BUS_PROGRAM,
    command: natsServerPath(),
    args: ['-c', file],
    logFile: join(directory, 'nats.log'),
  });
}

/** The streams are made by their own short-lived principal; no service may. */
export async function setUpStreams(lab: Lab, keys: Keys): Promise<void> {
  const [node] = busNodes(lab);
  if (!node) throw new LabError('failed', 'the lab has no control node');
  const options = {
    servers: natsServers(lab),
    seedFile: await secretFile(node, 'admin.seed', keys.admin.seed),
    caFile: join(lab.instance.stateDirectory, 'pki', 'ca-cert.pem'),
    replicas: busNodes(lab).length,
    incarnation: lab.instance.incarnation,
  };
  const file = join(node.fileDirectory, 'set-up-streams.json');
  await writeFile(file, JSON.stringify(options), { mode: 0o600 });
  const script = join(repositoryDirectory(), 'lab', 'dist', 'set-up-streams.js');
  const result = await node.exec(process.execPath, [script, file], { timeoutMs: setUpWithinMs });
  if (result.code !== 0) {
    throw new LabError('failed', `the streams could not be set up: ${result.stderr.slice(-2000)}`);
  }
}

export interface EventCredentials {
  servers: string[];
  caFile: string;
  /** An nkey, mode 600. */
  seedFile: string;
  /** Replies must go below it. */
  inboxPrefix: string;
}

/** What somebody outside needs to read events, and nothing else, from NATS. */
export async function keepEventCredentials(
  stateDirectory: string,
  { servers, caFile, seed }: { servers: string[]; caFile: string; seed: string },
): Promise<EventCredentials> {
  const seedFile = join(stateDirectory, 'events.seed');
  await writeFile(seedFile, seed, { mode: 0o600 });
  return { servers, caFile, seedFile, inboxPrefix: `_INBOX.${eventReader.service}.${eventReader.node}` };
}

/** Keeps a secret on the node's disk, mode 600; returns its path. */
export async function secretFile(node: LabNode, name: string, secret: string): Promise<string> {
  const directory = join(node.fileDirectory, 'secrets');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, name);
  await writeFile(file, secret, { mode: 0o600 });
  return file;
}

export function addressOf(node: LabNode, network: 'management' | 'storage'): string {
  const address = node.addresses[network];
  if (address === undefined) throw new LabError('failed', `${node.name} is not on ${network}`);
  return address;
}

function busNodes(lab: Lab): LabNode[] {
  return lab.nodes.filter(({ runsControl }) => runsControl);
}
