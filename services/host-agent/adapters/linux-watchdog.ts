/**
 * A watchdog as Linux shows it (`Documentation/watchdog/watchdog-api.rst`): what `/sys/class/watchdog` says of it, and
 * bytes written to its device. Opening the device starts it, each byte written pets it, and only closing it right after
 * a `V` stops it, where the driver allows that (`nowayout` 0).
 *
 * Untried on hardware: tests write to plain files.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { WatchdogKind } from '@holdfast/contracts';

export class WatchdogError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'WatchdogError';
  }
}

export interface WatchdogDevice {
  readonly path: string;
  readonly kind: WatchdogKind;
  readonly identity: string;
  readonly timeoutMs: number;
  /** It cannot be stopped once it runs. */
  readonly isForEver: boolean;
  /** Starts it, the first time. Synchronous: nothing may come between the decision to pet and the pet. */
  pet(): void;
  /** Stops it. */
  stop(): void;
  /** Lets it run on: whoever opens it next has its time left. */
  leave(): void;
}

export interface WatchdogFolders {
  sys: string;
  dev: string;
}

const linuxFolders: WatchdogFolders = { sys: '/sys/class/watchdog', dev: '/dev' };
const softdogIdentity = 'Software Watchdog';

/** `auto`, `none`, or a device such as `/dev/watchdog0`. */
export type WatchdogSetting = string;

/**
 * The watchdog that is meant; null for none. `auto` takes a device of the machine before the kernel's own timer, and
 * leaves alone what is neither.
 * @throws WatchdogError when the device that is named is not there, or is no proof of anything.
 */
export function findWatchdog(setting: WatchdogSetting, folders: WatchdogFolders = linuxFolders): WatchdogDevice | null {
  if (setting === 'none') return null;
  if (setting !== 'auto') {
    const name = basename(setting);
    if (!/^watchdog\d+$/.test(name) || setting !== join(folders.dev, name)) {
      throw new WatchdogError(`watchdog ${setting}: say auto, none, or a device such as /dev/watchdog0`);
    }
    if (!existsSync(join(folders.sys, name))) {
      throw new WatchdogError(`watchdog ${setting}: there is no such watchdog; load its driver, or say none`);
    }
    const device = describe(name, folders);
    if (device) return device;
    throw new WatchdogError(`watchdog ${setting}: neither a device of the machine nor softdog; say none`);
  }
  const names = existsSync(folders.sys) ? readdirSync(folders.sys).filter((name) => /^watchdog\d+$/.test(name)) : [];
  const found = names.sort().map((name) => describe(name, folders)).filter((device) => device !== null);
  return found.find(({ kind }) => kind === 'hardware') ?? found[0] ?? null;
}

/** Null for one that is neither of the machine nor the kernel's. */
function describe(name: string, { sys, dev }: WatchdogFolders): WatchdogDevice | null {
  const read = (file: string): string | null => {
    const path = join(sys, name, file);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
  };
  const identity = read('identity') ?? '';
  const timeoutS = Number(read('timeout'));
  const kind = kindOf(identity, existsSync(join(sys, name, 'device')));
  if (kind === null || !(timeoutS > 0)) return null;
  return new LinuxWatchdog(join(dev, name), kind, identity, timeoutS * 1000, read('nowayout') === '1');
}

/** A driver of real hardware stands below the device that it drives; softdog stands alone. */
function kindOf(identity: string, hasParent: boolean): WatchdogKind | null {
  if (identity === softdogIdentity) return 'softdog';
  return hasParent ? 'hardware' : null;
}

class LinuxWatchdog implements WatchdogDevice {
  private fd: number | null = null;

  constructor(
    readonly path: string,
    readonly kind: WatchdogKind,
    readonly identity: string,
    readonly timeoutMs: number,
    readonly isForEver: boolean,
  ) {}

  pet(): void {
    this.write('\0');
  }

  stop(): void {
    if (this.fd === null) return;
    this.write('V');
    this.leave();
  }

  leave(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
  }

  private write(byte: string): void {
    try {
      this.fd ??= openSync(this.path, 'w');
      writeSync(this.fd, byte);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unwritable';
      throw new WatchdogError(`${this.path}: ${reason}`, { cause });
    }
  }
}
