import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildTinyImage, type GuestImage } from './image.js';
import { JournalReader, readJournal, type JournalRecord } from './journal.js';

const WAITING = { timeout: 60_000, interval: 50 };
const MEBIBYTE = 2 ** 20;
const directory = mkdtempSync(join(tmpdir(), 'holdfast-image-'));
const disk = join(directory, 'disk.raw');
let image: GuestImage;
let guests: Guest[] = [];

/** A guest under plain QEMU, and the socket that QEMU takes commands on. */
class Guest {
  readonly console: string;
  readonly #process: ChildProcess;
  readonly #socketPath: string;
  #socket: Socket | undefined;
  #connected: Promise<void> | undefined;
  readonly #waiting: ((answer: { return?: unknown; error?: unknown }) => void)[] = [];

  constructor(readonly name: string, more: readonly string[] = []) {
    this.console = join(directory, `${name}.console`);
    this.#socketPath = join(directory, `${name}.qmp`);
    this.#process = spawn('qemu-system-x86_64', [
      '-nodefaults', '-display', 'none', '-accel', 'tcg', '-m', '128',
      '-kernel', image.kernel, '-initrd', image.initrd, '-append', image.commandLine,
      '-serial', `file:${this.console}`, '-qmp', `unix:${this.#socketPath},server=on,wait=off`,
      '-drive', `file=${disk},format=raw,if=virtio,cache=none,file.locking=off`,
      '-netdev', 'hubport,id=net0,hubid=0', '-device', 'virtio-net-pci,netdev=net0', ...more,
    ], { stdio: 'inherit' });
    guests.push(this);
  }

  async command(execute: string, parameters: object = {}): Promise<unknown> {
    this.#connected ??= this.#connect();
    await this.#connected;
    return this.#ask(execute, parameters);
  }

  async #connect(): Promise<void> {
    this.#socket = await vi.waitFor(async () => {
      const socket = createConnection(this.#socketPath);
      await once(socket, 'connect');
      return socket;
    }, WAITING);
    createInterface(this.#socket).on('line', (line) => {
      const answer = JSON.parse(line) as { return?: unknown; error?: unknown };
      if ('return' in answer || 'error' in answer) this.#waiting.shift()?.(answer);
    });
    await this.#ask('qmp_capabilities', {});
  }

  async #ask(execute: string, parameters: object): Promise<unknown> {
    const answered = new Promise<{ return?: unknown; error?: unknown }>((resolve) => {
      this.#waiting.push(resolve);
    });
    this.#socket?.write(`${JSON.stringify({ execute, arguments: parameters })}\n`);
    const answer = await answered;
    if (answer.error !== undefined) throw new Error(`${execute}: ${JSON.stringify(answer.error)}`);
    return answer.return;
  }

  async ended(): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await once(this.#process, 'exit');
    }
    return this.#process.exitCode;
  }

  async cutPower(): Promise<void> {
    this.#socket?.destroy();
    this.#process.kill('SIGKILL');
    await this.ended();
  }

  said(): string {
    return readFileSync(this.console, 'latin1');
  }
}

function newDisk(bytes: number): void {
  rmSync(disk, { force: true });
  writeFileSync(disk, '');
  truncateSync(disk, bytes);
}

async function journalOf(count: number): Promise<JournalRecord[]> {
  return vi.waitFor(async () => {
    const records = await readJournal(disk);
    expect(records.length).toBeGreaterThanOrEqual(count);
    return records;
  }, WAITING);
}

beforeAll(async () => { image = await buildTinyImage(directory); });
afterEach(async () => {
  await Promise.all(guests.map((guest) => guest.cutPower()));
  guests = [];
});
afterAll(() => { rmSync(directory, { recursive: true, force: true }); });

describe('the image tiny', () => {
  test('is made once, and found again', async () => {
    const before = readFileSync(image.initrd);
    writeFileSync(image.initrd, 'touched');
    expect(await buildTinyImage(directory)).toEqual(image);
    expect(readFileSync(image.initrd, 'utf8')).toBe('touched');
    writeFileSync(image.initrd, before);
  });

  test('continues its journal under a new boot id after a power cut', async () => {
    newDisk(64 * MEBIBYTE);
    const first = new Guest('first');
    await journalOf(3);
    await first.cutPower();
    const old = await readJournal(disk);
    expect(new Set(old.map(({ bootId }) => bootId)).size).toBe(1);
    expect(first.said()).toContain(`holdfast-journal boot=${old[0]?.bootId} n=1 uptimeMs=`);

    const reader = new JournalReader(disk);
    expect(await reader.poll()).toEqual(old);
    new Guest('second');
    const [next] = await vi.waitFor(async () => {
      const news = await reader.poll();
      expect(news).not.toEqual([]);
      return news;
    }, WAITING);
    expect(next?.n).toBe(old.length + 1);
    expect(next?.sector).toBe(2048 + old.length);
    expect(next?.bootId).not.toBe(old[0]?.bootId);
  });

  test('powers off when its power button is pressed', async () => {
    newDisk(64 * MEBIBYTE);
    const guest = new Guest('button');
    await journalOf(1);
    // The button is looked after only once the journal runs, so it may be pressed too early.
    const ended = guest.ended();
    const pressing = setInterval(() => { guest.command('system_powerdown').catch(() => null); }, 500);
    expect(await ended).toBe(0);
    clearInterval(pressing);
    expect(guest.said()).toContain('power button pressed');
  });

  test('stops with a message when its disk is full, and finds it full at the next boot', async () => {
    newDisk((2048 + 8) * 512);
    for (const name of ['filling', 'full']) {
      const guest = new Guest(name);
      await vi.waitFor(() => { expect(guest.said()).toContain('the disk is full'); }, WAITING);
      expect(await readJournal(disk)).toHaveLength(8);
      await guest.cutPower();
    }
  });

  test('keeps its boot id and its count when it is migrated alive', async () => {
    newDisk(64 * MEBIBYTE);
    const socket = join(directory, 'migration');
    const source = new Guest('source');
    const target = new Guest('target', ['-incoming', `unix:${socket}`]);
    await journalOf(2);
    await target.command('query-status');
    await source.command('migrate', { uri: `unix:${socket}` });
    await vi.waitFor(async () => {
      expect(await source.command('query-migrate')).toMatchObject({ status: 'completed' });
    }, WAITING);
    await source.cutPower();
    const before = (await readJournal(disk)).length;
    const records = await journalOf(before + 3);
    expect(new Set(records.map(({ bootId }) => bootId)).size).toBe(1);
    expect(records.map(({ n }) => n)).toEqual(records.map((_, index) => index + 1));
    expect(records.at(-1)!.uptimeMs).toBeGreaterThan(records[before - 1]!.uptimeMs);
  });
});
