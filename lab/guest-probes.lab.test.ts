import { deriveMacAddress } from '@holdfast/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestSystem } from './testing/test-system.js';
import { until } from './testing/until.js';

/** A real guest that panics and whose services stop, and what is done for it. */
let system: TestSystem;
let address: string;
const vm = 'g1';
const generous = 300_000;

beforeAll(async () => {
  system = await TestSystem.up(2);
});

afterAll(async () => {
  await system.down();
  await system.remove();
});

/** The guest's own address follows from its MAC, see `lab/tiny/init`. */
async function addressOf(name: string): Promise<string> {
  const { uid } = await system.client.vm(name);
  const [fifth = 0, sixth = 0] = deriveMacAddress(uid).split(':').slice(4).map((octet) => parseInt(octet, 16));
  return `198.19.${fifth | 128}.${sixth}`;
}

const healthy = (name = vm): Promise<unknown> =>
  system.vmWhen('healthy', name, ({ phase, copies, guest }) =>
    phase === 'running' && copies.some((copy) => copy.guest?.state === 'healthy') && guest?.state !== 'unhealthy');

/** What the guest is told by a page of its own; it may take the answer with it. */
async function tell(page: 'panic' | 'stop' | 'feed' | 'starve', name = vm, to = address): Promise<string> {
  const host = await system.hostOf(name);
  const get = `printf 'GET /cgi-bin/${page} HTTP/1.0\\r\\n\\r\\n'`;
  const ask = `exec 3<>/dev/tcp/${to}/80; ${get} >&3; timeout 2 cat <&3`;
  return (await system.lab.node(host).exec('bash', ['-c', `${ask}; true`])).stdout;
}

/** By these probes from now on, and content with what they find. */
async function lookBy(...probes: string[]): Promise<void> {
  const sinceMs = async (): Promise<number> => (await system.client.vm(vm)).copies[0]?.guest?.sinceMs ?? 0;
  const before = await sinceMs();
  await system.done('vm', 'set', vm, ...probe(...probes));
  await until('the guest to be judged anew', async () => (await sinceMs()) > before);
  await healthy();
}

const probe = (...probes: string[]): string[] => probes.flatMap((each) => ['--probe', each]);
// A boot is emulated and may take minutes on a busy machine.
const quick = 'interval=1,timeout=2,failures=3,grace=150';

describe('a guest that is not well', { timeout: generous }, () => {
  it('is healthy once its agent answers', async () => {
    const more = ['--max-restart', '1', '--max-relocate', '1', '--restart-window', '3600'];
    await system.done('vm', 'create', vm, '--host', 'h1', ...more, ...probe('panic', `agent,${quick}`));
    await system.readJournal(vm);
    await healthy();
    expect(await system.done('vm', 'show', vm)).toMatch(/guest +healthy since/);
    address = await addressOf(vm);
  });

  it('that panics is reset where it is: a new boot in the same QEMU', async () => {
    await system.writesOn(vm);
    const { bootId } = system.newest(vm);
    const before = await system.client.vm(vm);
    await tell('panic');
    await system.newBoot(vm, bootId);
    await healthy();
    const after = await system.client.vm(vm);
    expect(after.assignment).toEqual(before.assignment);
    const log = await system.done('vm', 'log', vm);
    expect(log).toContain('its guest on h1 has panicked; resetting it');
    expect(log).toContain('its guest is healthy again on h1');
    expect(system.journal(vm).isWhole()).toBe(true);
  });

  it('whose port is closed is started anew on its host', async () => {
    await lookBy('panic', `agent,${quick}`, `tcp:${address}:80,${quick}`);
    const before = await system.client.vm(vm);
    const { bootId } = system.newest(vm);
    await tell('stop');
    await system.newBoot(vm, bootId);
    await healthy();
    const after = await system.client.vm(vm);
    expect(after.assignment?.host).toBe('h1');
    expect(after.generation).toBeGreaterThan(before.generation);
    expect(await system.done('vm', 'log', vm)).toContain(
      `its guest on h1 is unhealthy (tcp ${address}:80: it refuses the connection, 3 times in a row); starting it anew`,
    );
  });

  it('whose page does not come is started elsewhere', async () => {
    await lookBy('panic', `http:${address}:80/index.html,${quick}`);
    const { bootId } = system.newest(vm);
    await tell('stop');
    await system.newBoot(vm, bootId);
    await healthy();
    expect(await system.hostOf(vm)).toBe('h2');
    const log = await system.done('vm', 'log', vm);
    expect(log).toMatch(new RegExp(`unhealthy \\(http ${address}:80/index.html: .*starting it elsewhere`));
    expect(system.journal(vm).isWhole()).toBe(true);
  });

  it('that does not feed its watchdog any more is reset where it is', async () => {
    const fed = 'g2';
    await system.done('vm', 'create', fed, '--host', 'h1', ...probe('watchdog', `agent,${quick}`));
    await system.readJournal(fed);
    await healthy(fed);
    const to = await addressOf(fed);
    await until('its watchdog to be fed', async () => (await tell('feed', fed, to)).includes('200 OK'));
    await system.writesOn(fed);
    const { bootId } = system.newest(fed);
    const before = await system.client.vm(fed);
    await tell('starve', fed, to);
    await system.newBoot(fed, bootId);
    await healthy(fed);
    expect((await system.client.vm(fed)).assignment).toEqual(before.assignment);
    expect(await system.done('vm', 'log', fed)).toContain('its guest on h1 did not feed its watchdog; resetting it');
    expect(system.journal(fed).isWhole()).toBe(true);
    await system.deleteVm(fed);
  });

  it('is left alone once its probes are taken away', async () => {
    await system.done('vm', 'set', vm, '--probe', 'none');
    expect(await system.done('vm', 'show', vm)).not.toContain('probes');
    await system.vmWhen('not looked at', vm, ({ copies, guest }) =>
      (guest ?? null) === null && copies.every((copy) => copy.guest === null));
    await system.deleteVm(vm);
  });
});
