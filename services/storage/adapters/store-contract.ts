/** What every `TargetStore` must do, run against the simulated SAN and against a real tgtd. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TargetSpec, TargetStore } from '../ports.js';

/** An initiator that has logged in. Blocks are 4 KiB. */
export interface Guest {
  /** True when the write was acknowledged; false when it failed or hangs. `mark` is 1 to 255. */
  write(block: number, mark: number): Promise<boolean>;
  /** Writes one block after another until it is closed. */
  startWriting(): void;
  acknowledgedWrites(): number;
  close(): Promise<void>;
}

/** An initiator whose login stopped after CHAP. */
export interface HalfGuest {
  /** True when the login came to its end. */
  finish(): Promise<boolean>;
  write(block: number, mark: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface StoreLab {
  store: TargetStore;
  /** Storage addresses of two hosts. */
  addresses: readonly [string, string];
  /** Null when the login was refused. */
  login(spec: TargetSpec, from: string): Promise<Guest | null>;
  loginHalfway(spec: TargetSpec): Promise<HalfGuest>;
  /** Puts an image there, which is not all zeros. */
  addImage(name: string, sizeMiB: number): Promise<void>;
  /** Equal before and after if and only if nobody wrote. */
  content(volume: string): Promise<string>;
  freezeIo(): Promise<void>;
  thawIo(): Promise<void>;
  /** Kills the target daemon without warning and starts it again. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

const SIZE_BYTES = 4 * 1024 * 1024;

/** `outside`: what a store leaves out, and why; its tests are shown as left out. */
export function describeTargetStore(
  name: string,
  makeLab: () => Promise<StoreLab>,
  outside: { secrets?: string } = {},
): void {
  const itGuards = it.runIf(outside.secrets === undefined);
  describe(name, { timeout: 60_000 }, () => {
    let lab: StoreLab;
    let last = 0;
    const guests: { close(): Promise<void> }[] = [];

    beforeAll(async () => {
      lab = await makeLab();
    }, 60_000);
    afterAll(async () => {
      await Promise.all(guests.map((guest) => guest.close()));
      await lab.close();
    }, 60_000);

    const newVolume = async (): Promise<string> => {
      last += 1;
      await lab.store.createVolume(`disk${last}`, SIZE_BYTES, null);
      return `disk${last}`;
    };
    const specOf = (volume: string, generation: number): TargetSpec => ({
      volume,
      generation,
      iqn: `iqn.2026-01.io.holdfast:${volume}.g${generation}`,
      initiatorAddress: lab.addresses[0],
      chapUser: `${volume}.g${generation}`,
      chapPassword: `secret-of-${volume}-${generation}`,
    });
    const opened = async (volume: string, generation: number): Promise<TargetSpec> => {
      const spec = specOf(volume, generation);
      await lab.store.openTarget(spec);
      return spec;
    };
    const loggedIn = async (spec: TargetSpec): Promise<Guest> => {
      const guest = await lab.login(spec, spec.initiatorAddress);
      if (!guest) throw new Error(`login to ${spec.iqn} was refused`);
      guests.push(guest);
      return guest;
    };
    const writing = async (spec: TargetSpec): Promise<Guest> => {
      const guest = await loggedIn(spec);
      guest.startWriting();
      await expect.poll(() => guest.acknowledgedWrites(), { timeout: 20_000 }).toBeGreaterThan(20);
      return guest;
    };
    const targetNames = async (volume: string): Promise<string[]> =>
      (await lab.store.listTargets())
        .filter((target) => target.volume === volume)
        .map(({ iqn }) => iqn);

    it('lets the initiator with the right address and secret log in and write', async () => {
      const volume = await newVolume();
      const spec = await opened(volume, 1);
      const before = await lab.content(volume);
      const guest = await loggedIn(spec);
      expect(await guest.write(0, 1)).toBe(true);
      expect(await lab.content(volume)).not.toBe(before);
      const sessions = (await lab.store.listTargets()).find(
        ({ iqn }) => iqn === spec.iqn,
      )?.sessions;
      expect(sessions).toEqual([lab.addresses[0]]);
    });

    itGuards('refuses a wrong secret', async () => {
      const spec = await opened(await newVolume(), 1);
      const guess = { ...spec, chapPassword: 'not-the-secret-of-it' };
      expect(await lab.login(guess, spec.initiatorAddress)).toBeNull();
    });

    itGuards('refuses the account of another target', async () => {
      const spec = await opened(await newVolume(), 1);
      const other = await opened(await newVolume(), 1);
      const { chapUser, chapPassword } = other;
      expect(
        await lab.login({ ...spec, chapUser, chapPassword }, spec.initiatorAddress),
      ).toBeNull();
    });

    it('refuses another initiator that knows the secret', async () => {
      const spec = await opened(await newVolume(), 1);
      expect(await lab.login(spec, lab.addresses[1])).toBeNull();
    });

    it('opens a target again without harm to its session', async () => {
      const volume = await newVolume();
      const spec = await opened(volume, 1);
      const guest = await loggedIn(spec);
      await lab.store.openTarget(spec);
      expect(await targetNames(volume)).toEqual([spec.iqn]);
      expect(await guest.write(1, 2)).toBe(true);
    });

    itGuards('takes a new secret for an open target, and the old one no longer', async () => {
      const volume = await newVolume();
      const spec = await opened(volume, 1);
      const guest = await loggedIn(spec);
      const renewed = { ...spec, chapPassword: 'another-secret-for-it' };
      await lab.store.openTarget(renewed);
      expect(await lab.login(spec, spec.initiatorAddress)).toBeNull();
      await loggedIn(renewed);
      expect(await guest.write(1, 2)).toBe(true);
    });

    it('refuses to open a target for a second initiator', async () => {
      const spec = await opened(await newVolume(), 1);
      const other = { ...spec, initiatorAddress: lab.addresses[1] };
      await expect(lab.store.openTarget(other)).rejects.toMatchObject({ code: 'internal' });
      await loggedIn(spec);
    });

    itGuards('refuses an account that another target uses', async () => {
      const spec = await opened(await newVolume(), 1);
      const { chapUser } = spec;
      const second = { ...specOf(await newVolume(), 1), chapUser };
      await expect(lab.store.openTarget(second)).rejects.toMatchObject({ code: 'internal' });
      expect(
        await lab.login({ ...spec, chapPassword: 'not-the-secret-of-it' }, spec.initiatorAddress),
      ).toBeNull();
    });

    it('refuses a target without its volume and leaves nothing half-made', async () => {
      const spec = specOf('missing', 1);
      await expect(lab.store.openTarget(spec)).rejects.toMatchObject({ code: 'not-found' });
      expect(await targetNames('missing')).toEqual([]);
    });

    it('lets no write land once the target of a writing guest is deleted', async () => {
      const volume = await newVolume();
      const spec = await opened(volume, 1);
      const guest = await writing(spec);
      await lab.store.deleteTarget(volume, 1);
      const after = await lab.content(volume);
      expect(await targetNames(volume)).toEqual([]);
      expect(await lab.login(spec, spec.initiatorAddress)).toBeNull();
      expect(await guest.write(3, 3)).toBe(false);
      expect(await lab.content(volume)).toBe(after);
    });

    it('deletes a target twice, or one that never was', async () => {
      const volume = await newVolume();
      await opened(volume, 1);
      await lab.store.deleteTarget(volume, 1);
      await lab.store.deleteTarget(volume, 1);
      await lab.store.deleteTarget(volume, 7);
      await lab.store.deleteTarget('never', 1);
    });

    it('gives a login frozen after CHAP nothing once its target is deleted', async () => {
      const volume = await newVolume();
      const spec = await opened(volume, 1);
      const frozen = await lab.loginHalfway(spec);
      guests.push(frozen);
      await lab.store.deleteTarget(volume, 1);
      // A successor over the same volume, and one that would have got a reused number.
      await opened(volume, 2);
      const before = await lab.content(volume);
      expect((await frozen.finish()) && (await frozen.write(0, 9))).toBe(false);
      expect(await lab.content(volume)).toBe(before);
      expect(
        (await lab.store.listTargets()).find((target) => target.volume === volume)?.sessions,
      ).toEqual([]);
    });

    it('lets the same half-way login finish and write when its target stays', async () => {
      const volume = await newVolume();
      const frozen = await lab.loginHalfway(await opened(volume, 1));
      guests.push(frozen);
      const before = await lab.content(volume);
      expect(await frozen.finish()).toBe(true);
      expect(await frozen.write(0, 9)).toBe(true);
      expect(await lab.content(volume)).not.toBe(before);
    });

    it('proves nothing while a write is stuck, and deletes once it has landed', async () => {
      const volume = await newVolume();
      const spec = await opened(volume, 1);
      const guest = await writing(spec);
      await lab.freezeIo();
      try {
        await stalled(guest);
        await expect(lab.store.deleteTarget(volume, 1)).rejects.toMatchObject({ code: 'busy' });
        expect(await lab.login(spec, spec.initiatorAddress)).toBeNull();
      } finally {
        await lab.thawIo();
      }
      await expect.poll(() => deleted(lab.store, volume), { timeout: 20_000 }).toBe(true);
      const after = await lab.content(volume);
      expect(await guest.write(3, 3)).toBe(false);
      expect(await lab.content(volume)).toBe(after);
    });

    it('serves one volume through two targets while it migrates, and each goes alone', async () => {
      const volume = await newVolume();
      const source = await opened(volume, 1);
      const target = await opened(volume, 2);
      const leaving = await loggedIn(source);
      const arriving = await loggedIn(target);
      expect(await leaving.write(0, 1)).toBe(true);
      await lab.store.deleteTarget(volume, 1);
      expect(await arriving.write(1, 2)).toBe(true);
      expect(await leaving.write(2, 3)).toBe(false);
      expect(await targetNames(volume)).toEqual([target.iqn]);
    });

    it('keeps a volume that is served and deletes it afterwards, twice', async () => {
      const volume = await newVolume();
      await opened(volume, 1);
      await expect(lab.store.deleteVolume(volume)).rejects.toMatchObject({ code: 'busy' });
      await lab.store.deleteTarget(volume, 1);
      await lab.store.deleteVolume(volume);
      await lab.store.deleteVolume(volume);
      expect((await lab.store.listVolumes()).map((found) => found.volume)).not.toContain(volume);
    });

    it('creates a volume again only with its size, and none too large', async () => {
      const volume = await newVolume();
      await lab.store.createVolume(volume, SIZE_BYTES, null);
      await expect(lab.store.createVolume(volume, SIZE_BYTES * 2, null)).rejects.toMatchObject({
        code: 'internal',
      });
      await expect(lab.store.createVolume('odd', 1000, null)).rejects.toMatchObject({
        code: 'internal',
      });
      const { freeBytes } = await lab.store.capacity();
      const tooLarge = (Math.floor(freeBytes / 512) + 1) * 512;
      await expect(lab.store.createVolume('huge', tooLarge, null)).rejects.toMatchObject({
        code: 'no-space',
      });
      const sizes = (await lab.store.listVolumes()).filter((found) =>
        [volume, 'odd', 'huge'].includes(found.volume),
      );
      expect(sizes).toEqual([{ volume, sizeBytes: SIZE_BYTES }]);
    });

    it('makes volumes from an image, of its size and larger, and tells what there is', async () => {
      await lab.addImage('golden', 2);
      expect(await lab.store.listImages()).toMatchObject([{ name: 'golden', sizeMiB: 2 }]);
      await lab.store.createVolume('copy1', 2 * 2 ** 20, { image: 'golden' });
      await lab.store.createVolume('copy2', SIZE_BYTES, { image: 'golden' });
      await lab.store.createVolume('copy2', SIZE_BYTES, { image: 'golden' });
      const sizes = (await lab.store.listVolumes()).filter(({ volume }) => volume.startsWith('copy'));
      expect(sizes).toEqual([
        { volume: 'copy1', sizeBytes: 2 * 2 ** 20 },
        { volume: 'copy2', sizeBytes: SIZE_BYTES },
      ]);
      const guest = await loggedIn(await opened('copy1', 1));
      expect(await guest.write(0, 1)).toBe(true);
    });

    it('makes no volume from an image that is not there, or larger', async () => {
      await lab.addImage('large', 8);
      const code = async (image: string): Promise<unknown> =>
        await lab.store.createVolume('none', SIZE_BYTES, { image }).catch((error: { code: string }) => error.code);
      expect(await code('large')).toBe('unusable');
      for (const name of ['missing', '..', '../large', 'large.raw', '/dev/zero', '']) {
        expect(await code(name)).toBe('not-found');
      }
      expect((await lab.store.listVolumes()).map(({ volume }) => volume)).not.toContain('none');
    });

    it('copies a volume that nobody has open, whole and at most once, and leaves it as it was', async () => {
      const volume = await newVolume();
      const guest = await loggedIn(await opened(volume, 1));
      expect(await guest.write(3, 7)).toBe(true);
      const copy = (): Promise<unknown> =>
        lab.store.createVolume(`${volume}-copy`, SIZE_BYTES, { volume }).catch((error: { code: string }) => error.code);
      expect(await copy()).toBe('busy');
      await guest.close();
      await lab.store.deleteTarget(volume, 1);
      const before = await lab.content(volume);
      expect(await copy()).toBeUndefined();
      expect([await lab.content(volume), await lab.content(`${volume}-copy`)]).toEqual([before, before]);
      expect(await (await loggedIn(await opened(`${volume}-copy`, 1))).write(0, 9)).toBe(true);
      await opened(volume, 2);
      expect(await copy()).toBeUndefined();
      expect(await lab.content(volume)).toBe(before);
    });

    it('neither opens nor deletes what is being copied, and copies nothing that was opened or deleted', async () => {
      const outcome = (work: Promise<unknown>): Promise<string> =>
        work.then(() => 'done', (error: { code: string }) => error.code);
      for (const change of [(name: string) => opened(name, 1), (name: string) => lab.store.deleteVolume(name)]) {
        const volume = await newVolume();
        let copied: string | null = null;
        const copying = outcome(lab.store.createVolume(`${volume}-copy`, SIZE_BYTES, { volume }));
        void copying.then((how) => (copied = how));
        const changed = await outcome(change(volume));
        const isMeanwhile = copied === null;
        if (changed === 'done' && isMeanwhile) expect(['busy', 'not-found']).toContain(await copying);
        else if (changed !== 'done') expect([changed, await copying]).toEqual(['busy', 'done']);
      }
    });

    it('copies no volume that is not there, or larger', async () => {
      const volume = await newVolume();
      const code = async (from: string, bytes: number): Promise<unknown> =>
        await lab.store.createVolume('no-copy', bytes, { volume: from }).catch((error: { code: string }) => error.code);
      expect(await code('missing', SIZE_BYTES)).toBe('not-found');
      expect(await code(volume, SIZE_BYTES / 2)).toBe('unusable');
      expect((await lab.store.listVolumes()).map((each) => each.volume)).not.toContain('no-copy');
    });

    it('starts closed after a crash of the target daemon, and opens again', async () => {
      const volume = await newVolume();
      const spec = await opened(volume, 1);
      const guest = await loggedIn(spec);
      await lab.crash();
      expect(await lab.store.listTargets()).toEqual([]);
      expect(await guest.write(0, 4)).toBe(false);
      const next = await opened(volume, 2);
      expect(await (await loggedIn(next)).write(0, 5)).toBe(true);
    });
  });
}

/** Resolves when the guest's writes have stopped coming back. */
async function stalled(guest: Guest): Promise<void> {
  let before = -1;
  await expect
    .poll(
      () => {
        const now = guest.acknowledgedWrites();
        const still = now === before;
        before = now;
        return still;
      },
      { interval: 300, timeout: 20_000 },
    )
    .toBe(true);
}

async function deleted(store: TargetStore, volume: string): Promise<boolean> {
  try {
    await store.deleteTarget(volume, 1);
    return true;
  } catch {
    return false;
  }
}
