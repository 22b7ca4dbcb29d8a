/**
 * Any agent of Debian's `fence-agents` as the power switch of a host: a child process that is told what to do, secrets
 * included, in `key=value` lines on its standard input.
 */
import { spawn } from 'node:child_process';
import { PowerError, type PowerSwitch } from '../ports.js';
import { actionsOfASwitch, plainName, switchesNoPower } from './fence-agent-facts.js';
import { readSecret } from './secret-file.js';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const maxOutputBytes = 64 * 1024;
const maxCauseLength = 400;
/** Each agent is to answer for itself within seconds; no device is asked for that. */
const metadataTimeoutMs = 10_000;
const notFoundExit = 127;
const offExit = 2;

export interface FenceAgentOptions {
  /** What it is called in messages. */
  name: string;
  /** As the program is called: `fence_apc`. */
  agent: string;
  parameters: Readonly<Record<string, string>>;
  /** By parameter: a file that holds nothing but the secret, on one line, readable by its owner alone. */
  secretPaths: Readonly<Record<string, string>>;
  /** After that the agent is killed, and whatever it has started. */
  timeoutMs: number;
  /** What stands before the agent in its command line. */
  command?: readonly string[];
}

interface Ended {
  code: number | null;
  timedOut: boolean;
  text: string;
}

export class FenceAgent implements PowerSwitch {
  private isKnown: Promise<void> | null = null;

  constructor(private readonly options: FenceAgentOptions) {}

  /** Agents do not tell. */
  async systemUuid(): Promise<null> {
    return null;
  }

  async read(): Promise<'on' | 'off'> {
    const ended = await this.ask('status');
    if (ended.code === 0) return 'on';
    if (ended.code === offExit) return 'off';
    throw this.errorOf('status', ended);
  }

  async set(state: 'on' | 'off'): Promise<void> {
    const ended = await this.ask(state);
    if (ended.code !== 0) throw this.errorOf(state, ended);
  }

  private async ask(action: string): Promise<Ended> {
    this.isKnown ??= this.check();
    await this.isKnown.catch((error: unknown) => {
      this.isKnown = null;
      throw error;
    });
    const { parameters, secretPaths, timeoutMs } = this.options;
    const secrets: [string, string][] = [];
    for (const [name, path] of Object.entries(secretPaths)) secrets.push([name, await readSecret(path)]);
    const lines = [['action', action], ...Object.entries(parameters), ...secrets];
    const input = lines.map(([name, value]) => `${name}=${quoted(value ?? '')}\n`).join('');
    const ended = await this.run(input, timeoutMs);
    return { ...ended, text: without(ended.text, secrets.map(([, secret]) => secret)) };
  }

  /**
   * An agent warns of a parameter that it does not know by printing it, and logs that: so no secret is told to it
   * before it has said which it knows. What cannot read, switch off and reboot is no power switch.
   */
  private async check(): Promise<void> {
    const { agent, name, parameters, secretPaths } = this.options;
    const no = (why: string): PowerError => new PowerError('configuration', `${agent}: ${why}`);
    const unfit = switchesNoPower.get(agent);
    if (unfit !== undefined) throw no(`it is no proof of power-off: ${unfit}`);
    const ended = await this.run('action=metadata\n', metadataTimeoutMs);
    if (ended.code !== 0) throw this.errorOf('metadata', ended);
    const known = named(ended.text, 'parameter');
    const actions = named(ended.text, 'action');
    const missing = actionsOfASwitch.filter((action) => !actions.has(action));
    if (missing.length > 0) throw no(`it is no power switch: it cannot ${missing.join(', ')}`);
    for (const parameter of [...Object.keys(parameters), ...Object.keys(secretPaths)]) {
      if (known.has(plainName(parameter))) continue;
      throw no(`it knows no parameter ${parameter}; take ${name}'s from \`man ${agent}\``);
    }
  }

  private run(input: string, timeoutMs: number): Promise<Ended> {
    const { agent, command = [] } = this.options;
    // `timeout` holds also when we are gone; our own is the more exact.
    const atMostS = String(Math.ceil(timeoutMs / 1000) + 1);
    const args = ['--signal=KILL', atMostS, ...command, agent];
    const env = { PATH: systemPath, LC_ALL: 'C.UTF-8' };
    return new Promise((resolve) => {
      const child = spawn('timeout', args, { env, cwd: '/', detached: true, stdio: 'pipe' });
      let text = '';
      let timedOut = false;
      const take = (chunk: Buffer): void => {
        if (text.length < maxOutputBytes) text += chunk.toString('utf8');
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      // It may end without having read all.
      child.stdin.on('error', () => {});
      const kill = setTimeout(() => {
        timedOut = true;
        killGroup(child.pid);
        child.stdout.destroy();
        child.stderr.destroy();
        // Also when the kernel does not let it go.
        end(null);
      }, timeoutMs);
      const end = (code: number | null): void => {
        clearTimeout(kill);
        resolve({ code, timedOut, text });
      };
      child.once('error', () => end(notFoundExit));
      child.once('close', end);
      child.stdin.end(input);
    });
  }

  private errorOf(action: string, { code, timedOut, text }: Ended): PowerError {
    const { agent } = this.options;
    const lines = text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/^Please use '-h'/.test(line));
    const said = lines.slice(-3).join('; ').slice(0, maxCauseLength);
    const cause = new Error(said === '' ? `it ended with ${String(code)}` : said);
    const told = (kind: PowerError['code'], why: string): PowerError =>
      new PowerError(kind, `${agent} ${action}: ${why}`, { cause });
    if (timedOut) return told('timeout', 'no answer in time');
    if (code === notFoundExit) return told('configuration', 'there is no such program; install fence-agents');
    if (/privileges|denied|unauthorized/i.test(said)) return told('authentication', said);
    if (/timed out/i.test(said)) return told('timeout', said);
    if (/unable to connect|connection (lost|refused)/i.test(said)) return told('unreachable', said);
    return told('internal', cause.message);
  }
}

/** Agents strip a line, and quotes around a value: so what has either at its ends comes in quotes. */
function quoted(value: string): string {
  return /^\s|\s$|^".*"$/.test(value) ? `"${value}"` : value;
}

function named(metadata: string, element: 'parameter' | 'action'): Set<string> {
  const found = metadata.matchAll(new RegExp(`<${element} name="([^"]*)"`, 'g'));
  return new Set([...found].map(([, name]) => plainName(name ?? '')));
}

function without(text: string, secrets: string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
