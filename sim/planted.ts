/**
 * Bugs that tests switch on to see that the checker finds them, with the faults under which each shows and a seed that
 * shows it. No command can switch one on.
 */
export interface PlantedBug {
  /** What it does wrong. */
  does: string;
  faults: readonly string[];
}

/** The cluster they are looked for in. */
export const plantedSizes = { hosts: 4, vms: 10, minutes: 4 };

const isolated = ['host-network', 'bmc-dead'];

export const plantedBugs: Readonly<Record<string, PlantedBug>> = {
  'revocation-skipped': { does: 'storage says it has revoked a host, and has not', faults: isolated },
  'partial-revocation': { does: 'one storage node of two counts as all', faults: isolated },
  'sessions-only': {
    does: 'a revocation ends sessions, lets nobody new in, and leaves the target',
    faults: ['login-frozen', ...isolated],
  },
  'in-flight-ignored': {
    does: 'a target counts as gone while a write of it is in flight',
    faults: ['storage-stuck-io', ...isolated],
  },
  'late-open-unchecked': {
    does: 'a target is opened although it was revoked meanwhile',
    faults: ['storage-daemon', 'storage-power', ...isolated],
  },
  'address-before-account': {
    does: 'a target lets its host in before it asks for a password',
    faults: ['message-duplication'],
  },
  'target-numbers-reused': {
    does: 'the number of a deleted target is given again, and a login that froze half-way is in',
    faults: ['login-frozen', 'storage-daemon', ...isolated],
  },
  'floors-not-durable': {
    does: 'a storage service that restarts has forgotten its floors',
    faults: ['storage-service', ...isolated],
  },
  'late-attach-accepted': { does: 'storage checks no floor of an attach', faults: ['message-duplication'] },
  'source-freed-late': { does: 'an older holder stays when a new one comes', faults: isolated },
  'restart-on-suspicion': { does: 'a suspected host counts as proven', faults: ['host-agent-pause', 'host-pause'] },
  'storage-speaks-for-all': { does: 'storage proves also a VM that has no volume', faults: isolated },
  'power-off-unread': { does: 'a power-off that was commanded counts as read', faults: ['host-pause', 'bmc-slow'] },
  'swapped-bmc-believed': { does: 'a BMC is believed whatever its machine', faults: ['host-pause', 'host-network'] },
  'generation-ignored': { does: 'an agent admits a generation that was ruled out', faults: ['message-duplication'] },
  'unknown-boot-begins': {
    does: 'an agent begins copies in a boot that is about to be taken for proof that none runs',
    faults: ['host-power', 'bus-out'],
  },
  'waited-command-begins': {
    does: 'an agent begins what it was told without asking whether its host still counts',
    faults: ['host-pause', 'bmc-lying'],
  },
  'stale-copies-kept': { does: 'an agent keeps the copies of an older epoch', faults: isolated },
  'revision-ignored': {
    does: 'a write succeeds whatever the revision it was decided on',
    faults: ['host-pause', 'replica-pause', 'watch-lag'],
  },
  'restore-keeps-incarnation': {
    does: 'records from a backup are taken for what is: no new incarnation, and nothing is looked at',
    faults: ['restore', 'host-power'],
  },
};
