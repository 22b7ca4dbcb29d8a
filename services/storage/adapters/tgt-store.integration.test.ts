import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TargetSpec } from '../ports.js';
import { describeTargetStore } from './store-contract.js';
import { startTgtdLab, type TgtdLab } from './testing/tgtd-lab.js';
import { parseTargets } from './tgt-listing.js';

const SIZE_BYTES = 4 * 1024 * 1024;

describeTargetStore('tgtd', startTgtdLab);

describe('the store over tgtd', () => {
  let lab: TgtdLab;
  beforeAll(async () => {
    lab = await startTgtdLab();
  });
  afterAll(() => lab.close());

  const specOf = (volume: string, generation: number): TargetSpec => ({
    volume,
    generation,
    iqn: `iqn.2026-01.io.holdfast:${volume}.g${generation}`,
    initiatorAddress: lab.addresses[0],
    chapUser: `${volume}.g${generation}`,
    chapPassword: `secret-of-${volume}-${generation}`,
  });
  const opened = async (volume: string, generation: number): Promise<TargetSpec> => {
    await lab.store.createVolume(volume, SIZE_BYTES, null);
    const spec = specOf(volume, generation);
    await lab.store.openTarget(spec);
    return spec;
  };
  const show = async (): Promise<ReturnType<typeof parseTargets>> =>
    parseTargets(await lab.tgtadm(['--op', 'show', '--mode', 'target']));

  it('shows tgtadm a target with one account, one address and one disk', async () => {
    const spec = await opened('web1', 1);
    expect((await show()).find(({ iqn }) => iqn === spec.iqn)).toEqual({
      tid: expect.any(Number),
      iqn: spec.iqn,
      sessions: [],
      luns: [
        { lun: 0, path: null },
        { lun: 1, path: join(lab.poolPath, 'web1.raw') },
      ],
      accounts: ['web1.g1'],
      acl: [lab.addresses[0]],
    });
  });

  it('deletes the account with its target', async () => {
    await opened('web2', 1);
    expect(await lab.tgtadm(['--op', 'show', '--mode', 'account'])).toContain('web2.g1');
    await lab.store.deleteTarget('web2', 1);
    expect(await lab.tgtadm(['--op', 'show', '--mode', 'account'])).not.toContain('web2.g1');
  });

  it('never gives a number of a target a second time, not even after restarts', async () => {
    const seen: number[] = [];
    for (let generation = 1; generation <= 6; generation += 1) {
      const store = generation % 2 ? lab.store : lab.secondStore();
      await store.createVolume('numbered', SIZE_BYTES, null);
      await store.openTarget(specOf('numbered', generation));
      const target = (await show()).find(({ iqn }) => iqn.endsWith(`numbered.g${generation}`));
      if (generation === 3) await lab.crash();
      await store.deleteTarget('numbered', generation);
      seen.push(target?.tid ?? -1);
    }
    expect(new Set(seen).size).toBe(6);
  });

  it('needs that: tgtd lets a frozen login into whatever target later has its number', async () => {
    const spec = await opened('frozen', 1);
    const frozen = await lab.loginHalfway(spec);
    const tid = String((await show()).find(({ iqn }) => iqn === spec.iqn)?.tid);
    await lab.store.deleteTarget('frozen', 1);
    await lab.store.createVolume('victim', SIZE_BYTES, null);
    const before = await lab.content('victim');
    const disk = ['--lun', '1', '-b', join(lab.poolPath, 'victim.raw')];
    await lab.tgtadm([
      '--op',
      'new',
      '--mode',
      'target',
      '--tid',
      tid,
      '-T',
      specOf('victim', 1).iqn,
    ]);
    await lab.tgtadm(['--op', 'new', '--mode', 'logicalunit', '--tid', tid, ...disk]);
    expect((await frozen.finish()) && (await frozen.write(0, 9))).toBe(true);
    expect(await lab.content('victim')).not.toBe(before);
    await frozen.close();
    await lab.store.deleteTarget('victim', 1);
  });

  it('goes on with an open target after a restart of the service', async () => {
    const spec = await opened('web3', 1);
    const guest = await lab.login(spec, spec.initiatorAddress);
    await lab.secondStore().openTarget({ ...spec, chapPassword: 'made-anew-after-restart' });
    expect(await guest?.write(0, 1)).toBe(true);
    await guest?.close();
  });

  it('rebuilds a target that a crash left half-made', async () => {
    await lab.store.createVolume('web4', SIZE_BYTES, null);
    const spec = specOf('web4', 1);
    await lab.tgtadm(['--op', 'new', '--mode', 'target', '--tid', '1', '-T', spec.iqn]);
    expect((await lab.store.listTargets()).map(({ iqn }) => iqn)).toContain(spec.iqn);
    await lab.store.openTarget(spec);
    const guest = await lab.login(spec, spec.initiatorAddress);
    expect(await guest?.write(0, 1)).toBe(true);
    await guest?.close();
  });

  it('copies an image sparsely, and clears away what an earlier try has left', async () => {
    const image = Buffer.concat([Buffer.alloc(4096, 7), Buffer.alloc(1024 * 1024)]);
    await writeFile(join(lab.imagePath, 'plain.raw'), image);
    const left = join(lab.poolPath, '.web5.earlier.partial');
    await writeFile(left, 'half of it');
    await lab.store.createVolume('web5', SIZE_BYTES, { image: 'plain' });
    const path = join(lab.poolPath, 'web5.raw');
    const found = await stat(path);
    expect(found.size).toBe(SIZE_BYTES);
    expect(found.blocks * 512).toBeLessThan(64 * 1024);
    expect((await readFile(path)).subarray(0, image.length).equals(image)).toBe(true);
    await expect(stat(left)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('gives up copying an image when its volume is deleted', async () => {
    await writeFile(join(lab.imagePath, 'slow.raw'), Buffer.alloc(48 * 1024 * 1024, 7));
    const copying = lab.store.createVolume('web6', 48 * 1024 * 1024, { image: 'slow' });
    const ended = copying.then(() => 'made', (error: { code: string }) => error.code);
    await expect
      .poll(async () => (await readdir(lab.poolPath)).some((name) => name.startsWith('.web6.')), {
        timeout: 20_000,
        interval: 1,
      })
      .toBe(true);
    await lab.store.deleteVolume('web6');
    expect(await ended).toBe('unavailable');
    expect((await readdir(lab.poolPath)).filter((name) => name.includes('web6'))).toEqual([]);
  });

  it('revokes twenty writing guests one after the other and leaves the rest alone', async () => {
    const rest = await opened('steady', 1);
    const steady = await lab.login(rest, rest.initiatorAddress);
    const openedMs: number[] = [];
    const deletedMs: number[] = [];
    for (let generation = 1; generation <= 20; generation += 1) {
      await lab.store.createVolume('busy', SIZE_BYTES, null);
      const spec = specOf('busy', generation);
      openedMs.push(await lasting(() => lab.store.openTarget(spec)));
      const guest = await lab.login(spec, spec.initiatorAddress);
      guest?.startWriting();
      await expect
        .poll(() => guest?.acknowledgedWrites(), { timeout: 20_000, interval: 5 })
        .toBeGreaterThan(5);
      deletedMs.push(await lasting(() => lab.store.deleteTarget('busy', generation)));
      const content = await lab.content('busy');
      await guest?.close();
      expect(await lab.content('busy')).toBe(content);
    }
    expect(await steady?.write(0, 1)).toBe(true);
    await steady?.close();
    console.info(`openTarget ${summary(openedMs)}; deleteTarget under load ${summary(deletedMs)}`);
  });

  it('has no new tgtd while the write of a killed one is stuck', async () => {
    const spec = await opened('web9', 1);
    const guest = await lab.login(spec, spec.initiatorAddress);
    guest?.startWriting();
    await expect.poll(() => guest?.acknowledgedWrites(), { timeout: 20_000 }).toBeGreaterThan(5);
    await lab.freezeIo();
    try {
      await expect(lab.store.deleteTarget('web9', 1)).rejects.toMatchObject({ code: 'busy' });
      await lab.command('kill -9 $tgtd');
      // It gives up by itself; 124 would mean that it ran.
      await lab.command('timeout 3 tgtd -f --iscsi portal=0.0.0.0:3260; test $? -ne 124');
      await expect(lab.store.listTargets()).rejects.toMatchObject({
        code: expect.stringMatching(/^(timeout|unavailable)$/) as string,
      });
    } finally {
      await lab.thawIo();
      await guest?.close();
      await lab.crash();
    }
    expect(await lab.store.listTargets()).toEqual([]);
  });

  it('keeps secrets out of its errors', async () => {
    const spec = { ...specOf('web1', 1), chapUser: 'other', chapPassword: 'a-very-secret,word' };
    const error: unknown = await lab.store.openTarget(spec).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'internal' });
    expect(String(error)).not.toContain('very-secret');
  });

  it('says timeout while tgtd hangs and unavailable when it is dead', async () => {
    const spec = await opened('web8', 1);
    await lab.command('kill -STOP $tgtd');
    await expect(lab.store.deleteTarget('web8', 1)).rejects.toMatchObject({ code: 'timeout' });
    await lab.command('kill -CONT $tgtd');
    await lab.store.deleteTarget('web8', 1);
    expect((await lab.store.listTargets()).map(({ iqn }) => iqn)).not.toContain(spec.iqn);
    await lab.command('kill -9 $tgtd; wait $tgtd; true');
    await expect(lab.store.deleteTarget('web8', 1)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(lab.store.listTargets()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

async function lasting(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

function summary(valuesMs: number[]): string {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `median ${at(0.5)} ms, longest ${at(1)} ms`;
}
