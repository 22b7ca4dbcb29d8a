import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestSystem } from './testing/test-system.js';
import { until } from './testing/until.js';

/** A system of its own: the agent that is tried here shows its secret. */
let system: TestSystem;

beforeAll(async () => {
  system = await TestSystem.up(2);
});
afterAll(async () => {
  await system.down();
  await system.remove();
});

interface Config {
  bmcs: Record<string, { address: string; user: string }>;
}

const passwordFile = (): string => join(system.lab.node('bmc-h1').fileDirectory, 'password');

/** As docs/fencing.md tells an operator, with the BMC of h1 as the device that the agent reaches. */
async function configureAgent(machine?: string): Promise<void> {
  const file = join(system.lab.node('control1').fileDirectory, 'failover', 'config.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as Config;
  const { address, user } = config.bmcs['h1'] ?? { address: '', user: '' };
  const password = join(system.stateDirectory, 'agent-secret');
  await copyFile(passwordFile(), password);
  await chmod(password, 0o600);
  const device = {
    kind: 'agent',
    name: 'agent-h1',
    agent: 'fence_ipmilan',
    parameters: { ip: address, username: user, lanplus: true, cipher: 3 },
    secretFiles: { password },
    exposesSecret: true,
    ...(machine === undefined ? {} : { machine }),
  };
  const fencing = { h1: { levels: [[device]] } };
  await writeFile(file, JSON.stringify({ ...config, fencing }), { mode: 0o600 });
  await system.done('lab', 'program', 'control1', 'failover', 'kill');
}

describe('a fence device that an operator configures', () => {
  it('does not count until it is known whose machine it switches', async () => {
    await configureAgent();
    await system.hostWhen('looked at anew', 'h1', ({ power }) => power.detail.includes('agent-h1'));
    const { power, uuid } = await system.client.host('h1');
    expect(power).toMatchObject({ state: 'verified', levels: [['bmc']] });
    expect(power.detail).toContain('agent-h1: its configuration names no machine');
    await configureAgent(uuid);
    await system.hostWhen('verified with both', 'h1', ({ power: { levels } }) => levels?.length === 2);
  });

  it('gives the proof when the BMC, asked before it, does not', async () => {
    await system.done('vm', 'create', 'f1', '--host', 'h1', '--proof', 'power');
    await system.readJournal('f1');
    await until('f1 to write', () => system.journal('f1').records.length >= 2);
    const { bootId } = system.newest('f1');
    const sinceMs = Date.now();
    // What others may read is no secret: our ipmitool is not started with it.
    await chmod(passwordFile(), 0o644);
    await system.done('lab', 'power', 'h1', 'off');
    await system.newBoot('f1', bootId);
    expect(await system.hostOf('f1')).toBe('h2');
    const [incident] = await system.incidentsOf('h1', sinceMs);
    const proofs = incident?.proofs.filter(({ kind }) => kind === 'power-off') ?? [];
    expect(proofs.map(({ from, status }) => `${from} ${status}`)).toEqual([
      'bmc asked',
      'agent-h1 asked',
      'agent-h1 obtained',
      'bmc failed',
    ]);
    const obtained = proofs.find(({ status }) => status === 'obtained');
    expect(obtained?.detail).toContain('agent-h1 is configured for this machine');
    expect(system.journal('f1').staleWrites(bootId, obtained?.atMs ?? 0)).toBe(0);
  });
});
