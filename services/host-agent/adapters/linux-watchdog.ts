/**
 * A watchdog as Linux shows it (`Documentation/watchdog/watchdog-api.rst`): what `/sys/class/watchdog` says of it, and
 * bytes written to its device. Opening the device starts it, each byte written pets it, and only closing it right after
 * a `V` stops it, where the driver allows that (`nowayout` 0).
 *
 * Untried on hardware: tests write to plain files.
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
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
  /** Plain files stand for devices, in tests. */
  takesFiles?: boolean;
}

const linuxFolders: WatchdogFolders = { sys: '/sys/class/watchdog', dev: '/dev' };
const softdogIdentity = 'Software Watchdog';
/**
 * `WDIOF_MAGICCLOSE`, which softdog has. Without it, and where it may be stopped, the kernel stops a watchdog whenever
 * its device is closed, so also when the agent is killed: nothing may rest on that. Kernels before 6.5 do not tell.
 */
const magicClose = 0x0100;

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
    const lacks = 'neither a device of the machine nor softdog, or one that ends with the agent';
    throw new WatchdogError(`watchdog ${setting}: ${lacks} (then load its driver with nowayout=1); say none`);
  }
  const names = existsSync(folders.sys) ? readdirSync(folders.sys).filter((name) => /^watchdog\d+$/.test(name)) : [];
  const found = names.sort().map((name) => describe(name, folders)).filter((device) => device !== null);
  return found.find(({ kind }) => kind === 'hardware') ?? found[0] ?? null;
}

/** Null for one that is neither of the machine nor the kernel's, or that may stop when its agent dies. */
function describe(name: string, { sys, dev, takesFiles = false }: WatchdogFolders): WatchdogDevice | null {
  const read = (file: string): string | null => {
    const path = join(sys, name, file);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
  };
  const identity = read('identity') ?? '';
  const readTimeoutMs = (): number => 1000 * Number(read('timeout'));
  const timeoutMs = readTimeoutMs();
  const kind = kindOf(identity, existsSync(join(sys, name, 'device')));
  const isForEver = read('nowayout') === '1';
  const outlivesAgent = isForEver || kind === 'softdog' || (Number(read('options')) & magicClose) !== 0;
  if (kind === null || !(timeoutMs > 0) || !outlivesAgent) return null;
  const facts = { path: join(dev, name), kind, identity, timeoutMs, isForEver };
  return new LinuxWatchdog(facts, readTimeoutMs, takesFiles);
}

/** A driver of real hardware stands below the device that it drives; softdog stands alone. */
function kindOf(identity: string, hasParent: boolean): WatchdogKind | null {
  if (identity === softdogIdentity) return 'softdog';
  return hasParent ? 'hardware' : null;
}

class LinuxWatchdog implements WatchdogDevice {
  readonly path: string;
  readonly kind: WatchdogKind;
  readonly identity: string;
  readonly timeoutMs: number;
  readonly isForEver: boolean;
  private fd: number | null = null;

  constructor(
    facts: Pick<WatchdogDevice, 'path' | 'kind' | 'identity' | 'timeoutMs' | 'isForEver'>,
    private readonly readTimeoutMs: () => number,
    private readonly takesFiles: boolean,
  ) {
    this.path = facts.path;
    this.kind = facts.kind;
    this.identity = facts.identity;
    this.timeoutMs = facts.timeoutMs;
    this.isForEver = facts.isForEver;
  }

  pet(): void {
    this.fd ??= this.open();
    this.write(this.fd, '\0');
  }

  stop(): void {
    if (this.fd === null) return;
    this.write(this.fd, 'V');
    this.leave();
  }

  leave(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
  }

  /** Never makes a file: petting that would be proof of nothing. */
  private open(): number {
    const fd = this.trying(() => openSync(this.path, constants.O_WRONLY));
    const isDevice = this.takesFiles || fstatSync(fd).isCharacterDevice();
    const isAsFound = this.readTimeoutMs() === this.timeoutMs;
    if (isDevice && isAsFound) return fd;
    if (isDevice) this.write(fd, 'V');
    closeSync(fd);
    throw new WatchdogError(`${this.path}: ${isDevice ? 'its time has changed; start the agent again' : 'no device'}`);
  }

  private write(fd: number, byte: string): void {
    this.trying(() => writeSync(fd, byte));
  }

  private trying<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unwritable';
      throw new WatchdogError(`${this.path}: ${reason}`, { cause });
    }
  }
}
