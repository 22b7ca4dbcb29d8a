import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LinuxNetworks } from './linux-networks.js';

describe('a guest network of this host', () => {
  let directory = '';
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(join(directory, path, '..'), { recursive: true });
    await writeFile(join(directory, path), text);
  };
  const reached = (): Promise<boolean> => new LinuxNetworks(directory).reaches('br0');

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'networks-'));
    await put('br0/flags', '0x1003\n');
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('is reached while an uplink of its bridge has a carrier', async () => {
    await put('br0/brif/eth1/port_no', '0x1');
    await put('eth1/carrier', '1\n');
    expect(await reached()).toBe(true);
    await put('eth1/carrier', '0\n');
    expect(await reached()).toBe(false);
  });

  test('is not reached by what guests have plugged into it', async () => {
    await put('br0/brif/eth1/port_no', '0x1');
    await put('br0/brif/vnet0/port_no', '0x2');
    await put('vnet0/tun_flags', '0x5002\n');
    await put('vnet0/carrier', '1\n');
    expect(await reached()).toBe(false);
  });

  test('ends at this host when its bridge has no uplink', async () => {
    expect(await reached()).toBe(true);
  });

  test('is not there without its bridge, or while that is down', async () => {
    expect(await new LinuxNetworks(directory).reaches('br1')).toBe(false);
    await put('br0/flags', '0x1002\n');
    expect(await reached()).toBe(false);
  });
});
