/** The power switch of a host behind its BMC: IPMI 2.0 over LAN, through `ipmitool`. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { PowerError } from '../ports.js';
import type { PowerSwitch } from '../ports.js';

/** Cipher suite 3; unless it is named, ipmitool first tries others for ten seconds. */
const CIPHER_SUITE = '3';
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const MAX_OUTPUT_BYTES = 64 * 1024;
const UUID_BYTES = 16;

/**
 * How a BMC puts the system's UUID into the 16 bytes of its GUID: as they are read (`rfc4122`),
 * with the first three fields little endian, as SMBIOS does (`smbios`), or all reversed, as IPMI
 * says (`ipmi`). BMCs differ.
 */
export type GuidEncoding = 'rfc4122' | 'smbios' | 'ipmi';

export interface IpmiPowerOptions {
  address: string;
  port?: number;
  user: string;
  /**
   * Holds nothing but the password (at most 20 bytes, IPMI's limit); readable by its owner alone.
   */
  passwordPath: string;
  guidEncoding?: GuidEncoding;
  /** After that ipmitool is killed. */
  timeoutMs?: number;
  /** How often a lost packet is sent again, a second apart at first. */
  retries?: number;
  /** The program and what stands before its arguments. */
  command?: readonly [string, ...string[]];
}

export class IpmiPower implements PowerSwitch {
  constructor(private readonly options: IpmiPowerOptions) {}

  async systemUuid(): Promise<string | null> {
    const output = await this.run(['mc', 'guid', 'dump']).catch((error: unknown) => {
      // The command is optional.
      if (error instanceof PowerError && /invalid command/i.test(String(error.cause))) return '';
      throw error;
    });
    const hex = /^System GUID\s*:\s*([0-9a-f]{32})\s*$/im.exec(output)?.[1];
    return hex === undefined ? null : uuidOfGuid(hex, this.options.guidEncoding ?? 'rfc4122');
  }

  async read(): Promise<'on' | 'off'> {
    const output = await this.run(['chassis', 'power', 'status']);
    const state = /^Chassis Power is (on|off)\s*$/im.exec(output)?.[1]?.toLowerCase();
    if (state === 'on' || state === 'off') return state;
    throw new PowerError('internal', `${this.name()} told no power state`);
  }

  async set(state: 'on' | 'off'): Promise<void> {
    try {
      await this.run(['chassis', 'power', state]);
    } catch (error) {
      // Some BMCs refuse to switch off what is off.
      if (error instanceof PowerError && /present state/i.test(String(error.cause))) return;
      throw error;
    }
  }

  private async run(words: string[]): Promise<string> {
    await this.checkPasswordFile();
    const { address, port = 623, user, passwordPath, timeoutMs = 8000, retries = 2 } = this.options;
    const [program, ...before] = this.options.command ?? ['ipmitool'];
    const session = ['-v', '-I', 'lanplus', '-C', CIPHER_SUITE, '-H', address, '-p', String(port)];
    const args = [
      ...before,
      ...session,
      '-U',
      user,
      '-f',
      passwordPath,
      '-N',
      '1',
      '-R',
      String(retries),
      ...words,
    ];
    const env = { PATH: systemPath, LC_ALL: 'C' };
    const limits = {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
      env,
    } as const;
    return new Promise((resolve, reject) => {
      const child = execFile(program, args, limits, (failure, stdout, stderr) => {
        if (failure) reject(this.errorOf(failure, stderr, words.join(' ')));
        else resolve(stdout);
      });
      // It would ask for a password that the file does not give.
      child.stdin?.end();
    });
  }

  private errorOf(
    failure: Error & { killed?: boolean; code?: unknown },
    stderr: string,
    what: string,
  ): PowerError {
    const lines = stderr
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    // `failure` repeats the command line; what ipmitool said is the better cause.
    const cause = new Error(
      lines.slice(-4).join('; ') || `ipmitool failed (${String(failure.code)})`,
    );
    const told = (code: PowerError['code'], text: string): PowerError =>
      new PowerError(code, `${this.name()}: ${what}: ${text}`, { cause });
    if (failure.killed) return told('timeout', 'no answer in time');
    if (/RAKP|unauthorized|insufficient privilege/i.test(stderr))
      return told('authentication', 'access refused');
    if (/password file/i.test(stderr)) return told('internal', 'the password file cannot be read');
    if (/unable to establish|could not open socket|address lookup/i.test(stderr)) {
      return told('unreachable', 'no session with the BMC');
    }
    return told('internal', 'ipmitool failed');
  }

  private async checkPasswordFile(): Promise<void> {
    const { passwordPath } = this.options;
    const found = await stat(passwordPath).catch((cause: unknown) => {
      throw new PowerError('internal', `${this.name()}: no password file ${passwordPath}`, {
        cause,
      });
    });
    if ((found.mode & 0o077) !== 0) {
      throw new PowerError(
        'internal',
        `${this.name()}: others may read the password file ${passwordPath}`,
      );
    }
  }

  private name(): string {
    return `BMC ${this.options.address}`;
  }
}

/**
 * The UUID, lower case with dashes, in 16 bytes of hexadecimal GUID; null for the all-equal fillers
 * of empty BMCs.
 */
export function uuidOfGuid(hex: string, encoding: GuidEncoding): string | null {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length !== UUID_BYTES) return null;
  if (bytes.every((byte) => byte === 0) || bytes.every((byte) => byte === 0xff)) return null;
  if (encoding === 'ipmi') bytes.reverse();
  if (encoding === 'smbios') {
    bytes.subarray(0, 4).reverse();
    bytes.subarray(4, 6).reverse();
    bytes.subarray(6, 8).reverse();
  }
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
