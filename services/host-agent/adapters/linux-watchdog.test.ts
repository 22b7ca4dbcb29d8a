import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findWatchdog, type WatchdogFolders } from './linux-watchdog.js';

let folder: string;
let folders: WatchdogFolders;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-watchdog-'));
  folders = { sys: join(folder, 'sys'), dev: join(folder, 'dev'), takesFiles: true };
  mkdirSync(folders.sys);
  mkdirSync(folders.dev);
});

afterEach(() => rmSync(folder, { recursive: true }));

function given(name: string, facts: Record<string, string>, isOfTheMachine = false): void {
  const at = join(folders.sys, name);
  mkdirSync(at);
  for (const [file, text] of Object.entries(facts)) writeFileSync(join(at, file), `${text}\n`);
  if (isOfTheMachine) mkdirSync(join(at, 'device'));
  writeFileSync(join(folders.dev, name), '');
}

const written = (name: string): string => readFileSync(join(folders.dev, name), 'utf8');
const softdog = { identity: 'Software Watchdog', timeout: '60', nowayout: '0' };

test('none is none, and auto finds none where there is none', () => {
  expect(findWatchdog('auto', folders)).toBeNull();
  given('watchdog0', softdog);
  expect(findWatchdog('none', folders)).toBeNull();
});

test("auto takes the machine's before the kernel's, with its time and whether it can be stopped", () => {
  given('watchdog0', softdog);
  given('watchdog1', { identity: 'iTCO_wdt', timeout: '30', nowayout: '1' }, true);
  expect(findWatchdog('auto', folders)).toMatchObject({ kind: 'hardware', timeoutMs: 30_000, isForEver: true });
  const named = findWatchdog(join(folders.dev, 'watchdog0'), folders);
  expect(named).toMatchObject({ kind: 'softdog', timeoutMs: 60_000, isForEver: false });
});

test('what is neither of the machine nor the kernel is no proof: auto leaves it alone, by name it is refused', () => {
  given('watchdog0', { identity: 'A helpful daemon', timeout: '60', nowayout: '0' });
  expect(findWatchdog('auto', folders)).toBeNull();
  expect(() => findWatchdog(join(folders.dev, 'watchdog0'), folders)).toThrow('neither a device of the machine');
});

test('one that the kernel stops when its agent dies is no proof; nor is one of which it does not say', () => {
  const hardware = { identity: 'wdt', timeout: '30', nowayout: '0' };
  given('watchdog0', hardware, true);
  given('watchdog1', { ...hardware, options: '0x8080' }, true);
  expect(findWatchdog('auto', folders)).toBeNull();
  expect(() => findWatchdog(join(folders.dev, 'watchdog1'), folders)).toThrow('load its driver with nowayout=1');
  given('watchdog2', { ...hardware, options: '0x8180' }, true);
  expect(findWatchdog('auto', folders)?.path).toBe(join(folders.dev, 'watchdog2'));
});

test('a device that is not there, and what is no device, are refused with the remedy', () => {
  expect(() => findWatchdog(join(folders.dev, 'watchdog7'), folders)).toThrow('load its driver, or say none');
  expect(() => findWatchdog('yes', folders)).toThrow('watchdog yes: say auto, none, or a device');
});

test('nothing is written before it is petted; each pet is one byte, and V comes only when it is stopped', () => {
  given('watchdog0', softdog);
  const device = findWatchdog('auto', folders);
  expect(written('watchdog0')).toBe('');
  device?.pet();
  device?.pet();
  expect(written('watchdog0')).toBe('\0\0');
  device?.stop();
  expect(written('watchdog0')).toBe('\0\0V');
});

test('one that is left runs on: no V is written', () => {
  given('watchdog0', softdog);
  const device = findWatchdog('auto', folders);
  device?.pet();
  device?.leave();
  expect(written('watchdog0')).toBe('\0');
});

test('one that was never petted is not started by being stopped', () => {
  given('watchdog0', softdog);
  findWatchdog('auto', folders)?.stop();
  expect(written('watchdog0')).toBe('');
});

test('a device that is not there, or is a plain file, is never petted, nor made', () => {
  given('watchdog0', softdog);
  expect(() => findWatchdog('auto', { ...folders, takesFiles: false })?.pet()).toThrow('no device');
  expect(written('watchdog0')).toBe('');
  rmSync(join(folders.dev, 'watchdog0'));
  expect(() => findWatchdog('auto', folders)?.pet()).toThrow('ENOENT');
  expect(existsSync(join(folders.dev, 'watchdog0'))).toBe(false);
});

test('one whose time has changed since it was looked at is stopped again, for others count with that time', () => {
  given('watchdog0', softdog);
  const device = findWatchdog('auto', folders);
  writeFileSync(join(folders.sys, 'watchdog0', 'timeout'), '300\n');
  expect(() => device?.pet()).toThrow('its time has changed');
  expect(written('watchdog0')).toBe('V');
});
