import { hostLeaseMs, type Observed } from '@holdfast/contracts';
import type { HostStep, HostView } from '@holdfast/failover/core';
import { seenAs, type PlantedBugs } from './bug.js';

const frozen = ['host-pause', 'bmc-dead'];
const hosts = ['host1', 'host2', 'host3', 'host4'];

/** The proof that a lease has expired. */
export const leaseBugs: PlantedBugs = {
  'lease-without-watchdog': {
    does: 'a host counts as one whose watchdog is bound to its lease, and has none',
    breaks: 'proof lease-expired',
    faults: frozen,
    plant: { host: (view, step) => step(seenAs(view, { observed: withWatchdog(view) })) },
  },
  'lease-margin-forgotten': {
    does: "the proof waits for the lease alone, not for the watchdog's time and what clocks may differ by",
    breaks: 'proof lease-expired',
    faults: frozen,
    cluster: { watchdogsMs: Object.fromEntries(hosts.map((host) => [host, 30_000])) },
    plant: { host: (view, step) => waitingForLeaseAlone(step(view)) },
  },
};

function withWatchdog({ observed, storageNodes: nodes }: HostView): Observed | null {
  const watchdog = { kind: 'softdog' as const, timeoutMs: 5000, armed: true, binding: 1, leaseMs: hostLeaseMs };
  return observed && { ...observed, watchdog: { ...watchdog, nodes, detail: '' } };
}

function waitingForLeaseAlone(step: HostStep): HostStep {
  const { incident } = step.state;
  if (!incident?.lease || incident.lease.waitMs === hostLeaseMs) return step;
  const lease = { ...incident.lease, waitMs: hostLeaseMs };
  return { ...step, state: { ...step.state, incident: { ...incident, lease } } };
}
