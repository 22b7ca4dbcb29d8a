/** The process behind `up --simulated`: NATS beside it, every service and the simulated parts within. */
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startApi, type ApiConfig } from '@holdfast/api';
import { connectNats, eventReader, natsAccounts, setUpStreams, type Bus } from '@holdfast/bus';
import { keepEventCredentials } from './bus-servers.js';
import { createLog } from '@holdfast/runtime';
import { LabError } from './errors.js';
import { freePort } from './free-port.js';
import { createNkey, renderNatsConfiguration } from './nats-server.js';
import { issueApiCertificate, renewDueCertificates } from './certificates.js';
import { createAuthority, issueCertificate } from './pki.js';
import { placeDatabase, postgresScript } from './postgres.js';
import { SimulatedCluster } from './simulated.js';
import { natsServerPath } from './tools.js';

const loopback = '127.0.0.1';
const replicas = 1;
const startAgainAfterMs = 1000;
const dayMs = 86_400_000;

const [stateDirectory = '', hostCount = '3'] = process.argv.slice(2);
const hosts = Number(hostCount);
const incarnation = randomUUID();
const authority = await createAuthority(join(stateDirectory, 'pki'));
const caFile = join(stateDirectory, 'pki', 'ca-cert.pem');
const certificate = await issueApiCertificate(authority, join(stateDirectory, 'local', 'pki'));

const seeds = new Map<string, string>();
const admin = createNkey();
const servers = [await startNats()];
await setUpStreams({ servers, seed: admin.seed, caFile, replicas, incarnation });
const log = createLog({ service: 'simulated', node: 'local', logLevel: 'info' });
const cluster = new SimulatedCluster({
  hosts,
  stateDirectory: join(stateDirectory, 'simulated'),
  incarnation,
  log,
  connect: (principal) => connect(principal.service, principal.node),
});
await cluster.start();
await startTheApi(await startDatabase());
setInterval(() => {
  renewDueCertificates(stateDirectory, Date.now()).catch((error: unknown) => {
    log.warn({ err: error }, 'the certificate was not renewed');
  });
}, dayMs);

function connect(service: string, node: string): Promise<Bus> {
  return connectNats({ servers, seed: seeds.get(`${service}/${node}`) ?? '', caFile, service, node });
}

async function startNats(): Promise<string> {
  const names = Array.from({ length: hosts }, (_, index) => ['host-agent', `h${index + 1}`] as const);
  const controls = ['scheduler', 'failover', 'api'].map((service) => [service, 'control1'] as const);
  const outsider = [eventReader.service, eventReader.node] as const;
  const principals = [...names, ...controls, ['storage', 'san1'] as const, outsider].map(([service, node]) => {
    const { seed, publicKey } = createNkey();
    seeds.set(`${service}/${node}`, seed);
    return { service, node, publicKey };
  });
  const port = await freePort();
  const configuration = renderNatsConfiguration({
    serverName: 'local',
    listen: { address: loopback, port },
    storeDirectory: join(stateDirectory, 'nats'),
    tls: await issueCertificate(authority, {
      commonName: 'holdfast-nats',
      dnsNames: ['localhost'],
      ipAddresses: [loopback],
      directory: join(stateDirectory, 'local', 'nats-pki'),
      server: true,
      client: false,
    }),
    accounts: natsAccounts(principals, admin.publicKey),
  });
  const file = join(stateDirectory, 'nats-server.conf');
  await writeFile(file, configuration, { mode: 0o600 });
  // It must not outlive us, however we end.
  const command = ['--pdeathsig', 'KILL', '--', natsServerPath(), '-c', file];
  const server = spawn('setpriv', command, { stdio: ['ignore', 'inherit', 'inherit'] });
  server.once('exit', () => process.exit(1));
  return `tls://localhost:${port}`;
}

/** Beside us as NATS is; the API goes on without it, and so do we. */
async function startDatabase(): Promise<Pick<ApiConfig, 'databaseUrlFile' | 'webhookKeyFile'>> {
  try {
    const { urlFile, webhookKeyFile, server } = await placeDatabase(stateDirectory, postgresScript());
    if (server) keepRunning(server.command, server.args);
    return { databaseUrlFile: urlFile, webhookKeyFile };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    log.warn(`going on without a database: ${error.message}`);
    return {};
  }
}

function keepRunning(command: string, args: readonly string[]): void {
  const program = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  program.once('exit', () => setTimeout(() => keepRunning(command, args), startAgainAfterMs));
}

async function startTheApi(database: Pick<ApiConfig, 'databaseUrlFile' | 'webhookKeyFile'>): Promise<void> {
  const tokenFile = join(stateDirectory, 'token');
  await writeFile(tokenFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
  const apiDirectory = join(stateDirectory, 'api');
  await mkdir(apiDirectory, { recursive: true, mode: 0o700 });
  const { url } = await startApi(
    {
      service: 'api',
      node: 'control1',
      incarnation,
      nats: { servers, seedFile: '', caFile },
      http: { address: loopback, port: 0 },
      stateDirectory: apiDirectory,
      logLevel: 'info',
      tokenFile,
      tls: { certFile: certificate.certFile, keyFile: certificate.keyFile },
      apiReplicas: 1,
      controlNodes: ['control1'],
      ...database,
    },
    await connect('api', 'control1'),
    { log },
  );
  const seed = seeds.get(`${eventReader.service}/${eventReader.node}`) ?? '';
  const events = await keepEventCredentials(stateDirectory, { servers, caFile, seed });
  const context = { api: url, others: [], tokenFile, caFile, events };
  // Whole at once: whoever waits for it reads it the moment that it is there.
  const file = join(stateDirectory, 'client.json');
  await writeFile(`${file}.new`, JSON.stringify(context), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
