import type { Bus } from '@holdfast/bus';
import { drains, hostAdmin, type DrainRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Machine } from '@holdfast/runtime';
import { stepDrain, type Cluster, type DrainEffect } from './core/index.js';

const failoverTimeoutMs = 3000;

/** Runs the drains of hosts: the only thing asked of anybody is that failover notes what has become of the host. */
export function drainMachine(cluster: Cluster, bus: Bus, env: () => Env): Machine<DrainRecord, DrainEffect> {
  return {
    noun: 'drain',
    contract: drains,
    identity: ({ uid }) => uid,
    isGone: ({ state }) => state === 'ended',
    step: ({ value }, answer) => stepDrain({ drain: value, cluster, env: env(), answer }),
    perform: ({ host, admin, after, reason }) =>
      bus.request(hostAdmin, null, { host, admin, after, reason }, { timeoutMs: failoverTimeoutMs }),
  };
}
