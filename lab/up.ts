/** Makes a lab, or finds the one that runs. */
import { spawn } from 'node:child_process';
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { baseEnvironment, endOfLog, instanceRoot, runInRoot } from './enter.js';
import { LabError } from './errors.js';
import {
  DOWN_COMMAND, killInstance, livingProcesses, lockState, nodeDirectory, readInstance, removeState,
  writeInstance, writeWhole, type Instance, type InstanceNode,
} from './instance.js';
import { Lab } from './lab.js';
import { writeNode } from './node-config.js';
import { createAuthority, type Authority } from './pki.js';
import { shellQuote } from './program.js';
import { bmcName, hostsFile, NETWORKS, planNodes, type NodePlan } from './plan.js';
import { childrenOf, isAlive, startTimeOf, type ProcessId } from './process-table.js';
import { stateDirectoryPath } from './state-directory.js';

export interface LabOptions {
  readonly stateDirectory: string;
  /** h1..hN, 1 to 64. */
  readonly hosts: number;
  /** control1..controlN: 1, 3 or 5; default 1. */
  readonly controlNodes?: number;
  /** The first hosts are the control nodes, and control1 is left with the API. */
  readonly controlOnHosts?: boolean;
  readonly software?: Software;
  readonly progress?: (step: string) => void;
}

/** Programs that the machine lacks and all nodes have: unpacked somewhere, and laid over the nodes' /usr. */
export interface Software {
  /** Holds a `usr`. Letters, digits and `_./-` only, as mount options know no quoting. */
  readonly directory: string;
  /** Directories that these programs expect outside of /usr; a node may mount its own there. */
  readonly directories: readonly string[];
}

export const BMC_USER = 'holdfast';
/** As much as ipmi_sim takes; 95 bits of letters and digits. */
const BMC_PASSWORD_LENGTH = 16;
const ROOT_READY_MS = 20_000;

/**
 * Makes a lab and returns when every host's libvirtd answers. If it fails, nothing is left of it.
 * @throws LabError `already-running`, `busy`, `not-supported`, `invalid-argument`, `failed`, ...
 */
export async function labUp(options: LabOptions): Promise<Lab> {
  const plan = planNodes(options);
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new LabError('not-supported', 'the lab needs Linux and root; remedy: run it with sudo');
  }
  return await inEmptyState(options.stateDirectory, (state) =>
    build(state, plan, options));
}

/**
 * Builds something in a state directory that nobody uses. If that fails, nothing is left of it.
 * @throws LabError `already-running`, `busy`, or what `make` throws.
 */
export async function inEmptyState<T>(
  stateDirectory: string, make: (state: string) => Promise<T>,
): Promise<T> {
  const state = await stateDirectoryPath(stateDirectory);
  const lock = await lockState(state);
  if (lock === null) throw alreadyRunning(state);
  try {
    if ((await livingProcesses(state)).length > 0) throw alreadyRunning(state);
    await removeState(state);
    try {
      return await make(state);
    } catch (error) {
      await killInstance(state);
      await removeState(state);
      throw error;
    }
  } finally {
    await lock.release();
  }
}

/** The lab that runs in this directory, or null. @throws LabError `busy` if it is half-made. */
export async function openLab(stateDirectory: string): Promise<Lab | null> {
  const state = await stateDirectoryPath(stateDirectory);
  const instance = await readInstance(state);
  if (instance === null || !(await isAlive(instance.init))) return null;
  if (instance.ready) return new Lab(instance);
  throw new LabError('busy', `the lab in ${state} is still coming up, or was cut off while it did; `
    + `remedy: wait, or ${DOWN_COMMAND}`);
}

async function build(
  state: string, plan: readonly NodePlan[], { software, progress = () => undefined }: LabOptions,
): Promise<Lab> {
  progress('writing the nodes\' disks');
  const nodes = plan.map((node) => withIdentity(state, plan, node));
  await writeDisks(state, nodes);
  if (software) await writeFile(join(state, 'run', 'software.conf'), softwareConf(software));

  progress('starting the instance');
  const instance = await launch(state, nodes);
  const lab = new Lab(instance);
  const ofKind = (kind: InstanceNode['kind']): InstanceNode[] =>
    nodes.filter((node) => node.kind === kind);
  const boot = async (node: InstanceNode): Promise<void> => {
    await runInRoot(instance, 'power.sh', [state, 'on', node.name]);
    progress(`${node.name} has power`);
  };
  // All at once: the cores are few, but most of a boot is waiting.
  await Promise.all([...ofKind('host'), ...ofKind('san'), ...ofKind('control'), ...ofKind('bmc')]
    .map(boot));
  await Promise.all(ofKind('host').map(async ({ name }) => {
    await lab.hypervisorReady(name);
    progress(`${name}: libvirtd answers`);
  }));
  const ready: Instance = { ...instance, ready: true };
  await writeInstance(ready);
  return new Lab(ready);
}

/** Sourced by root.sh. @throws LabError when the directory's name cannot be a mount option. */
function softwareConf({ directory, directories }: Software): string {
  if (!/^\/[A-Za-z0-9_./-]+$/.test(directory)) {
    throw new LabError('invalid-argument', `the software's directory ${JSON.stringify(directory)} may hold `
      + 'letters, digits and "_./-" only; remedy: put it elsewhere');
  }
  return `SOFTWARE=${shellQuote(directory)}\nSOFTWARE_DIRECTORIES=(${directories.map(shellQuote).join(' ')})\n`;
}

function withIdentity(state: string, plan: readonly NodePlan[], node: NodePlan): InstanceNode {
  const common = { ...node, networks: [...node.networks] };
  if (node.kind !== 'host') return common;
  const bmc = plan.find((candidate) => candidate.name === bmcName(node.name));
  return {
    ...common,
    uuid: randomUUID(),
    bmc: {
      node: bmcName(node.name),
      address: bmc?.addresses.bmc ?? '',
      user: BMC_USER,
      passwordFile: join(nodeDirectory(state, bmcName(node.name)), 'password'),
    },
  };
}

async function writeDisks(state: string, nodes: readonly InstanceNode[]): Promise<void> {
  const scripts = join(state, 'run', 'scripts');
  await mkdir(scripts, { recursive: true, mode: 0o700 });
  const source = join(packageDirectory(), 'node');
  // A copy: a lab goes on as it started, also while its sources are being changed.
  for (const name of await readdir(source)) {
    if (!name.endsWith('.sh')) continue;
    await copyFile(join(source, name), join(scripts, name));
    await chmod(join(scripts, name), 0o700);
  }
  await writeFile(join(state, 'run', 'hosts'), hostsFile(nodes));
  const authority: Authority = await createAuthority(join(state, 'pki'));
  for (const host of nodes) {
    if (host.bmc === undefined) continue;
    await mkdir(dirname(host.bmc.passwordFile), { recursive: true, mode: 0o700 });
    await writeWhole(host.bmc.passwordFile, randomPassword(), 0o600);
  }
  for (const node of nodes) {
    const host = nodes.find((candidate) => candidate.bmc?.node === node.name);
    await writeNode(state, node, authority, host);
  }
}

/** Starts the instance's init in namespaces of its own, to outlive us. */
async function launch(state: string, nodes: readonly InstanceNode[]): Promise<Instance> {
  const logFile = join(state, 'run', 'root.log');
  const log = await open(logFile, 'a');
  const child = spawn('unshare', [
    '--pid', '--fork', '--kill-child', '--mount', '--mount-proc', '--net', '--uts', '--ipc',
    'tini', '--', 'bash', join(state, 'run/scripts/root.sh'),
    state, dirname(packageDirectory()), ...NETWORKS,
  ], { detached: true, stdio: ['ignore', log.fd, log.fd], env: baseEnvironment(state), cwd: '/' });
  const failed = new Promise<LabError>((resolve) => {
    child.once('error', (cause) => {
      resolve(new LabError('failed', 'cannot start unshare', { cause }));
    });
    child.once('exit', (code) => {
      void endOfLog(logFile).then((text) => {
        resolve(new LabError('failed', `the instance ended (${code ?? 'killed'}): ${text}`));
      });
    });
  });
  await log.close();
  const started = await Promise.race([failed, whenStarted(state, nodes, child.pid ?? 0)]);
  if (started instanceof LabError) throw started;
  child.unref();
  return started;
}

async function whenStarted(
  state: string, nodes: readonly InstanceNode[], launcher: number,
): Promise<Instance> {
  const end = Date.now() + ROOT_READY_MS;
  let instance: Instance | null = null;
  while (Date.now() < end) {
    if (instance === null) {
      const startTime = await startTimeOf(launcher);
      const init: ProcessId | undefined = (await childrenOf(launcher))[0];
      if (init !== undefined && startTime !== null) {
        instance = {
          version: 1,
          incarnation: randomBytes(8).toString('hex'),
          stateDirectory: state,
          createdAt: new Date().toISOString(),
          ready: false,
          init,
          launcher: { pid: launcher, startTime },
          nodes: [...nodes],
        };
        await writeInstance(instance);
      }
    } else if (existsSync(`${instanceRoot(instance)}/run/holdfast/ready`)) return instance;
    await sleep(10);
  }
  throw new LabError('timeout', `the instance was not ready within ${ROOT_READY_MS} ms: `
    + await endOfLog(join(state, 'run/root.log')));
}

/** The package as it lies on the disk, whether this is its source or its build in `dist`. */
function packageDirectory(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return basename(here) === 'dist' ? dirname(here) : here;
}

function randomPassword(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: BMC_PASSWORD_LENGTH }, () => letters[randomInt(letters.length)])
    .join('');
}

function alreadyRunning(state: string): LabError {
  return new LabError('already-running',
    `a lab runs, or comes up, in ${state} already; remedy: ${DOWN_COMMAND} first`);
}
