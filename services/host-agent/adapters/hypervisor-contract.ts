/**
 * What every implementation of the hypervisor port must do; run against the simulated and the real
 * one.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type {
  DomainIdentity,
  DomainSpec,
  Hypervisor,
  HypervisorError,
  HypervisorEvent,
  SecretValue,
} from '../ports.js';

export interface HypervisorBench {
  /** Two hosts that can migrate to each other, with nothing on them. */
  first: Hypervisor;
  second: Hypervisor;
  addressOfSecond: string;
  /** A VM with one disk whose target for this generation is open. */
  guest(vm: string, generation: number): Promise<{ spec: DomainSpec; secrets: SecretValue[] }>;
  /** Resolves once the guest has come far enough to obey its power button. */
  untilGuestListens(hypervisor: Hypervisor, vm: string): Promise<void>;
  /** On the first host: the guest hangs, panics, or does not feed its watchdog. */
  troubleGuest(vm: string, trouble: 'hangs' | 'panics' | 'watchdog'): Promise<void>;
  killDaemonOfFirst(): Promise<void>;
  startDaemonOfFirst(): Promise<void>;
  close(): Promise<void>;
}

const patience = { timeout: 60_000, interval: 20 };

/** `outside`: what a hypervisor leaves out, and why; its tests are shown as left out. */
export function describeHypervisor(
  name: string,
  create: () => Promise<HypervisorBench>,
  outside: { watchdogs?: string } = {},
): void {
  describe(`${name} hypervisor`, () => {
    let bench: HypervisorBench;
    const events: HypervisorEvent[] = [];
    const started: DomainIdentity[] = [];

    beforeAll(async () => {
      bench = await create();
      bench.first.onEvent((event) => events.push(event));
      await bench.first.connect();
      await bench.second.connect();
    });

    afterEach(async () => {
      for (const identity of started.splice(0)) {
        await bench.first.destroy(identity);
        await bench.second.destroy(identity);
      }
      events.splice(0);
    });

    afterAll(async () => {
      await bench?.first.close();
      await bench?.second.close();
      await bench?.close();
    });

    async function start(
      vm: string,
      generation = 1,
      probeDevices?: DomainSpec['probeDevices'],
      size: Partial<Pick<DomainSpec, 'memoryMiB' | 'maxCpus' | 'maxMemoryMiB'>> = {},
    ): Promise<DomainSpec> {
      const { spec: plain, secrets } = await bench.guest(vm, generation);
      const spec = { ...plain, ...size, ...(probeDevices ? { probeDevices } : {}) };
      started.push(spec.identity);
      await bench.first.start(spec, secrets);
      return spec;
    }

    const onFirst = async (): Promise<unknown> => bench.first.list();
    const changes = (vm: string): string[] =>
      events.flatMap((event) =>
        event.kind === 'changed' && event.vm === vm ? [event.detail] : [],
      );

    const ending = (vm: string): unknown =>
      events.find((event) => event.kind === 'changed' && event.vm === vm && event.ending);

    test('tells who it is and what it has', async () => {
      const capacity = await bench.first.capacity();
      expect(capacity.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(capacity.cpus).toBeGreaterThan(0);
      expect(capacity.memoryMiB).toBeGreaterThan(256);
      expect((await bench.second.capacity()).uuid).not.toBe(capacity.uuid);
    });

    test('lists a started VM as running, with its identity, and says that it changed', async () => {
      const { identity } = await start('listed', 7);
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
      await vi.waitFor(() => expect(changes('listed')).toContain('started'), patience);
    });

    test('shows what a guest has on its screen, and nothing of a VM that is not here', async () => {
      await start('seen');
      const png = await bench.first.screenshot('seen');
      expect(png.toString('latin1', 0, 4)).toBe('\x89PNG');
      await expect(bench.first.screenshot('unseen')).rejects.toMatchObject({ code: 'no-domain' });
    });

    test('refuses a second copy of a VM as a conflict and leaves the first alone', async () => {
      const { identity } = await start('twice', 1);
      const again = await bench.guest('twice', 2);
      await expect(bench.first.start(again.spec, again.secrets)).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
    });

    test('starts a VM once when asked twice at the same moment', async () => {
      const { spec, secrets } = await bench.guest('raced', 1);
      started.push(spec.identity);
      const outcomes = await Promise.allSettled([
        bench.first.start(spec, secrets),
        bench.first.start(spec, secrets),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
      expect(rejected?.reason).toMatchObject({ code: 'conflict' });
      expect(await onFirst()).toHaveLength(1);
    });

    test('refuses to start a VM whose CHAP password is missing, and leaves nothing behind', async () => {
      const { spec } = await bench.guest('unarmed', 1);
      await expect(bench.first.start(spec, [])).rejects.toMatchObject({ code: 'refused' });
      expect(await onFirst()).toEqual([]);
    });

    test('destroys the copy of exactly this generation and no other', async () => {
      const { identity } = await start('doomed', 5);
      await bench.first.destroy({ ...identity, generation: 4 });
      await bench.first.destroy({ ...identity, generation: 6 });
      await bench.first.destroy({ ...identity, uid: 'another' });
      await bench.first.destroy({ ...identity, incarnation: 'another' });
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
      await bench.first.destroy(identity);
      expect(await onFirst()).toEqual([]);
      await vi.waitFor(() => expect(ending('doomed')).toMatchObject({ ending: 'destroyed' }), patience);
      await bench.first.destroy(identity);
    });

    test('shuts a VM down by its power button', async () => {
      await start('sleepy');
      await bench.untilGuestListens(bench.first, 'sleepy');
      await bench.first.shutdown('sleepy');
      await vi.waitFor(async () => expect(await onFirst()).toEqual([]), patience);
      await vi.waitFor(
        () => expect(ending('sleepy')).toMatchObject({ detail: 'stopped', ending: 'guest-shutdown' }),
        patience,
      );
    });

    test('reboots a VM in place, gently and by force', async () => {
      const { identity } = await start('restless');
      await bench.untilGuestListens(bench.first, 'restless');
      await bench.first.reboot('restless', false);
      await vi.waitFor(() => expect(changes('restless')).toContain('rebooted'), patience);
      events.splice(0);
      await bench.first.reboot('restless', true);
      await vi.waitFor(() => expect(changes('restless')).toContain('rebooted'), patience);
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
    });

    test('lets exactly one copy stand still until it is let go on', async () => {
      const { identity } = await start('still');
      await bench.untilGuestListens(bench.first, 'still');
      const missing = { code: 'no-domain' } satisfies Partial<HypervisorError>;
      await expect(bench.first.suspend({ ...identity, generation: 7 })).rejects.toMatchObject(missing);
      await bench.first.suspend(identity);
      await bench.first.suspend(identity);
      expect(changes('still')).toContain('suspended');
      // What a person has paused looks as one does that has arrived.
      expect(await onFirst()).toEqual([{ identity, state: 'paused', incoming: 'arrived' }]);
      await bench.first.resume(identity);
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
    });

    test('gives exactly one copy more CPUs and memory, up to its maximum, and nothing twice', async () => {
      const { identity } = await start('growing', 1, undefined, { memoryMiB: 256, maxCpus: 3, maxMemoryMiB: 768 });
      const has = async (): Promise<unknown> => bench.first.sizeOf(identity);
      expect(await has()).toEqual({ cpus: 1, memoryMiB: 256 });
      const missing = { code: 'no-domain' } satisfies Partial<HypervisorError>;
      const other = { ...identity, generation: 7 };
      await expect(bench.first.resize(other, { cpus: 2, memoryMiB: 256 })).rejects.toMatchObject(missing);
      for (const _ of ['once', 'again']) await bench.first.resize(identity, { cpus: 2, memoryMiB: 384 });
      expect(await has()).toEqual({ cpus: 2, memoryMiB: 384 });
      await bench.first.resize(identity, { cpus: 3, memoryMiB: 384 });
      await expect(bench.first.resize(identity, { cpus: 4, memoryMiB: 384 })).rejects.toThrow();
      await expect(bench.first.resize(identity, { cpus: 3, memoryMiB: 1024 })).rejects.toThrow();
      expect(await has()).toEqual({ cpus: 3, memoryMiB: 384 });
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
    });

    const everything = { panic: true, watchdog: true, agent: true };

    test('keeps a guest that has panicked, says so, and lets it go on by a reset', async () => {
      const { identity } = await start('panicking', 1, everything);
      await bench.untilGuestListens(bench.first, 'panicking');
      await bench.troubleGuest('panicking', 'panics');
      await vi.waitFor(() => expect(changes('panicking')).toContain('crashed'), patience);
      expect(await onFirst()).toEqual([{ identity, state: 'panicked', incoming: null }]);
      expect(ending('panicking')).toBeUndefined();
      events.splice(0);
      await bench.first.reboot('panicking', true);
      await vi.waitFor(() => expect(changes('panicking')).toContain('rebooted'), patience);
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
    });

    test.runIf(outside.watchdogs === undefined)('says when a guest does not feed its watchdog', async () => {
      const { identity } = await start('starving', 1, everything);
      await bench.untilGuestListens(bench.first, 'starving');
      await bench.troubleGuest('starving', 'watchdog');
      await vi.waitFor(() => expect(changes('starving')).toContain('watchdog'), patience);
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
    });

    test('pings the agent of a guest, and tells silence from what cannot be asked', async () => {
      await start('deaf', 1);
      expect(await bench.first.pingGuest('deaf', 1000)).toEqual({ result: 'unknown' });
      expect(await bench.first.pingGuest('nobody', 1000)).toEqual({ result: 'unknown' });
      await start('asked', 1, everything);
      const ping = async (): Promise<string> => (await bench.first.pingGuest('asked', 1000)).result;
      await bench.untilGuestListens(bench.first, 'asked');
      await vi.waitFor(async () => expect(await ping()).toBe('passed'), patience);
      await bench.troubleGuest('asked', 'panics');
      await vi.waitFor(async () => expect(await ping()).not.toBe('passed'), patience);
    });

    test('knows no VM that is not there', async () => {
      const { spec } = await bench.guest('nobody', 1);
      const missing = { code: 'no-domain' } satisfies Partial<HypervisorError>;
      await expect(bench.first.shutdown('nobody')).rejects.toMatchObject(missing);
      await expect(bench.first.reboot('nobody', true)).rejects.toMatchObject(missing);
      await expect(bench.first.setLink('nobody', false)).rejects.toMatchObject(missing);
      await expect(
        bench.first.migrate(
          'nobody',
          { spec, address: bench.addressOfSecond },
          { timeoutMs: 1_000 },
        ),
      ).rejects.toMatchObject(missing);
      await expect(bench.first.resume(spec.identity)).rejects.toMatchObject(missing);
      await bench.first.destroy(spec.identity);
      await bench.first.abortMigration('nobody');
    });

    test('cuts and restores the link of a running VM', async () => {
      const { identity } = await start('cut');
      await bench.first.setLink('cut', false);
      await bench.first.setLink('cut', true);
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
    });

    test('migrates a running VM to another host, where it stands paused until it is told to go on', async () => {
      // Whatever its guest is looked at by moves with it.
      const grows = { memoryMiB: 256, maxCpus: 2, maxMemoryMiB: 512 };
      const { identity } = await start('moving', 1, { panic: true, watchdog: true, agent: true }, grows);
      await bench.untilGuestListens(bench.first, 'moving');
      const size = { cpus: 2, memoryMiB: 384 };
      await bench.first.resize(identity, size);
      const { spec: plain, secrets } = await bench.guest('moving', 2);
      const spec = { ...plain, ...grows, ...size };
      started.push(spec.identity);
      await bench.second.prepareIncoming(spec.disks, secrets);
      const migration = bench.first.migrate(
        'moving',
        { spec, address: bench.addressOfSecond },
        { timeoutMs: 60_000 },
      );
      let ended = false;
      void migration
        .catch(() => undefined)
        .finally(() => {
          ended = true;
        });
      const seen: string[] = [];
      while (!ended) {
        seen.push(
          ...(await bench.second.list()).map(({ state, incoming }) => `${state} ${incoming}`),
        );
        for (const { incoming } of await bench.first.list()) expect(incoming).toBe(null);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const result = await migration;
      await vi.waitFor(
        () => expect(ending('moving')).toMatchObject({ ending: 'migrated' }),
        patience,
      );
      expect(seen).toContain('paused receiving');
      expect(seen.filter((state) => state.startsWith('running'))).toEqual([]);
      expect(await onFirst()).toEqual([]);
      const onSecond = async (): Promise<unknown> => bench.second.list();
      expect(await onSecond()).toEqual([{ identity: spec.identity, state: 'paused', incoming: 'arrived' }]);
      const missing = { code: 'no-domain' } satisfies Partial<HypervisorError>;
      await expect(bench.second.resume({ ...spec.identity, generation: 3 })).rejects.toMatchObject(missing);
      expect(await onSecond()).toEqual([{ identity: spec.identity, state: 'paused', incoming: 'arrived' }]);
      await bench.second.resume(spec.identity);
      expect(await onSecond()).toEqual([{ identity: spec.identity, state: 'running', incoming: null }]);
      await bench.second.resume(spec.identity);
      expect(await onSecond()).toEqual([{ identity: spec.identity, state: 'running', incoming: null }]);
      expect(await bench.second.sizeOf(spec.identity)).toEqual(size);
      expect(result.downtimeMs).toBeGreaterThanOrEqual(0);
      expect(result.downtimeMs).toBeLessThanOrEqual(result.durationMs);
    });

    test('leaves the VM where it is when the destination has no secret for its disk', async () => {
      const { identity } = await start('staying', 1);
      const { spec } = await bench.guest('staying', 2);
      started.push(spec.identity);
      await expect(
        bench.first.migrate(
          'staying',
          { spec, address: bench.addressOfSecond },
          { timeoutMs: 60_000 },
        ),
      ).rejects.toMatchObject({ name: 'HypervisorError' });
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
      await vi.waitFor(async () => expect(await bench.second.list()).toEqual([]), patience);
    });

    test('leaves the VM where it is when the migration is aborted', async () => {
      const { identity } = await start('wavering', 1);
      const { spec, secrets } = await bench.guest('wavering', 2);
      started.push(spec.identity);
      await bench.second.prepareIncoming(spec.disks, secrets);
      let ended = false;
      const migration = bench.first
        .migrate('wavering', { spec, address: bench.addressOfSecond }, { timeoutMs: 60_000 })
        .finally(() => {
          ended = true;
        });
      const outcome = expect(migration).rejects.toMatchObject({ code: 'refused' });
      while (!ended) {
        await bench.first.abortMigration('wavering');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await outcome;
      await vi.waitFor(async () => {
        expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
        expect(await bench.second.list()).toEqual([]);
      }, patience);
    });

    test('says when its daemon is lost and when it is back, and the VM runs on', async () => {
      const { identity } = await start('unmoved');
      await bench.killDaemonOfFirst();
      await vi.waitFor(() => expect(events).toContainEqual({ kind: 'disconnected' }), patience);
      expect(bench.first.connected).toBe(false);
      await expect(bench.first.list()).rejects.toMatchObject({ code: 'disconnected' });
      events.splice(0);
      await bench.startDaemonOfFirst();
      await vi.waitFor(() => expect(events).toContainEqual({ kind: 'connected' }), patience);
      expect(bench.first.connected).toBe(true);
      expect(await onFirst()).toEqual([{ identity, state: 'running', incoming: null }]);
      await bench.first.reboot('unmoved', true);
      await vi.waitFor(() => expect(changes('unmoved')).toContain('rebooted'), patience);
    });
  });
}
