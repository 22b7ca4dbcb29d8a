/** Holdfast itself in a lab: NATS, and every service in the node it belongs to, configured and supervised. */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './errors.js';
import { buildBootDisk } from './boot-disk.js';
import { buildTinyImage, type TinyImage } from './image.js';
import type { Instance } from './instance.js';
import { AGENT_PROGRAM, type Lab } from './lab.js';
import { eventReader } from '@holdfast/bus';
import {
  addressOf, keepEventCredentials, makeKeys, natsServers, secretFile, setUpStreams, startNats,
  type EventCredentials, type Keys,
} from './bus-servers.js';
import type { LabNode } from './node.js';
import { ISCSI_PORT } from './node-config.js';
import { issueApiCertificate } from './certificates.js';
import { createAuthority } from './pki.js';
import { BRIDGES } from './plan.js';
import { DATABASE_PROGRAM, placeDatabase } from './postgres.js';
import { shellQuote } from './program.js';
import { repositoryDirectory } from './tools.js';

const healthPorts = { 'host-agent': 9101, storage: 9102, scheduler: 9103, failover: 9104 } as const;
const storageHeartbeatPort = 9200;
const startWithinMs = 60_000;
/** What a host of the lab offers, so that a few small hosts on one machine behave like a cluster. */
export const labHostMemoryMiB = 2048;
/** A small young generation: the services hold little and live long. */
export const nodeFlags = [
  '--max-semi-space-size=1',
  '--max-old-space-size=160',
  '--optimize-for-size',
  '--single-threaded-gc',
];
/** There is an agent on every host, and it has little to compute: 13 MiB less without compilers. */
const agentFlags = [...nodeFlags, '--lite-mode'];
export const nodeEnvironment = { MALLOC_ARENA_MAX: '1' };

/** How a client reaches the API; `client.json` in the state directory, for the command line. */
export interface ClientContext {
  api: string;
  /** The same, on the other control nodes. */
  others: string[];
  tokenFile: string;
  caFile: string;
  events?: EventCredentials;
}

export async function startServices(
  lab: Lab,
  progress: (step: string) => void,
): Promise<ClientContext> {
  const { stateDirectory } = lab.instance;
  const image = await buildTinyImage(join(stateDirectory, 'images'));
  const control = lab.nodes.filter(({ runsControl }) => runsControl);
  const keys = makeKeys(lab);
  const database = await startDatabase(lab, progress);
  progress(control.length === 1 ? 'starting NATS' : `starting ${control.length} NATS servers`);
  for (const node of control) await startNats(lab, node, keys);
  await setUpStreams(lab, keys);
  progress('starting the services');
  await Promise.all([
    startStorage(lab, lab.node('san1'), keys, await buildBootDisk(image)),
    ...control.flatMap((node) => [
      startService(lab, node, keys, 'scheduler', {}),
      startService(lab, node, keys, 'failover', { bmcs: bmcsOf(lab.instance) }),
    ]),
    ...lab.nodes
      .filter(({ kind }) => kind === 'host')
      .map((node) => startAgent(lab, node, keys, image)),
  ]);
  return await startApis(lab, keys, database);
}

/** For the APIs; without a database there are none. */
interface DatabaseFiles {
  databaseUrlFile?: string;
  webhookKeyFile?: string;
}

/** On control1, where all APIs reach it by its socket; the first start takes a second, and nobody waits for it. */
async function startDatabase(lab: Lab, progress: (step: string) => void): Promise<DatabaseFiles> {
  const { stateDirectory } = lab.instance;
  try {
    const script = join(stateDirectory, 'run/scripts/postgres.sh');
    const { urlFile, webhookKeyFile, server } = await placeDatabase(stateDirectory, script);
    const node = lab.node('control1');
    const logFile = join(node.fileDirectory, 'postgres.log');
    if (server) await node.supervise({ name: DATABASE_PROGRAM, ...server, logFile });
    return { databaseUrlFile: urlFile, webhookKeyFile };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    progress(`going on without a database: ${error.message}`);
    return {};
  }
}

type ServiceName = keyof typeof healthPorts;

async function startService(
  lab: Lab,
  node: LabNode,
  keys: Keys,
  service: ServiceName,
  more: object,
): Promise<void> {
  const http = { address: managementAddress(node), port: healthPorts[service] };
  const file = await writeConfig(lab, node, keys, service, { http, ...more });
  await node.supervise({
    name: service === 'host-agent' ? AGENT_PROGRAM : service,
    command: process.execPath,
    env: nodeEnvironment,
    args: [...(service === 'host-agent' ? agentFlags : nodeFlags), entryOf(service), '--config', file],
    logFile: join(node.fileDirectory, `${service}.log`),
  });
}

async function startStorage(lab: Lab, node: LabNode, keys: Keys, diskImage: string): Promise<void> {
  const imageDirectory = join(node.fileDirectory, 'images');
  await mkdir(imageDirectory, { recursive: true, mode: 0o700 });
  await copyFile(diskImage, join(imageDirectory, basename(diskImage)));
  await startService(lab, node, keys, 'storage', {
    pool: { name: 'pool1', directory: join(node.fileDirectory, 'pool') },
    imageDirectory,
    portal: { address: storageAddress(node), port: ISCSI_PORT },
    tgtSocket: '/run/tgtd/socket.0',
    heartbeatPort: storageHeartbeatPort,
  });
}

async function startAgent(
  lab: Lab,
  node: LabNode,
  keys: Keys,
  image: TinyImage,
): Promise<void> {
  // The same path on every host: a migrated VM goes on writing to it.
  const consoleDirectory = '/var/log/libvirt/holdfast';
  const { cdrom, ...tiny } = image;
  await startService(lab, node, keys, 'host-agent', {
    addresses: { management: managementAddress(node), storage: storageAddress(node) },
    capacity: { cpus: Math.max(2, cpus().length), memoryMiB: labHostMemoryMiB },
    bandwidth: { diskMBs: 400 },
    accelerator: 'qemu',
    // All hosts of a lab share one kernel.
    ownMachine: false,
    images: {
      tiny,
      busy: { ...tiny, commandLine: `${tiny.commandLine} holdfast.burn` },
      cdrom,
    },
    bridges: BRIDGES,
    consoleDirectory,
    // Each host's own.
    isoDirectory: '/var/lib/libvirt/isos',
  });
}

/** One on each control node that is no host. */
async function startApis(lab: Lab, keys: Keys, database: DatabaseFiles): Promise<ClientContext> {
  const { stateDirectory } = lab.instance;
  const tokenFile = join(stateDirectory, 'token');
  await writeFile(tokenFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
  const nodes = lab.nodes.filter(({ kind }) => kind === 'control');
  const controlNodes = lab.nodes.filter(({ runsControl }) => runsControl).map(({ name }) => name);
  const more = { tokenFile, apiReplicas: nodes.length, controlNodes, ...database };
  const urls: string[] = [];
  for (const node of nodes) urls.push(await startApi(lab, node, keys, more));
  const renewal = join(repositoryDirectory(), 'lab', 'dist', 'renew-certificates.js');
  const daily = [process.execPath, renewal, stateDirectory].map(shellQuote).join(' ');
  await writeFile(join(stateDirectory, 'run', 'scripts', 'daily.sh'), `exec ${daily}\n`, { mode: 0o700 });
  const [api = '', ...others] = urls;
  const caFile = join(stateDirectory, 'pki', 'ca-cert.pem');
  const seed = keys.seeds.get(`${eventReader.service}/${eventReader.node}`) ?? '';
  const events = await keepEventCredentials(stateDirectory, { servers: natsServers(lab), caFile, seed });
  const context: ClientContext = { api, others, tokenFile, caFile, events };
  await writeFile(join(stateDirectory, 'client.json'), JSON.stringify(context), { mode: 0o600 });
  return context;
}

/** The API's socket belongs to the machine's own network, so that people reach it; the process is inside the lab. */
async function startApi(
  lab: Lab,
  node: LabNode,
  keys: Keys,
  more: { tokenFile: string; apiReplicas: number; controlNodes: string[] },
): Promise<string> {
  const authority = await createAuthority(join(lab.instance.stateDirectory, 'pki'));
  const { certFile, keyFile } = await issueApiCertificate(authority, join(node.fileDirectory, 'api', 'pki'));
  const tls = { certFile, keyFile };
  const file = await writeConfig(lab, node, keys, 'api', { http: { fd: 3 }, tls, ...more });
  const { port } = await node.supervise({
    name: 'api',
    command: process.execPath,
    env: nodeEnvironment,
    args: [...nodeFlags, entryOf('api'), '--config', file],
    logFile: join(node.fileDirectory, 'api.log'),
    listen: { host: '127.0.0.1', port: 0 },
  });
  return `https://127.0.0.1:${port}`;
}

async function writeConfig(
  lab: Lab,
  node: LabNode,
  keys: Keys,
  service: ServiceName | 'api',
  more: object,
): Promise<string> {
  const { stateDirectory, incarnation } = lab.instance;
  const own = join(node.fileDirectory, service);
  await mkdir(own, { recursive: true, mode: 0o700 });
  const seed = keys.seeds.get(`${service}/${node.name}`);
  if (seed === undefined) throw new LabError('failed', `${service} has no key on ${node.name}`);
  const config = {
    service,
    node: node.name,
    incarnation,
    nats: {
      servers: natsServers(lab),
      seedFile: await secretFile(node, `${service}.seed`, seed),
      caFile: join(stateDirectory, 'pki', 'ca-cert.pem'),
    },
    stateDirectory: own,
    ...more,
  };
  const file = join(own, 'config.json');
  await writeFile(file, JSON.stringify(config, null, 2), { mode: 0o600 });
  return file;
}

function bmcsOf(instance: Instance): object {
  const entries = instance.nodes.flatMap(({ name, bmc }) =>
    bmc ? [[name, { address: bmc.address, user: bmc.user, passwordFile: bmc.passwordFile }]] : [],
  );
  return Object.fromEntries(entries) as object;
}

function entryOf(service: string): string {
  return join(repositoryDirectory(), 'services', service, 'dist', 'main.js');
}

function managementAddress(node: LabNode): string {
  return addressOf(node, 'management');
}

function storageAddress(node: LabNode): string {
  return addressOf(node, 'storage');
}

/** Waits until `ready` holds. Says what is still missing when it takes too long. */
export async function until(
  what: string,
  ready: () => Promise<boolean>,
  withinMs = startWithinMs,
): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  while (!(await ready())) {
    if (Date.now() > deadlineMs) throw new LabError('timeout', `${what} took more than ${withinMs / 1000} s`);
    await sleep(100);
  }
}
