/**
 * An instance of the lab: what its state directory holds, whether it lives, and how it is ended.
 *
 *   instance.json        what the instance is (mode 600)
 *   lock                 held by a running `up` or `down`
 *   run/                 the boot scripts of this run and the hosts file
 *   pki/                 the lab's certificate authority
 *   database/            who may do what, and what was: survives the instance
 *   nodes/NAME/          a node's disk: configuration, logs, programs; survives power cuts
 *
 * Liveness is a fact of the process table, never of the file: every process of an instance starts
 * with a mark in its environment and lives in the process namespace of one init.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { LabError } from './errors.js';
import { isAlive, killProcess, markedProcesses, type ProcessId } from './process-table.js';
import { NETWORKS } from './plan.js';

export const DOWN_COMMAND = './holdfast down';

const processIdSchema = z.object({ pid: z.number().int().positive(), startTime: z.string() });
const networkSchema = z.enum(NETWORKS);
const nodeSchema = z.object({
  name: z.string(),
  kind: z.enum(['host', 'san', 'control', 'bmc']),
  networks: z.array(networkSchema),
  addresses: z.partialRecord(networkSchema, z.string()),
  number: z.number().int(),
  /** Runs a NATS server and a replica each of scheduler and failover. */
  runsControl: z.boolean(),
  /** A host's system UUID, which its BMC reports too. */
  uuid: z.uuid().optional(),
  /** A host's BMC: where it listens, its user, and the file (mode 600) with the password. */
  bmc: z.object({
    node: z.string(), address: z.string(), user: z.string(), passwordFile: z.string(),
  }).optional(),
});
const instanceSchema = z.object({
  version: z.literal(1),
  /** New with every `up`; part of everything that must not be mistaken for an earlier run's. */
  incarnation: z.string(),
  stateDirectory: z.string(),
  createdAt: z.string(),
  /** False until every node is up. */
  ready: z.boolean(),
  /** The instance's init, and the `unshare` that waits for it, as the machine numbers them. */
  init: processIdSchema,
  launcher: processIdSchema,
  nodes: z.array(nodeSchema),
});

export type Instance = z.infer<typeof instanceSchema>;
export type InstanceNode = z.infer<typeof nodeSchema>;

export function instanceFile(stateDirectory: string): string {
  return join(stateDirectory, 'instance.json');
}

export function nodeDirectory(stateDirectory: string, node: string): string {
  return join(stateDirectory, 'nodes', node);
}

/** The instance's record, or null if there is none; one that cannot be read counts as an error. */
export async function readInstance(stateDirectory: string): Promise<Instance | null> {
  const file = instanceFile(stateDirectory);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new LabError('failed', `cannot read ${file}`, { cause: error });
  }
  try {
    return instanceSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new LabError('failed',
      `${file} is not an instance this version made; remedy: ${DOWN_COMMAND}`, { cause: error });
  }
}

export async function writeInstance(instance: Instance): Promise<void> {
  const text = `${JSON.stringify(instance, null, 2)}\n`;
  await writeWhole(instanceFile(instance.stateDirectory), text, 0o600);
}

/** Whole or not at all, and never readable by others even for an instant. */
export async function writeWhole(path: string, content: string, mode: number): Promise<void> {
  const incomplete = `${path}.${randomBytes(6).toString('hex')}.new`;
  const file = await open(incomplete, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(incomplete, path);
}

/**
 * Takes the state directory's lock for a whole `up` or `down`, or null if someone else holds it for
 * longer than `waitMs`. A child that ends with us holds it, so that no crash can leave it behind.
 */
export async function lockState(
  stateDirectory: string, waitMs = 0,
): Promise<{ release(): Promise<void> } | null> {
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  const wait = waitMs === 0 ? ['--nonblock'] : ['--wait', String(waitMs / 1000)];
  const child = spawn('flock', [
    ...wait, '--conflict-exit-code', '75', join(stateDirectory, 'lock'),
    'sh', '-c', 'echo locked; exec cat > /dev/null',
    // A session of its own: a Ctrl-C is for us to handle, and not to lose the lock by.
  ], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const locked = new Promise<'locked'>((resolve) => {
    child.stdout.once('data', () => resolve('locked'));
  });
  const outcome = await Promise.race([locked, exited]);
  if (outcome === 'locked') {
    return {
      release: async () => {
        child.stdin.end();
        await exited;
      },
    };
  }
  if (outcome === 75) return null;
  throw new LabError('failed', `cannot lock ${stateDirectory} (flock ended with ${outcome})`);
}

/** All live processes of the instance that the machine's process table shows as marked. */
export async function livingProcesses(stateDirectory: string): Promise<ProcessId[]> {
  const living = new Map<number, ProcessId>();
  for (const id of await markedProcesses(stateDirectory)) living.set(id.pid, id);
  const instance = await readInstance(stateDirectory).catch(() => null);
  for (const id of instance === null ? [] : [instance.init, instance.launcher]) {
    if (await isAlive(id)) living.set(id.pid, id);
  }
  return [...living.values()];
}

/**
 * Ends every process of the instance. Its mounts, interfaces, bridges and nftables tables live in
 * namespaces that only these processes hold, so they go too.
 * @throws LabError `failed` if a process is still there after ten seconds.
 */
export async function killInstance(stateDirectory: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const living = await livingProcesses(stateDirectory);
    if (living.length === 0) return;
    for (const id of living) await killProcess(id);
    await sleep(50);
  }
  const left = (await livingProcesses(stateDirectory)).map(({ pid }) => pid);
  if (left.length > 0) {
    throw new LabError('failed', `these processes of the lab do not die: ${left.join(', ')}`);
  }
}

/**
 * What `up`, simulated or not, makes in a state directory; guest images and the database are kept for the next time.
 */
const madeByUs = new Set([
  'nodes', 'run', 'pki', 'instance.json', 'client.json', 'token', 'events.seed',
  'simulated', 'simulated.log', 'local', 'nats', 'nats-server.conf', 'api',
]);

/** Removes what an instance keeps in its state directory, and nothing else that lies there. */
export async function removeState(stateDirectory: string): Promise<void> {
  for (const name of await readdir(stateDirectory)) {
    // An `up` killed while it wrote its record leaves that under an incomplete name.
    const ours = madeByUs.has(name)
      || /^instance\.json\.[0-9a-f]+\.new$/.test(name);
    if (ours) await rm(join(stateDirectory, name), { recursive: true, force: true });
  }
}
