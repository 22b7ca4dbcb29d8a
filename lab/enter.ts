/**
 * The way into an instance's namespaces from the machine: everything is reached through the /proc
 * entry of the instance's init, whose root and process table are the instance's own.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './errors.js';
import type { Instance } from './instance.js';
import { DOWN_COMMAND } from './instance.js';
import { INSTANCE_MARK, isAlive, type ProcessId } from './process-table.js';
import { runCommand, type CommandResult } from './run-command.js';

const NAMESPACES = { mount: 'mnt', pid: 'pid', net: 'net', uts: 'uts', ipc: 'ipc' } as const;

/** What every process of the instance starts with; nothing of the caller's environment. */
export function baseEnvironment(stateDirectory: string): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    [INSTANCE_MARK]: stateDirectory,
  };
}

/** The instance's root directory as the machine sees it. */
export function instanceRoot(instance: Instance): string {
  return `/proc/${instance.init.pid}/root`;
}

/** The node's init as the instance numbers it, or null if the node is off. */
export async function nodeInit(instance: Instance, node: string): Promise<ProcessId | null> {
  const root = instanceRoot(instance);
  const text = await readFile(`${root}/run/holdfast/nodes/${node}/init`, 'utf8').catch(() => '');
  const [pid, startTime] = text.trim().split(' ');
  if (pid === undefined || startTime === undefined) return null;
  const init = { pid: Number(pid), startTime };
  return (await isAlive(init, `${root}/proc`)) ? init : null;
}

/** `nsenter` and its arguments for a node, or for the instance's root; a command is to follow. */
export function enterArguments(instance: Instance, init: ProcessId | null): string[] {
  const process = init === null
    ? `/proc/${instance.init.pid}`
    : `${instanceRoot(instance)}/proc/${init.pid}`;
  return Object.entries(NAMESPACES).map(([option, file]) => `--${option}=${process}/ns/${file}`);
}

/** A file of a running node, as the machine sees it. */
export function nodePath(instance: Instance, init: ProcessId, path: string): string {
  return join(instanceRoot(instance), 'proc', String(init.pid), 'root', path);
}

/** Runs one of the lab's own scripts in the instance's root and returns what it said. */
export async function runInRoot(
  instance: Instance, script: string, args: readonly string[], timeoutMs = 60_000,
): Promise<CommandResult> {
  await assertAlive(instance);
  const file = join(instance.stateDirectory, 'run', 'scripts', script);
  // A session of its own: the caller's Ctrl-C must not end a verb half-way.
  const result = await runCommand(
    'nsenter',
    [...enterArguments(instance, null), '--', 'setsid', '--wait', 'bash', file, ...args],
    { timeoutMs, env: baseEnvironment(instance.stateDirectory) },
  );
  if (result.code === 0) return result;
  await assertAlive(instance);
  throw new LabError('failed', result.stderr.trim() || `${script} ended with ${result.code}`);
}

export async function assertAlive(instance: Instance): Promise<void> {
  if (await isAlive(instance.init)) return;
  throw new LabError('instance-gone',
    `the lab in ${instance.stateDirectory} does not run any more; remedy: ${DOWN_COMMAND}`);
}

/** The last lines of a log, for an error's message: the log itself may not outlive the error. */
export async function endOfLog(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-5).join('\n').slice(-2000) || '(nothing)';
}
