import { accepted } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { Bus } from '../world/bus.js';
import { Network } from '../world/network.js';
import { Loop } from './loop.js';
import { Machine, Process } from './process.js';

describe('a program that was started anew', () => {
  test('is not answered what the one before it has asked, though that was done', () => {
    const loop = new Loop(1);
    const network = new Network(loop);
    const machine = new Machine(loop, 'ctl1');
    network.machines.set('ctl1', machine);
    const bus = new Bus(loop, network, ['ctl1']);
    const [process, storage] = [new Process(machine, 'scheduler'), new Process(machine, 'storage')];
    process.start();
    storage.start();
    const handled: string[] = [];
    bus.serve('storage', null, {
      process: storage,
      handle: (name, _request, reply) => {
        handled.push(name);
        reply(accepted({}));
      },
    });
    const bucket = bus.bucket<string>('vms');
    const answers: string[] = [];
    const ask = (value: string): void => {
      bucket.put(process, 'vm1', value, () => answers.push('put'));
      bus.request(process, { service: 'storage', node: null, name: 'detach' }, {}, 1000, () => answers.push('detach'));
    };
    network.extraDelayMs = 200;
    ask('before');
    process.crash();
    process.start();
    loop.runUntil(10_000);
    expect(bucket.value('vm1')).toBe('before');
    expect(handled).toEqual(['detach']);
    expect(answers).toEqual([]);

    ask('now');
    loop.runUntil(20_000);
    expect(answers.sort()).toEqual(['detach', 'put']);
  });
});
