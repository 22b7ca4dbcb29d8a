/**
 * A process full of agents. Each is the real one, with a connection of its own, over a simulated hypervisor; only the
 * handlers of its commands are left out, for nobody gives any.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BusError, connectNats, type Bus } from '@holdfast/bus';
import { heartbeatIntervalMs } from '@holdfast/contracts';
import {
  HostAgent, SimulatedHypervisor, SimulatedProber, SimulatedSeedImages, SimulatedWorld,
} from '@holdfast/host-agent';
import { createLog, systemClock } from '@holdfast/runtime';
import type { AgentAnswer, AgentOrder, Beats, Numbered } from './agent-messages.js';

const loopback = '127.0.0.1';
/** Nobody listens there: asked directly, an agent that is gone is refused, as on a host that lives. */
const probePort = 1;
/** Handshakes are costly: more at once would only all be late. */
const startedAtOnce = 2;
/** As its supervisor would start it again. */
const startAttempts = 5;
const log = createLog({ service: 'host-agent', node: 'fleet', logLevel: 'warn' });
const world = new SimulatedWorld();
const identities = new Map<string, { uuid: string; bootId: string; seed: string }>();
const agents = new Map<string, { agent: HostAgent; bus: Bus; lastBeatAtMs: number }>();
const noBeats = (): Beats => ({ sent: 0, late: 0, longestGapMs: 0 });
let beats = noBeats();
let connection: Extract<AgentOrder, { kind: 'connect' }> | null = null;

/** On a machine that starts a thousand a connection may be lost before its agent has begun. */
async function startSurely(name: string, seed: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(name, seed);
    } catch (error) {
      if (!(error instanceof BusError) || attempt === startAttempts) throw error;
      if (agents.has(name)) await kill(name);
    }
  }
}

/** Cut off first: a dead process says no goodbye. */
async function kill(name: string): Promise<number> {
  const running = agents.get(name);
  if (!running) throw new Error(`no agent of ${name} runs here`);
  agents.delete(name);
  await running.bus.close();
  await running.agent.stop();
  return running.lastBeatAtMs;
}

async function start(name: string, seed: string): Promise<void> {
  if (!connection) throw new Error('not told yet where the bus is');
  const { servers, caFile, incarnation, directory } = connection;
  const known = identities.get(name);
  const identity = known ?? { uuid: randomUUID(), bootId: randomUUID(), seed };
  identities.set(name, identity);
  if (!known) world.addHost({ name, address: loopback, uuid: identity.uuid, cpus: 8, memoryMiB: 16_384 });
  const stateDirectory = join(directory, name);
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  const bus = await connectNats({ servers, seed: identity.seed, caFile, service: 'host-agent', node: name });
  const agent = new HostAgent({
    bus,
    clock: systemClock,
    log,
    incarnation,
    hypervisor: new SimulatedHypervisor(world, name),
    prober: new SimulatedProber(world, name),
    seeds: new SimulatedSeedImages(),
    bootId: identity.bootId,
    storage: null,
    addresses: { management: loopback, storage: loopback },
    probePort,
    stateDirectory,
    capacity: null,
    images: {},
    bridges: {},
  });
  const running = { agent, bus, lastBeatAtMs: 0 };
  const broadcast = bus.broadcast.bind(bus);
  bus.broadcast = (contract, message) => {
    const nowMs = Date.now();
    if (running.lastBeatAtMs > 0) count(nowMs - running.lastBeatAtMs);
    running.lastBeatAtMs = nowMs;
    broadcast(contract, message);
  };
  agents.set(name, running);
  await agent.start();
}

function count(gapMs: number): void {
  beats.sent += 1;
  if (gapMs >= 2 * heartbeatIntervalMs) beats.late += 1;
  beats.longestGapMs = Math.max(beats.longestGapMs, gapMs);
}

async function obey(order: AgentOrder): Promise<AgentAnswer> {
  switch (order.kind) {
    case 'connect':
      connection = order;
      return {};
    case 'start':
      for (let from = 0; from < order.hosts.length; from += startedAtOnce) {
        const some = order.hosts.slice(from, from + startedAtOnce);
        await Promise.all(some.map(({ name, seed }) => startSurely(name, seed)));
      }
      return {};
    case 'kill':
      return { lastBeatAtMs: await kill(order.host) };
    case 'count': {
      const counted = beats;
      beats = noBeats();
      return { beats: counted };
    }
  }
}

process.on('message', (message) => {
  const { id, body } = message as Numbered<AgentOrder>;
  const answer = (body: AgentAnswer): void => void process.send?.({ id, body });
  obey(body).then(answer, (error: unknown) => answer({ failure: String(error) }));
});
