/** `up --simulated`: the same services over simulated machines, in one process that outlives the command. */
import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endOfLog } from './enter.js';
import { LabError } from './errors.js';
import { INSTANCE_MARK } from './process-table.js';
import type { ClientContext } from './services.js';
import { clientOf, untilDatabase, untilReady, type System, type SystemOptions } from './system.js';
import { repositoryDirectory } from './tools.js';
import { inEmptyState } from './up.js';

const startWithinMs = 60_000;

export async function simulatedUp(options: SystemOptions): Promise<Omit<System, 'lab'>> {
  const { stateDirectory, hosts, progress } = options;
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > 1000) {
    throw new LabError('invalid-argument', 'hosts: give a whole number from 1 to 1000');
  }
  return await inEmptyState(stateDirectory, async (state) => {
    progress('starting NATS and the services');
    const context = await launch(state, hosts);
    const client = await clientOf(context);
    try {
      await untilReady(client, hosts, progress);
      await untilDatabase(client, progress);
    } catch (error) {
      await client.close();
      throw error;
    }
    return { context, client };
  });
}

/** The process carries the instance's mark, so `down` finds it like every other one. */
async function launch(state: string, hosts: number): Promise<ClientContext> {
  await mkdir(state, { recursive: true, mode: 0o700 });
  const logFile = join(state, 'simulated.log');
  const log = await open(logFile, 'a', 0o600);
  const main = join(repositoryDirectory(), 'lab', 'dist', 'simulated-main.js');
  const child = spawn(process.execPath, [main, state, String(hosts)], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: { ...process.env, [INSTANCE_MARK]: state },
  });
  child.unref();
  await log.close();
  const deadlineMs = Date.now() + startWithinMs;
  while (Date.now() < deadlineMs && child.exitCode === null) {
    const context = await readFile(join(state, 'client.json'), 'utf8').catch(() => null);
    if (context !== null) return JSON.parse(context) as ClientContext;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new LabError('failed', `the simulated system did not start: ${await endOfLog(logFile)}`);
}
