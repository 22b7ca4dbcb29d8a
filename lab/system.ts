/** The whole of it on one machine: a lab with Holdfast running in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, ApiUnreachable, HoldfastClient } from '@holdfast/client';
import { LabError } from './errors.js';
import type { Lab } from './lab.js';
import { startServices, type ClientContext } from './services.js';
import { labUp, openLab } from './up.js';

const readyWithinMs = 120_000;
const databaseWithinMs = 10_000;
const lookEveryMs = 150;

export interface SystemOptions {
  stateDirectory: string;
  hosts: number;
  /** 1, 3 or 5, each with a NATS server and a replica of every control service; default 1. */
  controlNodes?: number;
  /** They are the first hosts, and fail with them. */
  controlOnHosts?: boolean;
  progress(step: string): void;
}

export interface System {
  lab: Lab;
  context: ClientContext;
  client: HoldfastClient;
}

/** Resolves when every host is online and there is storage. If it fails, nothing is left of it. */
export async function systemUp(options: SystemOptions): Promise<System> {
  const { hosts, progress } = options;
  const lab = await labUp(options);
  let client: HoldfastClient | null = null;
  try {
    const context = await startServices(lab, progress);
    client = await clientOf(context);
    await untilReady(client, hosts, progress);
    await untilDatabase(client, progress);
    return { lab, context, client };
  } catch (error) {
    await client?.close();
    await lab.down();
    throw error;
  }
}

/** The system that runs in this directory, or null. @throws LabError if it is a lab without Holdfast in it. */
export async function openSystem(stateDirectory: string): Promise<System | null> {
  const lab = await openLab(stateDirectory);
  if (!lab) return null;
  const text = await readFile(join(lab.instance.stateDirectory, 'client.json'), 'utf8').catch(() => null);
  if (text === null) {
    throw new LabError('failed',
      'the lab that runs here runs no services of Holdfast; remedy: ./holdfast down, then ./holdfast up');
  }
  const context = JSON.parse(text) as ClientContext;
  return { lab, context, client: await clientOf(context) };
}

export async function clientOf(context: ClientContext): Promise<HoldfastClient> {
  return new HoldfastClient({
    baseUrl: context.api,
    others: context.others,
    token: (await readFile(context.tokenFile, 'utf8')).trim(),
    ca: await readFile(context.caFile, 'utf8'),
  });
}

/** Every host online with its power switch checked, and a pool to make volumes in. */
export async function untilReady(
  client: HoldfastClient,
  hostCount: number,
  progress: (step: string) => void,
): Promise<void> {
  const deadlineMs = Date.now() + readyWithinMs;
  let missing = 'the API';
  while (Date.now() < deadlineMs) {
    missing = await whatIsMissing(client, hostCount).catch((error: unknown) => {
      if (error instanceof ApiUnreachable || error instanceof ApiProblem) return 'the API';
      throw error;
    });
    if (missing === '') return;
    progress(`waiting for ${missing}`);
    await sleep(lookEveryMs);
  }
  throw new LabError('timeout', `${missing} did not come up within ${readyWithinMs / 1000} s`);
}

/** Has long begun by now. Without it the system is complete but for what needs it. */
export async function untilDatabase(client: HoldfastClient, progress: (step: string) => void): Promise<void> {
  const deadlineMs = Date.now() + databaseWithinMs;
  let { database } = await client.status();
  while (database.state === 'away' && Date.now() < deadlineMs) {
    await sleep(lookEveryMs);
    ({ database } = await client.status());
  }
  if (database.state === 'away') progress(`going on without the database: ${database.detail}`);
}

async function whatIsMissing(client: HoldfastClient, hostCount: number): Promise<string> {
  const { items: hosts } = await client.hosts();
  const waiting = hosts.filter(
    ({ health, power }) => health !== 'online' || power.state === 'unchecked',
  );
  if (hosts.length < hostCount) return `${hostCount - hosts.length} of ${hostCount} hosts`;
  if (waiting.length > 0) return waiting.map(({ host }) => host).join(', ');
  const { pools } = await client.status();
  return pools.length === 0 ? 'storage' : '';
}
