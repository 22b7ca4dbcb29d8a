/** Hosts: power, pauses, programs, clocks, hypervisors, BMCs. */
import { aHost, nothing, onHost, type FaultKind } from './fault.js';

/** Power, pauses, programs and clocks of a host. */
export const hostKinds: Record<string, FaultKind> = {
  'host-power': {
    lastsMs: [1000, 90_000],
    inflict: (world, random) => {
      const host = aHost(world, random);
      world.powerOff(host);
      world.heldOff.add(host);
      const heal = (): void => {
        world.heldOff.delete(host);
        world.powerOn(host);
      };
      return { target: host, heal };
    },
  },
  'host-reset': {
    lastsMs: [0, 0],
    inflict: (world, random) => {
      const host = aHost(world, random);
      world.powerOff(host);
      if (!world.heldOff.has(host)) world.powerOn(host);
      return { target: host, heal: nothing };
    },
  },
  'host-pause': {
    lastsMs: [200, 60_000],
    inflict: (world, random) => {
      const host = aHost(world, random);
      world.freezeHost(host, true);
      return { target: host, heal: () => world.freezeHost(host, false) };
    },
  },
  'host-agent': {
    lastsMs: [500, 60_000],
    inflict: (world, random) => {
      const host = world.host(aHost(world, random));
      host.agent.process.crash();
      return { target: host.name, heal: () => world.startAgent(host) };
    },
  },
  'host-agent-pause': {
    lastsMs: [500, 30_000],
    inflict: (world, random) => {
      const { name, agent } = world.host(aHost(world, random));
      agent.process.freeze(true);
      return { target: name, heal: () => agent.process.freeze(false) };
    },
  },
  'host-agent-crash': {
    lastsMs: [30_000, 60_000],
    inflict: (world, random) => {
      const host = world.host(aHost(world, random));
      host.agent.process.effectsLeft = random.integer(12);
      world.supervise(host.agent.process, () => world.startAgent(host), 500 + random.integer(5000));
      return { target: host.name, heal: () => world.startAgent(host) };
    },
  },
  'guest-crash': {
    lastsMs: [0, 0],
    inflict: (world, random) => {
      const { name, hypervisor } = world.host(aHost(world, random));
      const domain = hypervisor.list()[0];
      if (domain && !domain.incoming) hypervisor.crash(domain.identity.vm, 'crashed');
      return { target: `${domain?.identity.vm ?? 'nobody'} on ${name}`, heal: nothing };
    },
  },
  'start-failures': {
    lastsMs: [5000, 60_000],
    inflict: (world, random) => {
      const { name, hypervisor } = world.host(aHost(world, random));
      hypervisor.startFailures = 0.6;
      return { target: name, heal: () => (hypervisor.startFailures = 0) };
    },
  },
  'late-starts': {
    lastsMs: [5000, 60_000],
    inflict: (world, random) => {
      const { name, hypervisor } = world.host(aHost(world, random));
      hypervisor.lateStarts = 0.6;
      return { target: name, heal: () => (hypervisor.lateStarts = 0) };
    },
  },
  'guest-shutdown': {
    lastsMs: [0, 0],
    inflict: (world, random) => {
      const { name, hypervisor } = world.host(aHost(world, random));
      const domain = hypervisor.list().find(({ incoming }) => !incoming);
      if (domain) hypervisor.crash(domain.identity.vm, 'guest-shutdown');
      return { target: `${domain?.identity.vm ?? 'nobody'} on ${name}`, heal: nothing };
    },
  },
  'login-frozen': {
    lastsMs: [30_000, 120_000],
    inflict: onHost(({ hypervisor }, on) => (hypervisor.frozenLogins = on ? 0.6 : 0)),
  },
  'migration-answer-lost': {
    lastsMs: [30_000, 120_000],
    inflict: (world) => {
      for (const hypervisor of world.hypervisors()) hypervisor.lostAnswers = 0.5;
      const heal = (): void => {
        for (const hypervisor of world.hypervisors()) hypervisor.lostAnswers = 0;
      };
      return { target: 'everywhere', heal };
    },
  },
  'hypervisor-hangs': {
    lastsMs: [500, 60_000],
    inflict: onHost(({ hypervisor }, on) => hypervisor.hang(on)),
  },
  'slow-hypervisor': {
    lastsMs: [5000, 60_000],
    inflict: onHost(({ hypervisor }, on) => (hypervisor.slowness = on ? 15 : 1)),
  },
  'deaf-guests': {
    lastsMs: [30_000, 120_000],
    inflict: (world, random) => {
      const { name, hypervisor } = world.host(aHost(world, random));
      hypervisor.deafGuests = 0.8;
      return { target: name, heal: () => (hypervisor.deafGuests = 0) };
    },
  },
};

function bmcKind(state: 'slow' | 'dead' | 'lying'): FaultKind {
  return {
    lastsMs: [10_000, 120_000],
    inflict: (world, random) => {
      const { name, bmc } = world.host(aHost(world, random));
      bmc.state = state;
      if (state === 'lying') world.powerLiars.add(name);
      return { target: name, heal: () => (bmc.state = 'well') };
    },
  };
}

export const bmcKinds: Record<string, FaultKind> = {
  'bmc-slow': bmcKind('slow'),
  'bmc-dead': bmcKind('dead'),
  'bmc-lying': bmcKind('lying'),
};
