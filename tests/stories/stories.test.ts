import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faults, World } from './world.js';

type Options = ConstructorParameters<typeof World>[0];
const isRunning = (world: World): boolean => world.vm().phase === 'running';
const at = (world: World): string | undefined => world.vm().assignment?.host;

function running(options: Options = {}, host = 'h1'): World {
  const world = new World(options);
  world.ask('create', host);
  world.until(() => isRunning(world));
  return world;
}

/** One writer, the one that the record names, and no target besides its own. */
function expectOneWriter(world: World): void {
  const { assignment, volumes } = world.vm();
  const volume = volumes[0]?.volume ?? '';
  expect(world.writers(volume)).toEqual([`${assignment?.host} g${assignment?.generation}`]);
  expect([...(world.storage.targets.get(volume) ?? [])]).toEqual([assignment?.generation]);
}

function expectNobody(world: World): void {
  const volume = world.vm().volumes[0]?.volume ?? '';
  expect(world.writers(volume)).toEqual([]);
  expect([...(world.storage.targets.get(volume) ?? [])]).toEqual([]);
}

const stories: Record<string, (options?: Options) => World> = {
  create: (options) => {
    const world = running(options);
    world.rest();
    expectOneWriter(world);
    return world;
  },
  'stop and start': (options) => {
    const world = running(options);
    const stop = world.ask('stop');
    world.until(() => world.vm().phase === 'stopped');
    expect(world.ended(stop)).toBe('done');
    expectNobody(world);
    world.ask('start');
    world.until(() => isRunning(world));
    world.rest();
    expectOneWriter(world);
    return world;
  },
  delete: (options) => {
    const world = running(options);
    world.ask('delete');
    world.until(() => world.vm().phase === 'deleted');
    world.rest();
    expectNobody(world);
    expect([...world.storage.volumes.values()].map(({ state }) => state)).toEqual(['deleted']);
    return world;
  },
  migrate: (options) => {
    const world = running(options);
    world.ask('migrate', 'h2');
    world.until(() => isRunning(world) && world.vm().operation === null);
    world.rest();
    expect(isRunning(world)).toBe(true);
    expectOneWriter(world);
    return world;
  },
  'a host loses power': (options) => {
    const world = running(options);
    world.host('h1').losePower();
    world.until(() => isRunning(world) && at(world) !== 'h1');
    world.rest();
    expectOneWriter(world);
    world.host('h1').powerOn(world.nowMs);
    world.until(() => world.hostRecords.get('h1')?.health === 'online');
    world.rest();
    expectOneWriter(world);
    return world;
  },
  'a host is isolated while its guest writes': (options) => {
    const world = running(options);
    const host = world.host('h1');
    host.managementUp = false;
    host.bmcUp = false;
    world.until(() => isRunning(world) && at(world) !== 'h1');
    expect(host.domains).toHaveLength(1);
    world.rest();
    expectOneWriter(world);
    host.managementUp = true;
    world.until(() => world.hostRecords.get('h1')?.health === 'online');
    expect(host.domains).toHaveLength(0);
    world.rest();
    expectOneWriter(world);
    return world;
  },
};

describe('a story', () => {
  test('a created VM runs, and the operation is done when it is seen running', () => {
    const world = new World();
    const operation = world.ask('create', 'h1');
    world.tick();
    expect(world.ended(operation)).toBeUndefined();
    world.until(() => isRunning(world));
    expect(world.ended(operation)).toBe('done');
    expect(at(world)).toBe('h1');
  });

  for (const [name, tell] of Object.entries(stories)) {
    test(`${name}: comes to its end`, () => void tell());
    test(`${name}: comes to its end on old facts`, () => {
      for (const lagTicks of [1, 3, 10]) tell({ lagTicks });
    });
  }

  test('a migration is done on the observed end, and the source keeps no access', () => {
    const world = running();
    const operation = world.ask('migrate', 'h2');
    world.until(() => isRunning(world) && at(world) === 'h2');
    expect(world.ended(operation)).toBe('done');
    expectOneWriter(world);
    expect(world.host('h1').domains).toEqual([]);
  });

  test('recovery rests on proof: power for the dead host, revocation for the isolated one', () => {
    const dead = stories['a host loses power']?.();
    const kinds = dead?.hostRecords.get('h1')?.evidence.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['power-off', 'storage-revoked', 'rebooted']));
    const isolated = stories['a host is isolated while its guest writes']?.();
    expect(isolated?.hostRecords.get('h1')?.evidence.map(({ kind }) => kind)).toEqual(['storage-revoked']);
  });

  for (const stage of ['opening', 'moving', 'closing'] as const) {
    for (const victim of ['h1', 'h2'] as const) {
      const role = victim === 'h1' ? 'source' : 'target';

      test(`a migration whose ${role} dies while ${stage} leaves one survivor`, () => {
        const world = running();
        world.ask('migrate', 'h2');
        world.until(() => world.vm().migration?.stage === stage);
        world.host(victim).losePower();
        world.until(() => isRunning(world) && world.vm().migration === null && at(world) !== victim);
        world.rest();
        expect(isRunning(world)).toBe(true);
        expectOneWriter(world);
      });

      test(`a migration whose ${role} is cut off while ${stage} leaves one survivor`, () => {
        const world = running();
        world.ask('migrate', 'h2');
        world.until(() => world.vm().migration?.stage === stage);
        world.host(victim).managementUp = false;
        world.host(victim).bmcUp = false;
        world.until(() => world.hostRecords.get(victim)?.health === 'fenced');
        world.until(() => isRunning(world) && world.vm().migration === null && at(world) !== victim);
        world.rest();
        expectOneWriter(world);
      });
    }
  }

  test('a VM without a volume on an isolated host waits until its old copy is known to be gone', () => {
    const world = running({ isDiskless: true });
    const host = world.host('h1');
    Object.assign(host, { managementUp: false, bmcUp: false });
    world.until(() => world.hostRecords.get('h1')?.health === 'fenced');
    world.rest(300);
    expect(world.vm().phase).toBe('recovering');
    host.bmcUp = true;
    host.losePower();
    host.powerOn(world.nowMs);
    host.managementUp = true;
    world.until(() => isRunning(world) && world.vm().generation > 1);
  });

  test('a VM without a volume whose start never arrived goes on when its host has cleaned up', () => {
    const world = new World({ isDiskless: true });
    const host = world.host('h1');
    Object.assign(host, { managementUp: false, bmcUp: false });
    world.ask('create', 'h1');
    world.until(() => world.vm().phase === 'recovering');
    Object.assign(host, { managementUp: true, bmcUp: true });
    world.until(() => isRunning(world));
    expect(world.hostRecords.get('h1')?.evidence.map(({ kind }) => kind)).toEqual(['storage-revoked']);
  });

  test('a stop in the middle of a migration ends with the VM stopped', () => {
    const world = running();
    world.ask('migrate', 'h2');
    world.until(() => world.vm().migration?.stage === 'moving');
    const stop = world.ask('stop');
    world.until(() => world.ended(stop) !== undefined);
    expect([world.ended(stop), world.vm().phase]).toEqual(['done', 'stopped']);
    expectNobody(world);
  });

  test('a storage daemon that forgets its targets opens them again to the same holder only', () => {
    const world = running();
    world.storage.loseTargets();
    world.rest();
    expectOneWriter(world);
    expect(world.vm().generation).toBe(1);
  });
});

describe('one fault at every effect in turn', () => {
  for (const fault of faults) {
    for (const [name, tell] of Object.entries(stories)) {
      test(`${name}: ${fault}`, () => {
        const total = tell().effectCount;
        for (let effect = 1; effect <= total; effect += 1) {
          const where = `${name}: ${fault} at effect ${effect}`;
          expect(() => tell({ fault: { kind: fault, at: effect } }), where).not.toThrow();
        }
      });
    }
  }
});

type Event =
  | { kind: 'stop' | 'start' | 'migrate' | 'delete' }
  | { kind: 'power-cut' | 'power-on' | 'isolate' | 'reconnect' | 'restart-agent'; host: string }
  | { kind: 'lose-targets' | 'wait' };

const hostName = fc.constantFrom('h1', 'h2', 'h3');
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constantFrom('stop' as const, 'start' as const, 'migrate' as const) }),
  fc.record({
    kind: fc.constantFrom('power-cut' as const, 'power-on' as const, 'isolate' as const),
    host: hostName,
  }),
  fc.record({ kind: fc.constantFrom('reconnect' as const, 'restart-agent' as const), host: hostName }),
  fc.record({ kind: fc.constantFrom('lose-targets' as const, 'wait' as const) }),
);

function happen(world: World, happening: Event): void {
  switch (happening.kind) {
    case 'stop':
    case 'start':
    case 'migrate':
    case 'delete':
      try {
        world.ask(happening.kind);
      } catch {
        // Refused, with a reason: then it does not happen.
      }
      return;
    case 'lose-targets':
      return world.storage.loseTargets();
    case 'wait':
      return world.rest(30);
    default: {
      const host = world.host(happening.host);
      if (happening.kind === 'power-cut') host.losePower();
      if (happening.kind === 'power-on') host.powerOn(world.nowMs);
      if (happening.kind === 'restart-agent') host.restartAgent(world.nowMs);
      if (happening.kind === 'isolate') Object.assign(host, { managementUp: false, bmcUp: false });
      if (happening.kind === 'reconnect') Object.assign(host, { managementUp: true, bmcUp: true });
    }
  }
}

test('whatever happens in whatever order: never two writers, and when all is well again all is well', () => {
  const steps = fc.array(fc.tuple(event, fc.nat(25)), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(steps, fc.nat(4), fc.boolean(), (happenings, lagTicks, isDiskless) => {
      const world = running({ lagTicks, isDiskless });
      for (const [happening, ticks] of happenings) {
        happen(world, happening);
        world.rest(ticks);
      }
      for (const host of world.hosts.values()) {
        Object.assign(host, { managementUp: true, bmcUp: true });
        host.powerOn(world.nowMs);
      }
      const isCalm = (): boolean => ['running', 'stopped', 'failed'].includes(world.vm().phase);
      world.until(() => [...world.hostRecords.values()].every(({ health }) => health === 'online') && isCalm());
      world.rest();
      world.until(isCalm);
      if (isDiskless) return;
      if (isRunning(world)) expectOneWriter(world);
      else if (world.vm().phase === 'stopped') expectNobody(world);
    }),
    { numRuns: 150 },
  );
});
