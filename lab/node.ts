/** One node of a running lab: run something in it, once or for good. */
import { spawn, type StdioOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertAlive, baseEnvironment, enterArguments, nodeInit, nodePath } from './enter.js';
import { LabError } from './errors.js';
import { nodeDirectory, type Instance, type InstanceNode } from './instance.js';
import type { NodeKind } from './plan.js';
import { startTimeOf, type ProcessId } from './process-table.js';
import {
  programDirectory, readListens, writeListens, writeProgram, type ListenPlace, type ProgramSpec,
} from './program.js';
import { runCommand, type CommandOptions, type CommandResult } from './run-command.js';

export type ProgramVerb = 'stop' | 'start' | 'kill' | 'freeze' | 'thaw';
export type ProgramState = 'running' | 'restarting' | 'stopped' | 'absent';

export class LabNode {
  readonly name: string;
  readonly kind: NodeKind;
  /** Runs a NATS server and a replica each of scheduler and failover. */
  readonly runsControl: boolean;
  readonly addresses: InstanceNode['addresses'];
  /** The node's disk: survives power cuts; visible at this path inside the node too. */
  readonly fileDirectory: string;
  readonly #instance: Instance;

  constructor(instance: Instance, node: InstanceNode) {
    this.name = node.name;
    this.kind = node.kind;
    this.runsControl = node.runsControl;
    this.addresses = node.addresses;
    this.fileDirectory = nodeDirectory(instance.stateDirectory, node.name);
    this.#instance = instance;
  }

  async isOn(): Promise<boolean> {
    return (await nodeInit(this.#instance, this.name)) !== null;
  }

  /**
   * Runs a command in the node, as root, with none of the caller's environment.
   * A command that ends with an error is an answer, not an exception.
   * @throws LabError `node-off`, `timeout` (default 30 s; a frozen node runs into it) or `failed`.
   */
  async exec(
    command: string, args: readonly string[] = [],
    options: Pick<CommandOptions, 'timeoutMs' | 'input'> & {
      readonly env?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<CommandResult> {
    const init = await this.#needInit();
    // If we are cut off, or give up, the command in the node must not go on alone.
    const inside = ['--', 'setpriv', '--pdeathsig', 'KILL', '--', command, ...args];
    return await runCommand('nsenter', [...enterArguments(this.#instance, init), ...inside], {
      ...options,
      env: { ...baseEnvironment(this.#instance.stateDirectory), ...options.env },
    });
  }

  /**
   * Keeps a program running in the node from now on, also after the next power-on. A program of the
   * same name is replaced. On a node that is off it starts with the power.
   * @returns the port, if the program listens on the machine's network.
   */
  async supervise(spec: ProgramSpec): Promise<{ readonly port: number | null }> {
    await this.unsupervise(spec.name);
    await writeProgram(this.fileDirectory, spec);
    const init = await nodeInit(this.#instance, this.name);
    if (init === null) {
      if (spec.listen === undefined) return { port: null };
      await rm(programDirectory(this.fileDirectory, spec.name), { recursive: true });
      throw this.#off();
    }
    if (spec.listen === undefined) {
      await this.#startLoop(init, spec.name, null);
      return { port: null };
    }
    return { port: await this.#startListening(init, spec.name, spec.listen) };
  }

  /** After a power-on: the programs that listen on the machine's network get their sockets again, at the same ports. */
  async listenAgain(): Promise<void> {
    const init = await this.#needInit();
    const names = await readdir(join(this.fileDirectory, 'programs')).catch(() => []);
    for (const name of names) {
      const place = await readListens(this.fileDirectory, name);
      if (place !== null) await this.#startListening(init, name, place);
    }
  }

  async #startListening(init: ProcessId, name: string, place: ListenPlace): Promise<number> {
    const { server, port } = await listen(place);
    try {
      await writeListens(this.fileDirectory, name, { host: place.host, port });
      await this.#startLoop(init, name, server);
    } finally {
      // The node's copy of the socket goes on listening.
      server.close();
    }
    return port;
  }

  /** Kills a program for good; one that is not there is no error. */
  async unsupervise(name: string): Promise<void> {
    const directory = programDirectory(this.fileDirectory, name);
    if (!existsSync(directory)) return;
    const init = await nodeInit(this.#instance, this.name);
    if (init !== null) await this.#switchProgram(name, 'stop', true);
    await rm(directory, { recursive: true, force: true });
    if (init === null) return;
    const run = nodePath(this.#instance, init, `/run/holdfast/programs/${name}`);
    for (let attempt = 0; existsSync(run); attempt += 1) {
      if (attempt === 200) throw new LabError('timeout', `${name} on ${this.name} does not end`);
      await sleep(50);
    }
  }

  /** SIGKILL and no respawn until it is started again, or the node's next power-on. */
  async stopProgram(name: string): Promise<void> {
    await this.#switchProgram(name, 'stop', false);
  }

  /**
   * Asks a program to end, by a signal, and waits so long; it is not started again.
   * @returns false when it has not ended by then. @throws LabError `unknown-program`.
   */
  async endProgram(name: string, signal: string, withinSeconds: number): Promise<boolean> {
    const script = join(this.#instance.stateDirectory, 'run', 'scripts', 'program.sh');
    const args = [script, 'end', name, signal, String(withinSeconds)];
    const result = await this.exec('bash', args, { timeoutMs: withinSeconds * 1000 + 30_000 });
    if (result.code === 0 || result.code === 4) return result.code === 0;
    throw this.#programFailure(name, 'end', result);
  }

  /** SIGKILL (its supervisor starts it again), SIGSTOP or SIGCONT to a program and its children. */
  async signalProgram(name: string, verb: 'kill' | 'freeze' | 'thaw'): Promise<void> {
    await this.#switchProgram(name, verb, false);
  }

  async startProgram(name: string): Promise<void> {
    await this.#switchProgram(name, 'start', false);
  }

  async programState(name: string): Promise<ProgramState> {
    const init = await nodeInit(this.#instance, this.name);
    if (init === null) return 'absent';
    const read = async (file: string): Promise<string> => {
      const path = nodePath(this.#instance, init, `/run/holdfast/programs/${name}/${file}`);
      return (await readFile(path, 'utf8').catch(() => '')).trim();
    };
    const state = await read('state');
    if (state !== 'running') return state === 'stopped' ? 'stopped' : 'absent';
    const pid = Number(await read('pid'));
    const proc = nodePath(this.#instance, init, '/proc');
    return pid > 0 && (await startTimeOf(pid, proc)) !== null ? 'running' : 'restarting';
  }

  async #switchProgram(name: string, verb: ProgramVerb, absentOk: boolean): Promise<void> {
    const script = join(this.#instance.stateDirectory, 'run', 'scripts', 'program.sh');
    const result = await this.exec('bash', [script, verb, name]);
    if (result.code === 0 || (absentOk && result.code === 3)) return;
    throw this.#programFailure(name, verb, result);
  }

  #programFailure(name: string, verb: string, { code, stderr }: CommandResult): LabError {
    return code === 3
      ? new LabError('unknown-program', `${this.name} runs no program named ${name}`)
      : new LabError('failed', `${this.name}: ${stderr.trim() || `${verb} failed`}`);
  }

  async #startLoop(init: ProcessId, name: string, server: Server | null): Promise<void> {
    const instance = this.#instance;
    const script = join(instance.stateDirectory, 'run', 'scripts', 'supervise.sh');
    const log = await open(join(this.fileDirectory, 'log', 'boot.log'), 'a');
    try {
      const stdio: StdioOptions = ['ignore', log.fd, log.fd];
      if (server !== null) stdio.push(descriptorOf(server));
      const child = spawn('nsenter', [
        ...enterArguments(instance, init),
        '--', 'setsid', '--fork', 'bash', script, this.fileDirectory, name,
      ], { stdio, env: baseEnvironment(instance.stateDirectory) });
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', resolve);
      });
      if (code !== 0) throw new LabError('failed', `cannot start ${name} on ${this.name}`);
    } finally {
      await log.close();
    }
  }

  async #needInit(): Promise<ProcessId> {
    const init = await nodeInit(this.#instance, this.name);
    if (init !== null) return init;
    await assertAlive(this.#instance);
    throw this.#off();
  }

  #off(): LabError {
    return new LabError('node-off', `${this.name} is off; remedy: lab power ${this.name} on`);
  }
}

async function listen(
  address: ListenPlace,
): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE'
        ? new LabError('invalid-argument',
          `port ${address.port} of ${address.host} is taken; remedy: choose another, or 0`)
        : new LabError('failed', `cannot listen on ${address.host}`, { cause: error }));
    });
    server.listen(address.port, address.host, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new LabError('failed', 'no port bound');
  return { server, port: bound.port };
}

/** The server's own socket, for `spawn` to hand to a child. */
function descriptorOf(server: Server): number {
  const handle: unknown = Reflect.get(server, '_handle');
  const descriptor: unknown = typeof handle === 'object' && handle !== null
    ? Reflect.get(handle, 'fd') : undefined;
  if (typeof descriptor !== 'number' || descriptor < 0) {
    throw new LabError('failed', 'this Node version hides the descriptor of a listening socket');
  }
  return descriptor;
}
