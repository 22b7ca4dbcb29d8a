import { afterAll, beforeAll, describe } from 'vitest';
import { busContractSuite } from '../../libs/bus/bus-contract-suite.js';
import type { BusFixture } from '../../libs/bus/bus-contract.js';
import { Loop } from '../engine/loop.js';
import { Machine, Process } from '../engine/process.js';
import { Bus } from '../world/bus.js';
import { EventStream } from '../world/event-stream.js';
import { Network } from '../world/network.js';
import { WorldBus } from './bus.js';
import type { ToldEvent } from './events.js';
import { titled } from './left-out.js';
import { VirtualTime } from './virtual-time.js';

const outside = {
  schemas: 'twins pass values, not bytes: the compiler has checked what they say',
  streams: 'no core keeps one of its own, besides the events',
  permissions: 'twins are trusted: who may say what is the affair of the real server',
};

describe(titled('the bus of the simulated world', outside), () => {
  let fixture: BusFixture;
  let time: VirtualTime;
  beforeAll(() => {
    const loop = new Loop(1);
    time = new VirtualTime(loop);
    const network = new Network(loop);
    const problems: string[] = [];
    for (const name of ['c1', 'h1', 'h2', 'san1']) network.machines.set(name, new Machine(loop, name));
    const bus = new Bus(loop, network, ['c1']);
    const events = new EventStream<ToldEvent>(bus);
    const connect = (service: string, node: string): WorldBus => {
      const process = new Process(network.machines.get(node) as Machine, `${service}/${node}`);
      process.start();
      return new WorldBus({ bus, time, process, service, events, report: (problem) => problems.push(problem) });
    };
    fixture = {
      scheduler: connect('scheduler', 'c1'),
      api: connect('api', 'c1'),
      h1: connect('host-agent', 'h1'),
      h2: connect('host-agent', 'h2'),
      storage: connect('storage', 'san1'),
      problems,
    };
  });
  afterAll(() => time.stop());
  busContractSuite(() => fixture, outside);
});
