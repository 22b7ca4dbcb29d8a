import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BusError, MemoryBroker, type Bus } from '@holdfast/bus';
import { secrets, type Holder } from '@holdfast/contracts';
import { compactDecrypt } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChapSecrets } from './secrets.js';

const holder = (volume: string, generation: number): Holder => ({
  host: 'h1',
  hostEpoch: 1,
  generation,
  phase: 'opening',
  iqn: `iqn.2026-01.io.holdfast:${volume}.g${generation}`,
  lun: 1,
  portalAddress: '127.0.0.1',
  portalPort: 3260,
  chapUser: `${volume}.g${generation}`,
  floors: { generation: null, hostEpoch: null },
});

describe('CHAP secrets of a storage node', () => {
  let directory: string;
  let bus: Bus;
  let chap: ChapSecrets;
  let privateKey: KeyObject;
  let sealKey: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-secrets-'));
    bus = new MemoryBroker().connect({ service: 'storage', node: 'san1' });
    chap = await ChapSecrets.load(join(directory, 'chap.key'), bus);
    const pair = generateKeyPairSync('x25519');
    privateKey = pair.privateKey;
    sealKey = pair.publicKey.export({ format: 'jwk' }).x ?? '';
  });

  afterEach(() => rm(directory, { recursive: true }));

  test('that lose every race to be stored are a failure of the bus, to be tried again', async () => {
    const losing: Bus = Object.create(bus, {
      bucket: { value: () => ({ get: () => Promise.resolve(null), create: () => Promise.resolve(null) }) },
    }) as Bus;
    const late = await ChapSecrets.load(join(directory, 'chap.key'), losing);
    await expect(late.seal(holder('web1', 1), sealKey, () => true)).rejects.toBeInstanceOf(BusError);
  });

  async function sealed(): Promise<Record<string, string>> {
    return (await bus.bucket(secrets).get('h1'))?.value.secrets ?? {};
  }

  test('are the same after a restart, differ between generations, and their key is private', async () => {
    const again = await ChapSecrets.load(join(directory, 'chap.key'), bus);
    expect(again.password('iqn:a.g1')).toBe(chap.password('iqn:a.g1'));
    expect(chap.password('iqn:a.g2')).not.toBe(chap.password('iqn:a.g1'));
    expect((await stat(join(directory, 'chap.key'))).mode & 0o777).toBe(0o600);
  });

  test('reach only the host that has the key, and never in clear text', async () => {
    const disk = holder('a', 1);
    await chap.seal(disk, sealKey, () => true);
    const jwe = (await sealed())[disk.iqn] ?? '';
    expect(jwe).not.toContain(chap.password(disk.iqn));
    const { plaintext } = await compactDecrypt(jwe, privateKey);
    expect(new TextDecoder().decode(plaintext)).toBe(chap.password(disk.iqn));
  });

  test('sealed side by side for one host all arrive', async () => {
    const live = new Set<string>();
    const disks = ['a', 'b', 'c', 'd'].map((volume) => holder(volume, 1));
    // Each becomes live only as its own sealing begins, as volumes attached in parallel do.
    await Promise.all(
      disks.map((disk) => {
        live.add(disk.iqn);
        return chap.seal(disk, sealKey, (iqn) => live.has(iqn));
      }),
    );
    expect(Object.keys(await sealed()).sort()).toEqual(disks.map(({ iqn }) => iqn).sort());
  });

  test('of targets that are gone are dropped, and all are when the host has a new key', async () => {
    await chap.seal(holder('a', 1), sealKey, () => true);
    await chap.seal(holder('a', 2), sealKey, (iqn) => iqn.endsWith('g2'));
    expect(Object.keys(await sealed())).toEqual([holder('a', 2).iqn]);
    const other = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }).x ?? '';
    await chap.seal(holder('b', 1), other, () => true);
    expect(Object.keys(await sealed())).toEqual([holder('b', 1).iqn]);
  });

  test('the key for acknowledgements stays beside them, by node, until that host has another', async () => {
    await chap.sealAckKey('h1', sealKey);
    await chap.seal(holder('v1', 1), sealKey, () => true);
    await chap.seal(holder('v2', 1), sealKey, () => false);
    const sealed = (await bus.bucket(secrets).get('h1'))?.value.ackKeys?.['san1'] ?? '';
    const { plaintext } = await compactDecrypt(sealed, privateKey);
    expect(new TextDecoder().decode(plaintext)).toBe(chap.ackKey('h1'));
    expect(chap.ackKey('h2')).not.toBe(chap.ackKey('h1'));
    const other = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }).x ?? '';
    await chap.seal(holder('v3', 1), other, () => true);
    expect((await bus.bucket(secrets).get('h1'))?.value.ackKeys).toBeUndefined();
  });
});
