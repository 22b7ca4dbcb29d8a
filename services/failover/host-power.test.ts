import { systemClock } from '@holdfast/runtime';
import { describe, expect, test } from 'vitest';
import { SimulatedPower } from './adapters/simulated-power.js';
import { hostRecord } from './core/testing/hosts.js';
import { bmcAlone, HostPower } from './host-power.js';
import type { FenceDevice, HostFencing, PowerSwitch } from './ports.js';

const { uuid } = hostRecord();
const other = '4c4c4544-004d-3510-8051-b7c04f4e5931';

const device = (name: string, power: PowerSwitch, patch: Partial<FenceDevice> = {}): FenceDevice => ({
  name, power, identity: { machine: uuid }, timeoutMs: 5000, ...patch,
});
const of = (...levels: FenceDevice[][]): HostFencing => ({ levels, configuration: 'c1' });
const powerOf = (fencing: HostFencing): HostPower =>
  new HostPower({ clock: systemClock, fencing: new Map([['h1', fencing]]) });
const askedFrom = (name: string): object => ({ device: name, atMs: expect.any(Number) as number });
const outlet = (): SimulatedPower => new SimulatedPower({ systemUuid: null });

function silent(): SimulatedPower {
  const power = outlet();
  power.fail('timeout');
  return power;
}

/** Takes a question and never says a word. */
const hanging: PowerSwitch = {
  systemUuid: () => new Promise(() => {}),
  read: () => new Promise(() => {}),
  set: () => new Promise(() => {}),
};

const verified = (...levels: string[][]): ReturnType<typeof hostRecord> =>
  hostRecord({ host: 'h1', power: { state: 'verified', detail: '', levels } });

async function off(fencing: HostFencing, ...levels: string[][]): Promise<unknown> {
  const reply = await powerOf(fencing).off(verified(...levels));
  return reply.ok ? reply.value : reply.refusal;
}

describe('switching on', () => {
  test('is done by every device, and one that does not answer keeps no other from it', async () => {
    const [ipmi, pdu] = [new SimulatedPower({ systemUuid: uuid }), outlet()];
    await Promise.all([ipmi.set('off'), pdu.set('off')]);
    const power = powerOf(of([device('ipmi', ipmi)], [device('pdu', pdu)]));
    expect(await power.on(verified(['ipmi'], ['pdu']))).toEqual({ ok: true, value: { state: 'on' } });
    expect([await ipmi.read(), await pdu.read()]).toEqual(['on', 'on']);
    await ipmi.set('off');
    const partly = powerOf(of([device('ipmi', ipmi)], [device('pdu', silent())]));
    expect(await partly.on(verified(['ipmi'], ['pdu']))).toMatchObject({ ok: false });
    expect(await ipmi.read()).toBe('on');
  });
});

describe('switching off', () => {
  test('is proven by the first level whose devices all read off', async () => {
    const [a, b, c] = [outlet(), outlet(), outlet()];
    const fencing = of([device('pdu-a', a), device('pdu-b', b)], [device('pdu-c', c)]);
    expect(await off(fencing, ['pdu-a', 'pdu-b'], ['pdu-c'])).toEqual({
      state: 'off',
      from: 'pdu-a+pdu-b',
      detail:
        'read off after they were commanded off; pdu-a is configured for this machine, ' +
        'pdu-b is configured for this machine',
      failed: [],
      asked: [askedFrom('pdu-a'), askedFrom('pdu-b')],
    });
    expect([await a.read(), await b.read(), await c.read()]).toEqual(['off', 'off', 'on']);
  });

  test('goes on with the next level when one of a level does not do its part, and says why', async () => {
    const [a, c] = [outlet(), new SimulatedPower({ systemUuid: uuid })];
    const second = [device('ipmi', c, { identity: 'reported' })];
    const fencing = of([device('pdu-a', a), device('pdu-b', silent())], second);
    expect(await off(fencing, ['pdu-a', 'pdu-b'], ['ipmi'])).toEqual({
      state: 'off',
      from: 'ipmi',
      detail: 'reads off after it was commanded off; ipmi reports the UUID of this machine',
      failed: [{ device: 'pdu-b', detail: 'pdu-b: the simulated BMC fails: timeout' }],
      asked: [askedFrom('pdu-a'), askedFrom('pdu-b'), askedFrom('ipmi')],
    });
  });

  test('goes on with the next level when one hangs', async () => {
    const fencing = of([device('pdu-a', hanging, { timeoutMs: 50 })], [device('pdu-b', outlet())]);
    expect(await off(fencing, ['pdu-a'], ['pdu-b'])).toMatchObject({
      state: 'off', from: 'pdu-b', failed: [{ device: 'pdu-a', detail: 'pdu-a: no answer within 50 ms' }],
    });
  });

  test('is not proven by a device that takes the command and reads on', async () => {
    const stuck = outlet();
    stuck.setStuck(true);
    expect(await off(of([device('pdu-a', stuck, { timeoutMs: 400 })]), ['pdu-a'])).toMatchObject({
      state: 'unproven', failed: [{ device: 'pdu-a' }],
    });
  });

  test('asks nobody who is not verified in the record', async () => {
    const [a, b] = [outlet(), outlet()];
    const fencing = of([device('pdu-a', a)], [device('pdu-b', b)]);
    expect(await off(fencing, ['pdu-b'])).toMatchObject({ state: 'off', from: 'pdu-b' });
    expect(await a.read()).toBe('on');
    expect(await off(fencing, ['pdu-x'])).toMatchObject({
      state: 'unproven', failed: [{ device: 'pdu-x', detail: 'it is not configured here any more' }],
    });
    const unchecked = hostRecord({ host: 'h1', power: { state: 'unchecked', detail: '', levels: [['pdu-a']] } });
    const nobody = { state: 'unproven', failed: [], asked: [] };
    expect(await powerOf(fencing).off(unchecked)).toEqual({ ok: true, value: nobody });
    expect(await a.read()).toBe('on');
  });

  test('needs no more than the BMC of a host that has nothing else', async () => {
    const power = new SimulatedPower({ systemUuid: uuid });
    const record = hostRecord({ host: 'h1', power: { state: 'verified', detail: '' } });
    expect(await powerOf(bmcAlone(power)).off(record)).toMatchObject({ value: { state: 'off', from: 'bmc' } });
  });
});

describe('whose machine a device is', () => {
  const check = async (fencing: HostFencing): Promise<unknown> => {
    const reply = await powerOf(fencing).check(hostRecord({ host: 'h1' }));
    return reply.ok ? reply.value : reply.refusal;
  };

  test('is what it reports, or what the configuration names; without either it proves nothing', async () => {
    const own = device('ipmi', new SimulatedPower({ systemUuid: uuid }), { identity: 'reported' });
    const foreign = device('ipmi', new SimulatedPower({ systemUuid: other }), { identity: 'reported' });
    expect(await check(of([own]))).toMatchObject({ state: 'verified', levels: [['ipmi']], configuration: 'c1' });
    expect(await check(of([foreign]))).toMatchObject({ state: 'mismatch' });
    expect(await check(of([device('pdu-a', outlet())]))).toMatchObject({ state: 'verified', levels: [['pdu-a']] });
    expect(await check(of([device('pdu-a', outlet(), { identity: { machine: null } })]))).toMatchObject({
      state: 'mismatch', detail: 'pdu-a: its configuration names no machine',
    });
    expect(await check(of([device('pdu-a', outlet(), { identity: { machine: other } })]))).toMatchObject({
      state: 'mismatch', detail: `pdu-a: configured for machine ${other}, this host is ${uuid}`,
    });
  });

  test('concerns a whole level: with one foreign device it proves nothing', async () => {
    const level = [device('pdu-a', outlet()), device('pdu-b', outlet(), { identity: { machine: other } })];
    expect(await check(of(level))).toMatchObject({ state: 'mismatch' });
    expect(await check(of(level, [device('pdu-c', outlet())]))).toMatchObject({
      state: 'verified', levels: [['pdu-c']],
    });
  });

  test('is not known of one that does not answer: the others count, and it is asked again', async () => {
    const dead = device('ipmi', silent(), { identity: 'reported' });
    expect(await check(of([dead], [device('pdu-a', outlet())]))).toMatchObject({
      state: 'verified', levels: [['pdu-a']], unanswered: ['ipmi'],
    });
    expect(await check(of([dead]))).toMatchObject({ code: 'unavailable' });
  });

  test('is doubtful of an outlet that reads off while the host runs', async () => {
    const power = outlet();
    power.change('off');
    expect(await check(of([device('pdu-a', power)]))).toMatchObject({
      code: 'unavailable', message: 'pdu-a: reads off while the host runs; is it another outlet?',
    });
  });

  test('is looked at anew when the configuration is another one', () => {
    const power = powerOf(of([device('pdu-a', outlet())]));
    const found = { state: 'verified' as const, detail: '', levels: [['pdu-a']] };
    const changed = (patch: Parameters<typeof hostRecord>[0]): string[] => {
      const states: string[] = [];
      const record = hostRecord({ host: 'h1', ...patch });
      power.recheck([record], { nowMs: 0, random: null as never, incarnation: 'i' }, (_host, decide) =>
        states.push(decide(record)?.power.state ?? 'left alone'),
      );
      return states;
    };
    expect(changed({ power: { ...found, configuration: 'c1' } })).toEqual([]);
    expect(changed({ power: { ...found, configuration: 'c0' } })).toEqual(['unchecked']);
    expect(changed({ power: { state: 'none', detail: '' } })).toEqual(['unchecked']);
    expect(changed({ host: 'h2', power: found })).toEqual(['none']);
    expect(changed({ power: found, health: 'fencing' })).toEqual(['left alone']);
  });
});

describe('what the devices read', () => {
  const view = async (fencing: HostFencing, ...levels: string[][]): Promise<unknown> => {
    const reply = await powerOf(fencing).view(verified(...levels));
    return reply.ok ? reply.value : reply.refusal;
  };

  test('is off only when each of a level does, and nothing is switched', async () => {
    const [a, b] = [outlet(), outlet()];
    const fencing = of([device('pdu-a', a), device('pdu-b', b)]);
    expect(await view(fencing, ['pdu-a', 'pdu-b'])).toEqual({ state: 'on', from: 'pdu-a+pdu-b' });
    a.change('off');
    expect(await view(fencing, ['pdu-a', 'pdu-b'])).toEqual({ state: 'on', from: 'pdu-a+pdu-b' });
    expect(await b.read()).toBe('on');
    b.change('off');
    expect(await view(fencing, ['pdu-a', 'pdu-b'])).toEqual({ state: 'off', from: 'pdu-a+pdu-b' });
  });

  test('is what the first level says that answers: none waits for one that is dead', async () => {
    const fencing = of([device('pdu-a', hanging)], [device('pdu-b', silent())], [device('pdu-c', outlet())]);
    expect(await view(fencing, ['pdu-a'], ['pdu-b'], ['pdu-c'])).toEqual({ state: 'on', from: 'pdu-c' });
    expect(await view(fencing, ['pdu-b'])).toMatchObject({ message: 'a device: the simulated BMC fails: timeout' });
  });

  test('is asked of nobody who is not verified, nor of a part of a level', async () => {
    const power = outlet();
    power.change('off');
    const fencing = of([device('pdu-a', power)]);
    for (const levels of [[], [['pdu-x']], [['pdu-a', 'pdu-x']]]) {
      expect(await view(fencing, ...levels)).toMatchObject({ message: 'no device of it is verified' });
    }
  });

  test('is asked of so many at once and no more, until those have ended', async () => {
    const power = powerOf(of([device('pdu-a', hanging)]));
    for (let count = 0; count < 32; count += 1) void power.view(verified(['pdu-a']));
    expect(await power.view(verified(['pdu-a']))).toMatchObject({
      refusal: { message: 'too many are asked at once' },
    });
  });
});
