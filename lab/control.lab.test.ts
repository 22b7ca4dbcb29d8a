import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { IncidentView } from '@holdfast/client';
import { join } from 'node:path';
import { certificatesOf, issueApiCertificate } from './certificates.js';
import { runInRoot } from './enter.js';
import { nodeDirectory } from './instance.js';
import { createAuthority } from './pki.js';
import { leftovers, machineMarks, type MachineMarks } from './testing/leftovers.js';
import { rawHttp } from './testing/raw-http.js';
import { TestSystem } from './testing/test-system.js';
import { until } from './testing/until.js';

/** One system with three control nodes for every case; each heals what it broke. */
let system: TestSystem;
let before: MachineMarks;
let heals: (() => Promise<unknown>)[] = [];

const dayMs = 86_400_000;
const controlNodes = ['control1', 'control2', 'control3'];

beforeAll(async () => {
  before = await machineMarks();
  system = await TestSystem.up(3, ['--control', '3']);
  await system.createVm('web1', 'h1');
});

afterEach(async () => {
  for (const heal of heals) await heal();
  heals = [];
  await system.settled();
  await until('every server and replica to be back', async () => {
    const { servers, services } = await system.client.status();
    return servers.every(({ alive }) => alive) && services.every(({ rank }) => rank !== null);
  });
});

afterAll(async () => {
  const down = await system.down();
  expect(down).toMatchObject({ code: 0, stderr: '' });
  expect(await leftovers(system.stateDirectory)).toEqual([]);
  expect(await machineMarks()).toEqual(before);
  await system.remove();
});

async function leaderOf(bucket: string): Promise<string> {
  let leader = '';
  await until(`${bucket} to have a leader`, async () => {
    const { servers } = await system.client.status();
    leader = servers.find(({ leads }) => leads.includes(bucket))?.server ?? '';
    return leader !== '';
  });
  return leader;
}

/** The replica that acts first. */
async function actingFailover(): Promise<string> {
  const { services } = await system.client.status();
  const first = services.find(({ service, rank }) => service === 'failover' && rank === 0);
  return first?.replica ?? 'nobody';
}

/**
 * Strikes a part of the control side and, at the same moment, the power of the VM's host. The VM must run elsewhere,
 * its guest on the same journal, with nothing of its old copy after the proof, and nobody else fenced.
 */
async function strikeWithHost(what: string, strike: () => Promise<unknown>): Promise<IncidentView> {
  await system.writesOn('web1');
  const host = await system.hostOf('web1');
  const { bootId } = system.newest('web1');
  const epochs = await system.epochs();
  const struckAtMs = Date.now();
  heals.push(() => system.lab.power(host, 'on'));
  await Promise.all([strike(), system.lab.power(host, 'off')]);
  await system.vmWhen('running elsewhere', 'web1', ({ phase, assignment }) =>
    phase === 'running' && assignment !== null && assignment.host !== host);
  const { phaseSinceMs } = await system.client.vm('web1');
  await system.newBoot('web1', bootId);
  const [incident] = await system.incidentsOf(host, struckAtMs - 1000);
  if (!incident) throw new Error(`${host} has no incident`);
  const { openedAtMs, provenAtMs } = incident;
  const phases = { suspected: openedAtMs, proven: provenAtMs ?? Number.NaN, running: phaseSinceMs };
  const text = Object.entries(phases).map(([name, atMs]) => `${name} ${atMs - struckAtMs} ms`).join(', ');
  console.log(`${what}: ${text} after the fault`);
  expect(phaseSinceMs).toBeGreaterThan(provenAtMs ?? Infinity);
  expect(system.journal('web1').staleWrites(bootId, provenAtMs ?? 0)).toBe(0);
  expect(system.journal('web1').isWhole()).toBe(true);
  const { [host]: _lost, ...others } = await system.epochs();
  expect(epochs).toMatchObject(others);
  return incident;
}

describe('with three control nodes', () => {
  it('status shows every server with what it leads, every replica with its rank, and no single one', async () => {
    const { servers, services, apis, singlePoints } = await system.client.status();
    const alive = servers.filter((server) => server.alive).map(({ server }) => server);
    expect(alive).toEqual(controlNodes);
    expect(new Set(servers.flatMap(({ leads }) => leads))).toContain('hosts');
    const ranks = (name: string): string[] =>
      services.filter(({ service }) => service === name).map(({ replica, rank }) => `${replica} ${rank}`);
    for (const name of ['scheduler', 'failover']) {
      expect(ranks(name)).toEqual(['control1 0', 'control2 1', 'control3 2']);
    }
    expect(apis).toBe(3);
    expect(singlePoints.map((point) => point.split(':')[0])).toEqual(['One storage node (san1)']);
    expect(await system.done('status')).toMatch(/^failover +3 of 3 alive: control1 acts, then control2, control3$/m);
  });

  it('an API whose certificate ends soon shows a new one after the daily look', async () => {
    const { stateDirectory } = system;
    const directory = join(nodeDirectory(stateDirectory, 'control2'), 'api', 'pki');
    const authority = await createAuthority(join(stateDirectory, 'pki'));
    await issueApiCertificate(authority, directory, 10);
    const endsAtMs = async (): Promise<number> =>
      (await certificatesOf(stateDirectory)).find(({ of }) => of === 'control2')?.endsAtMs ?? 0;
    expect(await endsAtMs()).toBeLessThan(Date.now() + 11 * dayMs);
    await runInRoot(system.lab.instance, 'daily.sh', []);
    expect(await endsAtMs()).toBeGreaterThan(Date.now() + 80 * dayMs);
  });

  it('kill -9 of the NATS server that leads the records of hosts, together with a host', async () => {
    const leader = await leaderOf('hosts');
    heals.push(() => system.done('lab', 'program', leader, 'nats', 'start'));
    await strikeWithHost('NATS leader and host', () => system.lab.program(leader, 'nats', 'stop'));
    const { servers } = await system.client.status();
    expect(servers.find(({ server }) => server === leader)).toEqual({ server: leader, alive: false, leads: [] });
    expect(await system.done('status')).toContain('Only 2 of 3 NATS servers live');
  });

  it('a frozen failover that acts, together with a host', async () => {
    const frozen = await actingFailover();
    heals.push(() => system.done('lab', 'program', frozen, 'failover', 'thaw'));
    const incident = await strikeWithHost('acting failover frozen, and host', () =>
      system.lab.program(frozen, 'failover', 'freeze'));
    expect(incident.verdict).toMatch(/^(dead|power-lost)$/);
    expect(await actingFailover()).not.toBe(frozen);
  });

  it('the control node that acts cut off the network, together with a host', async () => {
    const cut = await actingFailover();
    heals.push(() => system.done('lab', 'control', cut, 'join'));
    await strikeWithHost('acting control node cut off, and host', () => system.lab.control(cut, 'cut'));
    const others = controlNodes.filter((node) => node !== cut);
    const { services } = await system.client.status();
    const acting = services.filter(({ rank }) => rank !== null).map(({ service, replica }) => `${service} ${replica}`);
    expect(acting).toEqual(['failover', 'scheduler'].flatMap((name) => others.map((node) => `${name} ${node}`)));
  });

  it('the API and its node lose their power: the next API answers, and the first comes back where it was', async () => {
    heals.push(() => system.done('lab', 'control', 'control1', 'on'));
    await system.done('lab', 'control', 'control1', 'off');
    expect(await system.done('vm', 'create', 'late')).toContain('late is running');
    await system.done('vm', 'delete', 'late');
    await system.done('lab', 'control', 'control1', 'on');
    await until('the first API to answer again', async () => {
      const answer = await rawHttp(system.context, '/api/v1/status').catch(() => null);
      return answer?.status === 200;
    });
  });
});
