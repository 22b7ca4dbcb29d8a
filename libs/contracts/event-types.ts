import { z } from 'zod';
import { epochSchema, generationSchema, idSchema, nameSchema, timeSchema } from './names.js';

const count = z.number().int().nonnegative();
const word = z.string();

/** What the data of events may hold besides the text, the time and the ids of operation and incident. */
const fields = {
  host: nameSchema.describe('the host it is about'),
  from: z.string().describe('the host it leaves, or the one who gave a proof'),
  to: nameSchema.describe('the host it goes to'),
  generation: generationSchema.describe('which copy of the VM; each start and move makes a new one'),
  epoch: epochSchema.describe('which of the host\'s lives; each fence begins a new one'),
  downtimeMs: z.number().nonnegative().nullable().describe('how long the guest stood still; null: not known'),
  reason: word.describe('one word for why'),
  volumes: word.describe('names of volumes, with commas between them'),
  state: word.describe('what the probe found'),
  probe: word.describe('which probe it was'),
  proof: word.describe('kind of the proof that the host cannot write'),
  provenAtMs: timeSchema.describe('when it was proven'),
  verdict: word.describe('what failover takes the host for'),
  condition: word.describe('what is wrong with the host'),
  vmCount: count.describe('VMs on it'),
  lastsS: z.number().nonnegative().describe('for how long already'),
  untilMs: timeSchema.describe('when it ends by itself'),
  fences: count.describe('fences of this host lately'),
  suspicions: count.describe('suspicions of this host lately'),
  check: word.describe('name of the check'),
  result: word.describe('what became of it'),
  tookMs: z.number().nonnegative().nullable().describe('how long it took'),
  failed: word.describe('names of the checks that failed, with commas between them'),
  left: count.describe('VMs still on the host'),
  newest: generationSchema.describe('the newest generation known of the volume'),
  operationState: z.enum(['running', 'done', 'failed']).describe('what became of the operation'),
  cpus: count.describe('virtual CPUs of the VM'),
  memoryMiB: count.describe('memory of the VM'),
  disksMiB: count.describe('all disks of the VM together'),
  formerName: nameSchema.describe('what it was called before'),
  leavesOut: z.boolean().describe('something asked for could not be heeded'),
} as const;
type Field = keyof typeof fields;

interface EventType {
  /** What has happened. */
  says: string;
  has: readonly Field[];
  /** Not in each of them. */
  may: readonly Field[];
}

const says = (text: string, has: readonly Field[] = [], may: readonly Field[] = []): EventType =>
  ({ says: text, has, may });
const copy = ['host', 'generation'] as const;
const asked = (what: string, has: readonly Field[] = []): EventType =>
  says(`somebody asked to ${what}`, ['operationState', ...has], ['leavesOut']);

const clusterEvents = {
  'cluster.armed': says('failover acts again'),
  'cluster.disarmed': says('failover acts no more, by somebody\'s word or after a restore'),
  'cluster.shadowed': says('failover decides, and only says what it would do'),
  'cluster.reconciled': says('records restored from a backup agree with what is found'),
};

const hostEvents = {
  'host.activated': says('takes VMs again'),
  'host.asleep': says('is switched off to save power'),
  'host.closing': says('is to sleep and takes no VM any more'),
  'host.degraded': says('something is wrong with it, or no longer as wrong', ['condition']),
  'host.falling-asleep': says('is being switched off to save power'),
  'host.fenced': says('is proven unable to write; its VMs may start elsewhere', [], ['proof', 'epoch', 'provenAtMs']),
  'host.fencing': says('proof is being sought that it cannot write', [], ['verdict', 'epoch']),
  'host.held': says('is suspected, and a brake keeps it from being fenced'),
  'host.held-off': says('failed too often and gets no VM for a while', ['untilMs', 'fences', 'suspicions']),
  'host.joining': says('is heard, and not yet trusted with VMs', [], ['epoch']),
  'host.labelled': says('what it shares with others was changed'),
  'host.let-in': says('its hold-off is over'),
  'host.maintenance': says('is empty and in maintenance'),
  'host.online': says('runs VMs', [], ['epoch']),
  'host.power-mismatch': says('its power control is another machine\'s, or does not answer as it should'),
  'host.power-unchecked': says('its power control must be checked anew'),
  'host.power-verified': says('its power control is proven to be its own'),
  'host.proof-failed': says('a proof could not be had', ['proof', 'from']),
  'host.proof-obtained': says('a proof was given', ['proof', 'from']),
  'host.proof-voided': says('a proof does not hold any more'),
  'host.resumed': says('somebody released the brake for it'),
  'host.sleep-called-off': says('stays awake'),
  'host.sound': says('nothing is wrong with it any more'),
  'host.suspect': says('has been silent for too long'),
  'host.unmanaged': says('its VMs run, and nobody can command it', ['condition', 'vmCount', 'lastsS']),
  'host.wake-failed': says('was switched on and did not come'),
  'host.waking': says('is being switched on'),
};

const drillEvents = {
  'drill.begun': says('a drill of the host began'),
  'drill.checked': says('one check is through', ['check', 'result', 'tookMs']),
  'drill.evicting': says('the drill\'s own VM is being taken from the host'),
  'drill.expired': says('the drill is too old to count'),
  'drill.failed': says('at least one check failed', ['host', 'failed']),
  'drill.passed': says('every check passed', ['host', 'failed']),
  'drill.stopped': says('the drill was broken off'),
};

const size = ['cpus', 'memoryMiB', 'disksMiB'] as const;

const vmAsked = {
  'vm.delete-requested': asked('delete it'),
  'vm.disk-add-requested': asked('give it another disk'),
  'vm.disk-remove-requested': asked('delete one of its disks'),
  'vm.evict-requested': asked('take it from its host, which a drill does with its own VM'),
  'vm.migrate-requested': asked('move it while it runs'),
  'vm.pause-requested': asked('let it stand still'),
  'vm.reboot-requested': asked('reboot it'),
  'vm.relocate-requested': asked('stop it and start it elsewhere'),
  'vm.rename-requested': asked('give it another name'),
  'vm.requested': asked('create it', size),
  'vm.resize-requested': asked('make it larger while it runs'),
  'vm.resume-requested': asked('let it go on'),
  'vm.start-requested': asked('start it'),
  'vm.stop-requested': asked('stop it'),
  'vm.suspend-requested': asked('store its memory and stop it'),
  'vm.overruled': says('another request took the place of the one in progress', ['operationState']),
  'vm.nic-add-requested': asked('give it another NIC while it runs'),
  'vm.nic-added': says('it has another NIC', [], ['operationState']),
  'vm.nic-remove-requested': asked('take one of its NICs while it runs'),
  'vm.nic-removed': says('it has a NIC less', [], ['operationState']),
  'vm.boot-changed': says('it boots from something else from its next start on', ['operationState']),
  'vm.cdrom-changed': says('something else is in its CD-ROM drive from its next start on', ['operationState']),
  'vm.described': says('its notes, labels or protection were changed', ['operationState']),
  'vm.policy-set': says('its policy was changed', ['operationState']),
};

const vmLife = {
  'vm.cleared': says('a leftover copy is proven gone', copy),
  'vm.crashed': says('its guest ended by itself', ['host']),
  'vm.created': says('its volumes are there'),
  'vm.deleted': says('is gone'),
  'vm.deleting': says('its volumes are being removed'),
  'vm.disk-failed': says('was not given another disk, or keeps one'),
  'vm.disk-plugged': says('runs with another disk', [], ['operationState']),
  'vm.disk-unplugged': says('runs without one of its disks, which is deleted next'),
  'vm.disk-undone': says('is not given another disk after all'),
  'vm.failed': says('was given up; somebody must look', [], ['host', 'state', 'probe']),
  'vm.given-up': says('is not started any more'),
  'vm.halted': says('its copy has ended'),
  'vm.healthy': says('its guest is healthy, or not looked at any more', [], ['host']),
  'vm.held': says('is held back', [], copy),
  'vm.pause-failed': says('was not paused'),
  'vm.nic-failed': says('was not given another NIC, or keeps one'),
  'vm.paused': says('stands still, as somebody asked', ['host']),
  'vm.memory-lost': says('its stored memory was not used: it booted anew, or was stopped before it was stored'),
  'vm.memory-used': says('goes on from its stored memory', ['host']),
  'vm.placed': says('a host was chosen', copy),
  'vm.preempting': says('makes room for one of higher priority', ['host']),
  'vm.queued': says('waits for its turn'),
  'vm.reboot-failed': says('was not rebooted'),
  'vm.rebooted': says('was rebooted in place', ['host']),
  'vm.recovering': says('its host is out; it starts elsewhere as soon as no copy can write', [], ['host']),
  'vm.released': says('nobody has access to its volumes', [], size),
  'vm.resize-failed': says('was not made larger'),
  'vm.resize-planned': says('takes another size once it has stopped', ['operationState']),
  'vm.rename-failed': says('keeps its name', ['operationState']),
  'vm.renamed': says('has another name', ['operationState', 'formerName']),
  'vm.resized': says('has another size, or other disks', size, ['operationState']),
  'vm.restored': says('came back with a backup', ['generation']),
  'vm.resume-failed': says('did not go on yet, as somebody asked'),
  'vm.resumed': says('goes on, as somebody asked', ['host']),
  'vm.self-fenced': says('its host ended it, being cut off', ['host']),
  'vm.settled': says('runs where it should, and is left alone'),
  'vm.suspend-failed': says('was not suspended, and runs on'),
  'vm.shut-down': says('its guest powered itself down'),
  'vm.shut-out': says('its copy has no access any more', copy),
  'vm.start-failed': says('did not start', ['host']),
  'vm.started': says('runs', copy),
  'vm.starting': says('is being started', copy),
  'vm.stopped': says('is stopped', [], size),
  'vm.stopping': says('is being stopped'),
  'vm.storage-back': says('its host reaches its storage again', copy),
  'vm.storage-lost': says('its host does not reach its storage', [...copy, 'reason', 'volumes']),
  'vm.unhealthy': says('its guest does not do its work', ['host', 'state', 'probe']),
  'vm.unplaceable': says('no host can take it'),
};

const vmMoves = {
  'vm.migrated': says('was moved while it ran', [...copy, 'downtimeMs'], ['from', 'to']),
  'vm.migrating': says('is to be moved while it runs', ['from', 'to', 'generation']),
  'vm.migration-abandoned': says('the move is given up; it stays'),
  'vm.migration-failed': says('was not moved', [], ['host']),
  'vm.move-unclear': says('nobody says which half of the move is the guest'),
  'vm.moving': says('its memory is being sent'),
  'vm.switched': says('has arrived, and goes on there', ['from', 'to', 'generation', 'downtimeMs']),
};

const schedulerEvents = {
  'drain.begun': says('a host is being emptied'),
  'drain.changed': says('how the host is to be emptied was changed'),
  'drain.completed': says('the host is empty'),
  'drain.ended': says('the host may work again'),
  'drain.ending': says('the host is to work again'),
  'drain.progressed': says('fewer VMs are left on the host', ['left']),
  'drain.resumed': says('a VM was found on the host after all'),
  'network.changed': says('whose network it is, or what people say of it, was changed'),
  'network.closing': says('nobody takes the network up until it is known that no VM is on it that could not stay'),
  'network.dropped': says('the record of a network is gone'),
  'network.kept': says('a network stays as it was: VMs are on it that could not stay'),
  'network.made': says('a network has a record'),
  'rebalance.begun': says('moves that even out the load are being carried out'),
  'rebalance.completed': says('the moves are done'),
  'rebalance.dropped': says('the rest of the moves is dropped'),
  'rebalance.proposed': says('moves that would even out the load are known'),
  'rebalance.withdrawn': says('the load is even enough'),
  'rule.changed': says('a placement rule was changed'),
  'rule.dropped': says('a placement rule was dropped'),
  'rule.made': says('a placement rule was made'),
  'settings.changed': says('how the scheduler decides was changed'),
};

const storageEvents = {
  'attachment.gone': says('its volume was deleted'),
  'attachment.opened': says('a host may write the volume', copy),
  'attachment.refused': says('an older copy asked for the volume', copy),
  'attachment.reopening': says('the target is being made again', copy),
  'attachment.requested': says('a host is to get access', copy),
  'attachment.restored': says('came back with a backup', ['newest']),
  'attachment.revoked': says('a host is proven unable to write the volume', copy),
  'attachment.revoking': says('access is being taken away'),
  'volume.created': says('is there'),
  'volume.deleted': says('is gone'),
  'volume.deleting': says('is being removed'),
  'volume.failed': says('could not be made'),
  'volume.named': says('its VM has another name'),
  'volume.requested': says('is to be made'),
  'volume.restored': says('came back with a backup'),
};

/** Whatever ends what somebody asked for says so. */
const mayEndOperation = (types: Record<string, EventType>): Record<string, EventType> =>
  Object.fromEntries(Object.entries(types).map(([name, { says: text, has, may }]) =>
    [name, says(text, has, [...may, 'operationState'])]));

/**
 * Every public event: what it says and what its data holds. docs/events.md and docs/asyncapi.json are made from this,
 * and a test compares it with the cores.
 */
export const eventTypes: Readonly<Record<string, EventType>> = {
  ...clusterEvents,
  ...hostEvents,
  ...drillEvents,
  ...vmAsked,
  ...mayEndOperation(vmLife),
  ...mayEndOperation(vmMoves),
  ...schedulerEvents,
  ...storageEvents,
};

/** The schema's address in the attribute `dataschema`: a name, not a place to fetch from. */
export function eventDataSchema(type: string): string {
  return `urn:holdfast:event:${type}`;
}

/** What the `data` of such an event holds: more fields may come in later versions; `isStrict` refuses them. */
export function dataSchemaOf(event: string, isStrict = false): z.ZodObject {
  const type = eventTypes[event];
  if (!type) throw new Error(`${event} is no event`);
  const shape = {
    text: z.string().describe('a sentence for people; its words may change'),
    atMs: timeSchema.describe('when, in ms since 1970'),
    operation: idSchema.nullable().describe('the operation that caused it'),
    incident: idSchema.nullable().describe('the incident it belongs to'),
    ...Object.fromEntries(type.has.map((name) => [name, fields[name]])),
    ...Object.fromEntries(type.may.map((name) => [name, fields[name].optional()])),
  };
  return isStrict ? z.strictObject(shape) : z.looseObject(shape);
}
