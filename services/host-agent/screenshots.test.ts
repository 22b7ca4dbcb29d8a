import { maxScreenshotPartBytes, type agentScreenshot } from '@holdfast/contracts';
import { beforeEach, expect, test } from 'vitest';
import { SimulatedHypervisor } from './adapters/simulated-hypervisor.js';
import { SimulatedWorld } from './adapters/simulated-world.js';
import { HypervisorError } from './ports.js';
import { Screenshots } from './screenshots.js';
import { HandClock } from './testing/hand-clock.js';

const large = Buffer.alloc(2 * maxScreenshotPartBytes + 10, 'holdfast');
let clock: HandClock;
let screenshots: Screenshots;
let found: Buffer | HypervisorError;

beforeEach(() => {
  const world = new SimulatedWorld();
  world.addHost({ name: 'h1', address: '127.0.0.1', uuid: 'u', cpus: 1, memoryMiB: 64 });
  const hypervisor = new SimulatedHypervisor(world, 'h1');
  hypervisor.screenshot = () => (Buffer.isBuffer(found) ? Promise.resolve(found) : Promise.reject(found));
  clock = new HandClock();
  screenshots = new Screenshots(hypervisor, clock);
  found = large;
});

const first = { vm: 'web1', screenshot: null, part: 0 };

async function told(asked: Parameters<Screenshots['part']>[0]): Promise<typeof agentScreenshot.value._output> {
  const reply = await screenshots.part(asked);
  if (!reply.ok) throw new Error(reply.refusal.message);
  return reply.value;
}

test('one that is too large for a message is told in parts, and forgotten with the last', async () => {
  const { screenshot, parts, bytes } = await told(first);
  expect(parts).toBe(3);
  const more = [await told({ vm: 'web1', screenshot, part: 1 }), await told({ vm: 'web1', screenshot, part: 2 })];
  const whole = Buffer.concat([bytes, ...more.map((part) => part.bytes)].map((text) => Buffer.from(text, 'base64')));
  expect(whole.equals(large)).toBe(true);
  expect(await screenshots.part({ vm: 'web1', screenshot, part: 2 })).toMatchObject({ ok: false });
});

test('one VM cannot be told what another has on its screen', async () => {
  const { screenshot } = await told(first);
  expect(await screenshots.part({ vm: 'web2', screenshot, part: 1 })).toMatchObject({ ok: false });
});

test('no more than a few are kept, and none for long', async () => {
  for (let at = 0; at < 4; at += 1) await told(first);
  expect(await screenshots.part(first)).toMatchObject({ ok: false, refusal: { code: 'unavailable' } });
  await clock.pass(30_000);
  expect(await screenshots.part(first)).toMatchObject({ ok: true });
});

test('what the hypervisor says is told', async () => {
  found = new HypervisorError('no-domain', 'no copy of web1 on this host');
  expect(await screenshots.part(first)).toMatchObject({ ok: false, refusal: { code: 'conflict' } });
});
