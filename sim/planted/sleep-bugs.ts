import type { HostRecord, Reply } from '@holdfast/contracts';
import { accepted } from '@holdfast/contracts';
import type { HostView } from '@holdfast/failover/core';
import { savePower } from '../faults/power-saving.js';
import type { World } from '../world/world.js';
import { seenAs, type PlantedBugs } from './bug.js';

/** Nothing is on the host, whoever says otherwise. */
function emptied(view: HostView): HostView {
  const { host, observed } = view;
  const report = observed && { ...observed, epoch: Math.max(observed.epoch, host.epoch), vms: {}, staleCopies: [] };
  const answer = (key: string): { atMs: number; reply: Reply<unknown> } | null =>
    key.startsWith('revoke/') ? { atMs: view.env.nowMs, reply: accepted({ attachments: [] }) } : view.answer(key);
  return seenAs(view, { held: null, observed: report, answer });
}

/** A scheduler that knows nothing of the VMs asks for each host in turn. */
function everyHostUnneeded(world: World): void {
  const untilMs = 150_000;
  savePower(world, untilMs, { powerIdleSeconds: 20, powerSpareHosts: 0 });
  const names = [...world.hosts.keys()];
  const ask = (number: number): void => {
    if (world.loop.nowMs >= untilMs) return;
    const host = names[number % names.length] as string;
    const after = world.bus.bucket<HostRecord>('hosts').value(host)?.transitionCount ?? 0;
    world.send('failover', 'host-sleep', { host, after, reason: 'not needed', wakeWithinMs: 60_000 }, () => undefined);
    world.loop.after(7000, () => ask(number + 1));
  };
  world.loop.at(40_000, () => ask(0));
}

/** Failover: hosts that are switched off to save power. */
export const sleepBugs: PlantedBugs = {
  'sleep-while-attached': {
    does: 'failover does not look whether anything is on a host that is to sleep',
    breaks: 'sleep',
    faults: ['host-agent-pause'],
    plant: {
      confirmed: emptied,
      host: (view, step) => step(view.host.sleep ? emptied(view) : view),
    },
    happens: everyHostUnneeded,
  },
};
