import type { Bus } from '@holdfast/bus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeCluster, type FakeCluster } from '../../services/api/testing/fake-cluster.js';
import { setAdmin, setDrain } from '../../services/api/testing/fake-policies.js';
import { begin as beginWith, words, type Running } from './testing/command-line.js';

const patiently = { timeout: 15_000 };
let cluster: FakeCluster;

beforeAll(async () => {
  cluster = await startFakeCluster();
});
afterAll(async () => {
  await cluster.close();
});

const begin = (line: string): Running => beginWith(words(line), cluster);
const holdfast = (line: string): Running['finished'] => begin(line).finished;

describe('rules', () => {
  test('are told in a sentence, and listed with the preferred host first', async () => {
    expect((await holdfast('rule list')).out).toContain('holdfast rule add makes one');
    expect((await holdfast('rule add near --vms web1,web2 --together')).out).toBe(
      'rule near: web1, web2 run together\n',
    );
    expect((await holdfast('rule add pin --vms db1 --hosts h1,h2=3 --strict')).out).toBe(
      'rule pin: db1 runs only on h2=3, h1\n',
    );
    const { out } = await holdfast('rule list');
    expect(out).toMatch(/^near +web1, web2 +together +-$/m);
    expect(out).toMatch(/^pin +db1 +only on +h2=3, h1$/m);
    expect(JSON.parse((await holdfast('rule show pin --json')).out)).toMatchObject({
      spec: { kind: 'host-affinity', hosts: { h1: 0, h2: 3 }, strict: true },
    });
  });

  test('are replaced and removed by name', async () => {
    expect((await holdfast('rule add pin --vms db1 --hosts h1=1')).err).toBe('');
    expect((await holdfast('rule add pin --vms db1 --hosts h1=1,h9')).err).toContain('there is no host h9 yet');
    await holdfast('rule add pin --vms db1 --hosts h1=1');
    expect((await holdfast('rule show pin')).out).toBe('rule pin: db1 runs rather on h1=1\n');
    expect((await holdfast('rule remove pin')).out).toBe('rule pin is gone\n');
    const { code, err } = await holdfast('rule show pin');
    expect(code).toBe(1);
    expect(err).toContain('near');
  });

  test('say how strictly, over which label, and whether hosts are kept for them', async () => {
    expect((await holdfast('rule add quorum --vms a1,a2 --apart --over rack')).out).toBe(
      'rule quorum: a1, a2 run apart over rack\n',
    );
    expect((await holdfast('rule add near2 --vms a1,b1 --together --rather')).out).toBe(
      'rule near2: a1, b1 run rather together\n',
    );
    expect((await holdfast('rule add own --vms erp --hosts h1 --strict --exclusive')).out).toBe(
      'rule own: erp runs alone and only on h1\n',
    );
    expect((await holdfast('rule add gpu --vms ml1 --labels gpu=a100,rack=r1 --strict')).out).toBe(
      'rule gpu: ml1 runs only on hosts with gpu=a100, rack=r1\n',
    );
    const aboutLabels = ['--labels gpu', '--labels a=b --hosts h1', '--labels a=b --exclusive'];
    for (const wrong of [...aboutLabels, '--together --over rack', '--hosts h1 --rather', '--apart --exclusive']) {
      expect((await holdfast(`rule add odd --vms a1,a2 ${wrong}`)).code).toBe(2);
    }
  });

  test('a refusal names the option', async () => {
    const { code, err } = await holdfast('rule add odd --vms Web_1,b --apart');
    expect(code).toBe(1);
    expect(err).toContain('(--vms)');
  });
});

describe('an explanation of a placement', () => {
  test('lists every host, page after page, the best first, with what is in the way elsewhere', async () => {
    const { code, out } = await holdfast('place explain web1');
    expect(code).toBe(0);
    const [first, , heading, ...rows] = out.trim().split('\n');
    expect(first).toBe('web1 with 1 CPU and 512 MiB fits on 1 of 2 hosts; h2 is the best.');
    expect(heading).toMatch(/^HOST +FITS +SCORE +MEMORY LEFT +VCPUS LEFT +WEIGHT +WHY NOT +WHAT WOULD HAVE TO CHANGE$/);
    expect(rows[0]).toMatch(/^h2 \(now\) +best +0\.500 +50 % +75 % +1 +- +-$/);
    expect(rows[1]).toMatch(/^h1 +no +- +- +- +- +memory: has 0 MiB free, 512 are asked for +free 512 MiB of /);
  });

  test('of a size alone, for programs', async () => {
    const { out } = await holdfast('place explain --cpus 2 --memory 1GiB --json');
    expect(JSON.parse(out)).toMatchObject({
      vm: null, cpus: 2, memoryMiB: 1024, host: 'h2', hosts: [{ host: 'h1' }, { host: 'h2' }], next: null,
    });
  });

  test('needs a VM or a size, and a VM that exists', async () => {
    expect(await holdfast('place explain --cpus 2')).toMatchObject({
      code: 2, err: expect.stringContaining('name a VM, or give --cpus and --memory'),
    });
    expect(await holdfast('place explain nobody')).toMatchObject({
      code: 1, err: expect.stringContaining('there is no VM named nobody'),
    });
    const refused = await holdfast('place explain --cpus 0 --memory 1GiB');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('cpus') });
  });
});

describe('maintenance', () => {
  const scheduler = (): Bus => cluster.scheduler.bus;

  test('shows what is left and why, and ends when the host is empty', async () => {
    const running = begin('host maintenance h2 --reason "new memory"');
    const begun = 'h2: 1 VM left, 2 GiB to go, about 4 s: web1 is moving away';
    await expect.poll(() => running.err(), patiently).toContain(begun);
    await setDrain(scheduler(), 'h2', { left: [{ vm: 'web1', text: 'no host can take it: h1 is full' }] });
    await expect.poll(() => running.err(), patiently).toContain('web1 no host can take it: h1 is full');
    const list = await holdfast('host list');
    expect(list.out).toMatch(/^h2 +online +draining, 1 left/m);
    const shown = await holdfast('host show h2');
    expect(shown.out).toContain('being emptied of 2 VMs (new memory), 2 GiB to go');
    expect(shown.out).toMatch(/^web1 +no host can take it: h1 is full$/m);
    await setAdmin(cluster.failover, 'h2', 'maintenance');
    await setDrain(scheduler(), 'h2', { state: 'drained', left: [] });
    expect(await running.finished).toMatchObject({ code: 0, out: 'h2 is in maintenance; 2 VMs have left it\n' });
    expect((await holdfast('host list')).out).toMatch(/^h2 +online +maintenance/m);
    expect((await holdfast('host show h2')).out).toContain('emptied of 2 VMs (new memory); it takes VMs again after');
  });

  test('--off ends when the host takes VMs again', async () => {
    const running = begin('host maintenance h2 --off');
    await expect.poll(() => running.err(), patiently).toContain('h2: going back to work');
    await setAdmin(cluster.failover, 'h2', 'active');
    await setDrain(scheduler(), 'h2', null);
    expect(await running.finished).toMatchObject({ code: 0, out: 'h2 takes VMs again\n' });
  });

  test('that takes too long goes on, and the reason is told', async () => {
    const { code, err } = await holdfast('host maintenance h2 --wait --timeout 1');
    expect(code).toBe(1);
    expect(err).toContain('web1 is moving away');
    expect(err).toContain('holdfast host show h2');
    await setDrain(scheduler(), 'h2', null);
  });

  test('that somebody else ends meanwhile is told', async () => {
    const running = begin('host maintenance h2');
    await expect.poll(() => running.err(), patiently).toContain('1 VM left');
    await holdfast('host maintenance h2 --off --no-wait');
    const { code, err } = await running.finished;
    expect(code).toBe(1);
    expect(err).toContain('asked for the contrary');
  });

  test('names beforehand who cannot move, and what becomes of them', async () => {
    const plan = await holdfast('host drain h2 --dry-run');
    expect(plan.out).toContain('h2: 2 VMs, 6 GiB; 1 can move, the largest first');
    expect(plan.out).toMatch(/^web1 +4 GiB +h1$/m);
    expect(plan.out).toMatch(/^db1 +2 GiB +no host can take it: h1 has 512 MiB free/m);
    expect(plan.out).toContain('At 512 MiB/s for each move, as measured lately: about 4 s.');
    const told = (await holdfast('host drain h2 --dry-run --json')).out;
    expect(JSON.parse(told)).toMatchObject({ stuck: [{ vm: 'db1' }] });
    const { err } = await holdfast('host drain h2 --stuck shutdown --no-wait');
    expect(err).toContain('cannot move as things are: db1 (2 GiB): no host can take it');
    expect(err).toContain('--stuck shutdown: They are shut down');
    expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({ host: 'h2', on: true, stuck: 'shutdown' });
    expect((await holdfast('host drain h2 --stuck away')).code).toBe(2);
    expect((await holdfast('host activate h2 --no-wait')).out).toBe('h2 is going back to work\n');
  });

  test('of an unknown host is refused with those there are', async () => {
    const { code, err } = await holdfast('host maintenance h9');
    expect(code).toBe(1);
    expect(err).toContain('h1');
  });
});

test('a VM is relocated to the host named, and may stay where it was moved to', async () => {
  await holdfast('vm create web9 --no-failback');
  expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({ spec: { policy: { failback: false } } });
  expect((await holdfast('vm relocate web9 --to h2')).out).toBe('web9 is running on h2\n');
  expect((await holdfast('vm show web9')).out).toContain('stays where it is');
});

test('the proof that a VM accepts is named when it is created, changed later, and shown', async () => {
  await holdfast('vm create db9 --proof both --restart never --priority 90 --on-isolation leave --max-restart 3');
  expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({
    spec: {
      policy: { proof: 'both', restart: 'never', priority: 90, onIsolation: 'leave', maxRestart: 3, maxRelocate: 1 },
    },
  });
  await holdfast('vm set db9 --on-storage-loss pause');
  expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({ vm: 'db9', policy: { onStorageLoss: 'pause' } });
  expect((await holdfast('vm show db9')).out).toMatch(/storage loss +pause: waits/);
  const { code, out } = await holdfast('vm set db9 --proof power');
  expect([code, out]).toEqual([0, expect.stringContaining('proof: power: only proof')]);
  expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({ vm: 'db9', policy: { proof: 'power' } });
  expect((await holdfast('vm show db9')).out).toMatch(/proof +power: only proof.*\n.*restart +never/);
  const unknown = await holdfast('vm set db9 --proof hope');
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('storage, power, both')]);
  expect((await holdfast('vm set db9')).code).toBe(1);
  const high = await holdfast('vm set db9 --priority 101');
  expect([high.code, high.err]).toEqual([1, expect.stringContaining('priority: give at most 100')]);
});

test('what is said of a VM is named, changed beside its policy, and shown', async () => {
  await holdfast('vm create shop1 --label env=test --label app=shop --protect');
  expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({
    words: { labels: { env: 'test', app: 'shop' }, protected: true },
  });
  const { out } = await holdfast('vm set shop1 --note "ask Ann" --label env=prod --no-protect --priority 60');
  expect(out).toMatch(/^note: ask Ann\nlabels: .*env=prod.*\npolicy: /);
  expect(cluster.scheduler.asked.slice(-2).map(({ command }) => command)).toEqual(['describe', 'set']);
  expect((await holdfast('vm show shop1')).out).toMatch(/note +ask Ann\n.*labels +env=prod/);
  expect((await holdfast('vm list --filter labels.env=prod')).out).toContain('shop1');
  await holdfast('vm set shop1 --label app-');
  expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({ words: { labels: { set: {}, remove: ['app'] } } });
  expect((await holdfast('vm create shop2 --label env-')).code).toBe(2);
});

test('a VM is paused, shown as such, goes on and is reset', async () => {
  await holdfast('vm create still1');
  expect((await holdfast('vm pause still1')).out).toBe('still1 is paused on h1\n');
  expect((await holdfast('vm list --filter paused=true')).out).toMatch(/^still1 +paused +h1/m);
  expect((await holdfast('vm show still1')).out).toMatch(/paused +yes/);
  expect((await holdfast('vm resume still1')).out).toBe('still1 is running on h1\n');
  expect((await holdfast('vm reset still1')).out).toBe('still1 is running on h1\n');
  expect(cluster.scheduler.asked.at(-1)).toMatchObject({ command: 'reboot', request: { vm: 'still1', force: true } });
});

test('a VM is given another size, now or at its next start, and shown with it', async () => {
  await holdfast('vm create big1 --cpus 2 --max-cpus 8 --memory 1GiB --max-memory 4GiB');
  const spec = { cpus: 2, memoryMiB: 1024, maxCpus: 8, maxMemoryMiB: 4096 };
  expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({ spec });
  expect((await holdfast('vm resize big1 --cpus 4')).out).toBe('big1 has 4 CPUs and 1 GiB\n');
  expect((await holdfast('vm show big1')).out).toMatch(/CPUs +4 \(up to 8 while it runs\)\n.* 1 GiB \(up to 4 GiB/);
  const { out } = await holdfast('vm resize big1 --memory 8GiB --at-next-start');
  expect(out).toContain('once stopped: 4 CPUs and 8 GiB');
  expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({ size: { memoryMiB: 8192 }, atNextStart: true });
  expect((await holdfast('vm show big1')).out).toMatch(/once stopped +4 CPUs and 8 GiB/);
  expect((await holdfast('vm resize big1')).code).toBe(2);
});

test('a VM is given another disk, and one is taken with its data only on that word', async () => {
  await holdfast('vm create disks1');
  expect((await holdfast('vm disk add disks1 --size 1GiB')).out).toMatch(/^disks1 has .*disks1-disk-more \(1 GiB\)\n$/);
  expect(cluster.scheduler.asked.at(-1)).toMatchObject({ command: 'disk-add', request: { sizeMiB: 1024 } });
  const refused = await holdfast('vm disk remove disks1 disks1-disk-more');
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('say --delete as well')]);
  await holdfast('vm disk remove disks1 disks1-disk-more --delete');
  const request = { volume: 'disks1-disk-more' };
  expect(cluster.scheduler.asked.at(-1)).toMatchObject({ command: 'disk-remove', request });
});

test('a VM is given another NIC, and its NICs are listed', async () => {
  await holdfast('vm create nics1');
  expect((await holdfast('vm nic add nics1 guest')).out).toBe('nics1 has NIC 0 on guest, NIC 7 on guest\n');
  expect((await holdfast('vm nic list nics1')).out).toMatch(/^0 +guest +52:54:00:[0-9a-f:]{8}\n7 +guest +52:54:00:/m);
  const { out } = await holdfast('vm nic list nics1 --json');
  expect(JSON.parse(out)).toMatchObject({ items: [{ nic: 0 }, { nic: 7 }] });
});

describe('networks', () => {
  test('are given to a project or shared, told of, and deleted', async () => {
    const made = await holdfast('network create lan --project default --note cellar --label speed=10g');
    expect(made.out).toBe('network lan is for VMs of default\n');
    await holdfast('vm create lan1 --network lan');
    expect((await holdfast('network list')).out).toMatch(/^lan +default +none +1$/m);
    const { out } = await holdfast('network show lan');
    expect(out).toMatch(/project +default\nnote +cellar\nlabels +speed=10g\n.*\nVMs +lan1/);
    expect((await holdfast('network edit lan --shared')).out).toBe('network lan is changed\n');
    expect((await holdfast('network show lan')).out).toMatch(/project +shared/);
    expect((await holdfast('network delete lan')).err).toContain('VMs are on it: lan1');
    await holdfast('vm delete lan1');
    expect((await holdfast('network delete lan --dry-run')).out).toContain('nothing was changed');
    expect((await holdfast('network delete lan')).out).toBe('network lan has no record any more\n');
  });

  test.each([
    ['network create lan', 'whose is it?'],
    ['network create lan --project shop --shared', 'do not go together'],
    ['network create lan --shared --label a-', 'no label of a new network'],
    ['network edit lan', 'nothing is to be changed'],
  ])('%s is called wrongly', async (line, why) => {
    const { code, err } = await holdfast(line);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });
});

test('a VM is cloned, and started only on that word', async () => {
  await holdfast('vm create base1');
  await holdfast('vm clone base1 base2');
  const cloneOf = { vm: 'base1' };
  expect(cluster.scheduler.asked.at(-1)).toMatchObject({ request: { vm: 'base2', cloneOf, start: false, host: null } });
  await holdfast('vm clone base1 base3 --start --host h2');
  expect(cluster.scheduler.asked.at(-1)).toMatchObject({ request: { vm: 'base3', cloneOf, start: true, host: 'h2' } });
});

test('what a VM depends on is named, shown and taken back', async () => {
  await holdfast('vm create web8 --after db9,db8');
  expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({ spec: { policy: { after: ['db9', 'db8'] } } });
  expect((await holdfast('vm show web8')).out).toMatch(/after +db9, db8/);
  await holdfast('vm set web8 --after none');
  expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({ policy: { after: [] } });
});

describe('capacity', () => {
  test('names who does not return and the cure, and exits with 1', async () => {
    const { code, out, err } = await holdfast('capacity');
    expect(code).toBe(1);
    expect(out).toMatch(/^h2 +1 +no +db1 \(priority 90, 2 GiB\) +free, or add, 512 MiB on h1$/m);
    expect(out).toMatch(/^h1 +1 +yes +- +-$/m);
    expect(err).toContain('not all VMs return after 1 of the 2 losses that were tried');
    expect(JSON.parse((await holdfast('capacity --json')).out)).toMatchObject({ verdict: 'some-lost', failing: 1 });
  });

  test('may be asked for while hosts are emptied', async () => {
    await holdfast('capacity --lose h1 --away h2,h3');
    expect(cluster.scheduler.asked.at(-1)?.request).toEqual({ lose: 'h1', away: 'h2,h3' });
  });

  test('of a loss after which all return exits with 0, and passes on what is refused', async () => {
    expect(await holdfast('capacity --lose h1')).toMatchObject({ code: 0, err: '' });
    expect(cluster.scheduler.asked.at(-1)).toEqual({ command: 'capacity-prove', request: { lose: 'h1' } });
    const { code, err } = await holdfast('capacity --lose nowhere');
    expect([code, err.includes('there is no host nowhere')]).toEqual([1, true]);
  });
});

describe('rebalance', () => {
  test('shows the load of each host before, after and in an hour, and the moves, without moving anybody', async () => {
    const { code, out } = await holdfast('rebalance --dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(/^h2 +75 % +38 % +100 % +50 % +75 % +50 %$/m);
    expect(out).toMatch(/^web1 +h2 +h1 +512 MiB +1.50 +2.00 +0.65$/m);
    expect(out).toContain('The loads differ by 50 % now, and by 0 % then');
    expect(out).toContain('db1 stays on h2: runs together with db2');
    const plan = JSON.parse((await holdfast('rebalance --json')).out) as unknown;
    expect(plan).toMatchObject({ state: 'proposed', moves: [{ vm: 'web1' }] });
    expect(cluster.scheduler.asked.map(({ command }) => command)).not.toContain('rebalance-apply');
  });

  test('apply carries it out, and ends when it is done', async () => {
    const { code, out, err } = await holdfast('rebalance apply');
    expect([code, out.includes('web1'), err]).toEqual([0, true, expect.stringContaining('moving web1')]);
    expect(cluster.scheduler.asked.at(-1)).toMatchObject({ command: 'rebalance-apply' });
    const accepted = await holdfast('rebalance apply --no-wait --json');
    expect(JSON.parse(accepted.out)).toMatchObject({ state: 'applying', moves: [{ vm: 'web1' }] });
  });
});
