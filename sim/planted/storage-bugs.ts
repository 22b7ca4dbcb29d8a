import { isolated, type PlantedBugs } from './bug.js';
import { clones } from './happenings.js';

/** Logins that freeze while their host is cut off from those who decide, and not from storage. */
const frozenLogins = ['login-frozen', 'storage-daemon', 'host-agent-pause', 'bmc-dead'];

/** Storage: targets, floors, revocation, pools. */
export const storageBugs: PlantedBugs = {
  'address-before-account': {
    does: 'a target lets its host in before it asks for a password',
    breaks: 'rule 1',
    faults: ['message-duplication'],
    plant: { bindsAddressFirst: true },
  },
  'target-numbers-reused': {
    does: 'the number of a deleted target is given again, and a login that froze half-way is in',
    breaks: 'rule 1',
    faults: frozenLogins,
    plant: {
      world: ({ storageNodes }) => {
        for (const { store } of storageNodes.values()) store.reusesNumbers = true;
      },
    },
  },
  'sessions-only': {
    does: 'a revocation ends sessions, lets nobody new in, and leaves the target',
    breaks: 'rule 2',
    faults: frozenLogins,
    plant: {
      world: ({ storageNodes }) => {
        for (const { store } of storageNodes.values()) store.deletesSessionsOnly = true;
      },
    },
  },
  'frozen-login-survives': {
    does: 'a login that froze after CHAP gets in, though its target was deleted meanwhile',
    breaks: 'rule 2',
    faults: frozenLogins,
    plant: {
      world: ({ storageNodes }) => {
        for (const { store } of storageNodes.values()) store.letsFrozenIn = true;
      },
    },
  },
  'in-flight-ignored': {
    does: 'a target counts as gone while a write of it is in flight',
    breaks: 'rule 2',
    faults: ['storage-stuck-io', ...isolated],
    plant: {
      world: ({ storageNodes }) => {
        for (const { store } of storageNodes.values()) store.ignoresInFlight = true;
      },
    },
  },
  'revocation-skipped': {
    does: 'storage says it has revoked a host, and has not',
    breaks: 'proof storage-revoked',
    faults: isolated,
    plant: { skipsRevocation: true },
  },
  'floors-not-durable': {
    does: 'a storage service that restarts has forgotten its floors',
    breaks: 'rule 3',
    faults: ['storage-service', ...isolated],
    plant: { forgetsFloors: true },
  },
  'late-attach-accepted': {
    does: 'storage checks no floor of an attach',
    breaks: 'rule 3',
    faults: ['message-duplication'],
    plant: { checksNoFloor: true },
  },
  'late-open-unchecked': {
    does: 'a target is opened although it was revoked meanwhile, and nobody looks',
    breaks: 'rule 3',
    faults: ['storage-daemon', 'storage-power', ...isolated],
    plant: { opensRevoked: true },
  },
  'copied-while-open': {
    does: 'a volume is copied while somebody has it open, and opened while it is copied',
    breaks: 'rule 1',
    faults: ['stale-reads', 'watch-lag', 'replica-pause'],
    plant: { copiesOpen: true },
    happens: clones,
  },
  'older-holder-kept': {
    does: 'an older holder stays when a new one comes',
    breaks: 'rule 4',
    faults: isolated,
    plant: { keepsOlderHolders: true },
  },
  'irrevocable-pool-believed': {
    does: 'storage speaks for volumes of a pool that cannot take access back',
    breaks: 'rule 6',
    faults: isolated,
    cluster: { storageNodes: [{ name: 'san1', pools: [{ name: 'local1', isRevocable: false }] }] },
    plant: {
      cluster: (cluster) => ({
        ...cluster,
        pool: (name) => {
          const pool = cluster.pool(name);
          return pool && { ...pool, revocable: true };
        },
      }),
    },
  },
};
