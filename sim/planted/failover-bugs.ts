import type { HostRecord } from '@holdfast/contracts';
import { noSilence, type HostView, type Silence } from '@holdfast/failover/core';
import { isolated, seenAs, type PlantedBugs } from './bug.js';
import {
  nameTaken,
  nineInRacks,
  oldBootHeard,
  racksOut,
  shadowed,
  switchOut,
  wrongHostConfirmed,
} from './happenings.js';

const enoughMs = 8000;
const armed = { armed: true, text: '', reconciles: true };

/** Failover: suspicion, proof, joining. */
export const failoverBugs: PlantedBugs = {
  'partial-revocation': {
    does: 'one storage node of two counts as all',
    breaks: 'rule 5',
    faults: isolated,
    cluster: { storageNodes: 2 },
    plant: { host: (view, step) => step(seenAs(view, { storageNodes: view.storageNodes.slice(0, 1) })) },
  },
  'power-off-unread': {
    does: 'a power-off that was commanded counts as read',
    breaks: 'proof power-off',
    faults: ['host-pause', 'bmc-slow'],
    plant: { readsNoPower: true },
  },
  'swapped-bmc-believed': {
    does: 'a BMC is believed whatever its machine',
    breaks: 'proof power-off',
    faults: ['host-pause', 'host-network'],
    cluster: { swappedBmcs: ['host1', 'host2'] },
    plant: { believesAnyBmc: true },
  },
  'restart-on-suspicion': {
    does: 'a suspected host counts as proven',
    breaks: 'what counts as proof',
    faults: ['host-agent-pause', 'host-pause'],
    plant: {
      cluster: (cluster) => ({
        ...cluster,
        host: (name) => {
          const host = cluster.host(name);
          return host?.health === 'suspect' ? switchedOff({ ...host, epoch: host.epoch + 1 }) : host;
        },
      }),
    },
  },
  'storage-speaks-for-all': {
    does: 'storage proves also a VM that has no volume',
    breaks: 'rule 6',
    faults: isolated,
    plant: {
      cluster: (cluster) => ({
        ...cluster,
        host: (name) => {
          const host = cluster.host(name);
          return host && { ...host, evidence: host.evidence.map((entry) => ({ ...entry, kind: 'power-off' })) };
        },
      }),
    },
  },
  'armed-after-restore': {
    does: 'a cluster that was restored from a backup is armed at once',
    breaks: 'rule 10',
    faults: ['restore', 'host-power'],
    plant: {
      cluster: (cluster) => ({ ...cluster, arming: () => armed }),
      host: (view, step) => step(seenAs(view, { arming: armed })),
    },
  },
  'restore-keeps-incarnation': {
    does: 'records from a backup are taken for what is: no new incarnation, and nothing is looked at',
    breaks: 'rule 10',
    faults: ['restore', 'host-power'],
    plant: { keepsIncarnation: true },
  },
  'silence-is-proof': {
    does: 'a host that was silent for long counts as switched off',
    breaks: 'what counts as proof',
    faults: [...isolated, 'storage-network', 'storage-pause'],
    plant: {
      cluster: (cluster) => ({
        ...cluster,
        host: (name) => {
          const host = cluster.host(name);
          const heardOf = cluster.observed(name)?.atMs ?? 0;
          return host?.health === 'fencing' && host.changedAtMs - heardOf > 0 ? longSilent(host) : host;
        },
      }),
    },
  },
  'voided-proof-kept': {
    does: 'a power-off stays proven though the host is heard in the same boot',
    breaks: 'proof power-off',
    faults: ['bmc-lying', 'host-pause', 'host-network'],
    plant: { host: (view, step) => step(isReadOff(view) ? seenAs(view, { heard: null }) : view) },
  },
  'old-boot-believed': {
    does: 'a late heartbeat of an earlier boot counts as a reboot',
    breaks: 'proof rebooted',
    faults: ['message-redelivery', 'host-reset'],
    happens: oldBootHeard,
    plant: {
      host: (view, step) => {
        const host = { ...view.host, pastBootIds: [] };
        const next = step(seenAs(view, { host }));
        return next.state === host ? { ...next, state: view.host } : next;
      },
    },
  },
  'namesake-believed': {
    does: 'another machine that goes by the name of a host counts as that host, rebooted',
    breaks: 'proof rebooted',
    faults: ['host-reset'],
    happens: nameTaken,
    plant: {
      host: (view, step) => {
        const { heard, host } = view;
        if (!heard) return step(view);
        return step(seenAs(view, { heard: { ...heard, heartbeat: { ...heard.heartbeat, uuid: host.uuid } } }));
      },
    },
  },
  'wrong-host-confirmed': {
    does: 'a person who confirms that a host is dead is believed while it is heard',
    breaks: 'proof confirmed-by-person',
    faults: ['hypervisor-hangs', 'slow-hypervisor'],
    happens: wrongHostConfirmed,
    plant: { confirmed: (view) => seenAs(view, { host: { ...view.host, health: 'suspect' }, heard: null }) },
  },
  'epoch-kept': {
    does: 'a fence does not raise the epoch of its host',
    breaks: 'rule 7',
    faults: isolated,
    plant: {
      host: (view, step) => {
        const next = step(view);
        const isFence = next.state.health === 'fencing' && view.host.health !== 'fencing';
        return isFence ? { ...next, state: { ...next.state, epoch: view.host.epoch } } : next;
      },
    },
  },
  'online-before-clean': {
    does: 'a host counts as online while it still runs copies of an older epoch',
    breaks: 'rule 9',
    faults: ['hypervisor-hangs', ...isolated],
    plant: {
      host: (view, step) => {
        const { observed, host } = view;
        if (!observed || host.health !== 'joining') return step(view);
        const clean = { ...observed, epoch: host.epoch, bootId: host.bootId, staleCopies: [] };
        return step(seenAs(view, { observed: clean }));
      },
    },
  },
  'shadow-revokes': {
    does: 'in shadow mode hosts are fenced as ever',
    breaks: 'shadow-spares',
    faults: isolated,
    happens: shadowed,
    plant: { host: (view, step) => step(seenAs(view, { arming: armed })) },
  },
  'brake-ignored': {
    does: 'hosts are fenced one by one when all of them go silent at once',
    breaks: 'majority-spared',
    faults: ['guest-crash'],
    happens: switchOut,
    plant: { host: (view, step) => step(seenAs(view, { silence: () => noSilence, busAnswers: true })) },
  },
  'labels-unseen': {
    does: 'hosts that are silent together are fenced, though all of them are in one rack',
    breaks: 'majority-spared',
    faults: ['guest-crash'],
    cluster: nineInRacks,
    happens: racksOut,
    plant: { host: (view, step) => step(seenAs(view, { silence: () => withoutLabel(view) })) },
  },
  'peer-believed': {
    does: 'a host that a peer cannot reach counts as switched off',
    breaks: 'what counts as proof',
    faults: isolated,
    plant: {
      host: (view, step) => {
        const { host } = view;
        const said = (host.incident?.views ?? []).filter((each) => each.view.startsWith('peer:'));
        const isKnown = host.evidence.some(({ kind, epoch }) => kind === 'power-off' && epoch === host.epoch);
        const isBelieved = host.health === 'fencing' && !isKnown && said.some(({ says }) => says === 'silent');
        return step(isBelieved ? seenAs(view, { host: switchedOff(host) }) : view);
      },
    },
  },
  'peers-unasked': {
    does: 'a host that only failover cannot reach is fenced, though its peers reach it',
    breaks: 'what spares a host',
    faults: [],
    scenario: 'one-way-to-every-controller',
    plant: { host: (view, step) => step(seenAs(view, { peers: [] })) },
  },
};

/** Silent hosts that share a label count as any others do. */
function withoutLabel(view: HostView): Silence {
  const found = view.silence();
  const { silentCount, hostCount } = found;
  const isMany = silentCount >= Math.max(2, Math.floor(hostCount * view.timing.brakeShare) + 1);
  return found.sharedLabel !== null && !isMany ? noSilence : found;
}

function longSilent(host: HostRecord): HostRecord {
  const { incident } = host;
  if (!incident || host.changedAtMs - incident.lastHeardAtMs < enoughMs) return host;
  return switchedOff(host);
}

function switchedOff(host: HostRecord): HostRecord {
  const proof = { kind: 'power-off' as const, epoch: host.epoch, atMs: 0, detail: '', voidedAtMs: null };
  return { ...host, evidence: [...host.evidence, proof] };
}

function isReadOff({ host }: HostView): boolean {
  return host.evidence.some(
    ({ kind, epoch, voidedAtMs }) =>
      kind === 'power-off' && voidedAtMs === null && epoch === host.incident?.epoch && host.health === 'fenced',
  );
}
