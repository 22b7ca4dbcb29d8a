import { admitCreate } from './core/index.js';
import { MemoryBroker } from '@holdfast/bus';
import {
  rules, settingsBucket, settingsKey, versionOf, vms, vmSpecSchema, type RuleSpec,
} from '@holdfast/contracts';
import { systemClock } from '@holdfast/runtime';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Scheduler } from './scheduler.js';

/* Two replicas on one bus: what one of them has changed the other one may not have seen yet. */

const broker = new MemoryBroker();
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
let replicas: [Scheduler, Scheduler];
const bus = broker.connect({ service: 'scheduler', node: 'control1' });

beforeEach(async () => {
  const made = ['control1', 'control2'].map((node) => {
    const own = broker.connect({ service: 'scheduler', node });
    return new Scheduler({ bus: own, clock: systemClock, log, incarnation: 'test' });
  });
  await Promise.all(made.map((each) => each.start()));
  replicas = made as [Scheduler, Scheduler];
});
afterEach(async () => {
  await Promise.all(replicas.map((each) => each.stop()));
});

const apart = (vms: string[]): RuleSpec => ({ kind: 'vm-affinity', vms, together: false });

test('of two edits that rest on the same version, asked of two replicas at once, one is done', async () => {
  const [first, second] = replicas;
  const putBy = (replica: Scheduler, operation: string, other: string, ifVersion: string) =>
    replica.putRule({ operation, rule: 'apart', spec: apart(['a', other]), ...{ ifVersion } });
  let version = 'none';
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all([
      putBy(first, `one${round}`, `b${round}`, version), putBy(second, `two${round}`, `c${round}`, version),
    ]);
    const [refused] = answers.filter(({ ok }) => !ok);
    expect(answers.map(({ ok }) => ok).sort()).toEqual([false, true]);
    expect(refused).toMatchObject({ refusal: { code: 'stale', field: 'ifVersion' } });
    version = versionOf((await bus.bucket(rules).get('apart'))?.value ?? null);
    expect(version).toMatch(new RegExp(`[.]${round + 1}$`));
  }
});

test('a dry run says what would come of it, or why not, and writes nothing', async () => {
  const [scheduler] = replicas;
  const dry = { dryRun: true, operation: 'op1' };
  const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 64, disks: [] });
  const vm = { vm: 'web1', spec, start: false, host: null };
  const would = expect.stringMatching(/^accepted/) as string;
  expect(await scheduler.admitMore({ ...vm, ...dry }, admitCreate)).toMatchObject({ ok: true, value: { would } });
  const nowhere = await scheduler.admitMore({ ...vm, ...dry, host: 'h9' }, admitCreate);
  expect(nowhere).toMatchObject({ ok: false, refusal: { code: 'not-found', field: 'host' } });
  const set = await scheduler.setSettings({ ...dry, change: { migrationsPerHost: 7 } });
  expect(set).toMatchObject({ ok: true, value: { migrationsPerHost: 7 } });
  expect(await bus.bucket(vms).get('web1')).toBeNull();
  expect(await bus.bucket(settingsBucket).get(settingsKey)).toBeNull();
});

test('what comes later than anybody counts on it is not done', async () => {
  const [scheduler] = replicas;
  const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 64, disks: [] });
  const asked = { vm: 'late1', spec, start: false, host: null, operation: 'op-late' };
  const createUntil = (untilMs: number) => scheduler.admitMore({ ...asked, ...{ untilMs } }, admitCreate);
  expect(await createUntil(Date.now() - 1)).toMatchObject({ ok: false, refusal: { code: 'stale' } });
  expect(await createUntil(Date.now() + 60_000)).toMatchObject({ ok: true });
  // It is carried out: what comes again only asks what became of it.
  await vi.waitFor(async () => expect(await createUntil(Date.now() - 1)).toMatchObject({ ok: true }));
});

test('who asks for a change in one project does not reach a VM of another', async () => {
  const [scheduler] = replicas;
  const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 64, disks: [] });
  const vm = { vm: 'vault1', project: 'bank', spec, start: false, host: null, operation: 'op1' };
  await scheduler.admitMore(vm, admitCreate);
  const removeIn = (ofProject: string) => scheduler.remove({ vm: 'vault1', operation: 'op2', ...{ ofProject } });
  const refusal = { code: 'not-found', field: 'vm' };
  expect(await removeIn('shop')).toMatchObject({ ok: false, refusal });
  expect((await bus.bucket(vms).get('vault1'))?.value).toMatchObject({ project: 'bank', desired: 'stopped' });
  expect(await removeIn('bank')).toMatchObject({ ok: true });
});
