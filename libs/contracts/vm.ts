import { z } from 'zod';
import { askedShape, wouldShape } from './asked.js';
import { bootOrderSchema } from './boot.js';
import { cdromSchema, isoSchema } from './cdrom.js';
import { cloudInitSchema } from './cloud-init.js';
import { bucket, command } from './contract.js';
import { epochSchema, generationSchema, idSchema, nameSchema, timeSchema } from './names.js';
import { nicNumberSchema, nicsSchema } from './nic.js';
import { volumeSourceSchema } from './image.js';
import { renamingSchema } from './renaming.js';
import { savedMemorySchema } from './saved-memory.js';
import { cpuModelSchema, numaSchema, vmSharesShape } from './host-capacity.js';
import { vmStorageLossSchema } from './storage-loss.js';
import { transitionsShape } from './transition.js';
import { vmPolicyChangeSchema, vmPolicySchema } from './vm-policy.js';
import { guestHealthSchema } from './vm-probe.js';
import { vmWordsChangeSchema, vmWordsSchema, vmWordsShape } from './vm-words.js';
import { nextSizeSchema, sizeShape, vmSizeChangeSchema } from './vm-size.js';
import { holderSchema } from './volume.js';

export const vmPhases = {
  provisioning: 'Its volumes are being created.',
  waiting: 'No host can take it now; the reason says why, and a changed fact tries again.',
  attaching: 'Storage opens its volumes to the chosen host, after shutting out every older holder.',
  starting: 'The host starts it.',
  running: 'Observed running on its host, at its generation.',
  stopping: 'The guest is asked to power down, and is forced after a grace time.',
  detaching: 'It has stopped; storage takes the access back.',
  stopped: 'Runs nowhere, and nobody has access to its volumes.',
  migrating: 'Moves to another host while it runs.',
  recovering: 'Its host is out; waits for proof that the old copy cannot write, then for a host.',
  failed: 'Given up, with the reason; an explicit start tries again.',
  renaming: 'Takes another name: for a moment it has a record of each, and neither can be started.',
  deleting: 'Its volumes are being removed.',
  deleted: 'Gone; the record goes too once its events are out.',
} as const;
export type VmPhase = keyof typeof vmPhases;

export const diskSpecSchema = z.strictObject({
  sizeMiB: z
    .number()
    .int('give whole MiB')
    .positive('a disk needs at least 1 MiB')
    .max(64 * 1024 * 1024, 'at most 64 TiB'),
});

/** The guest network that a VM joins unless it asks for another, or for none. */
export const defaultNetwork = 'guest';

export const vmSpecSchema = z.strictObject({
  ...sizeShape,
  image: nameSchema.default('tiny'),
  disks: z.array(diskSpecSchema).max(16).default([{ sizeMiB: 64 }]),
  /** The guest network it joins; null for none. */
  network: nameSchema.nullable().default(defaultNetwork),
  /** More NICs than that one. */
  nics: nicsSchema.optional(),
  /** The CPU that its guest sees; left out: one that every host can give. Hosts that cannot give it are never taken. */
  cpuModel: cpuModelSchema.optional(),
  numa: numaSchema.optional(),
  ...vmSharesShape,
  cloudInit: cloudInitSchema.optional(),
  cdrom: cdromSchema,
  /** Left out: its image's kernel, or its first disk. */
  boot: bootOrderSchema.optional(),
  policy: vmPolicySchema.prefault({}),
});
export type VmSpec = z.infer<typeof vmSpecSchema>;

/** What a VM asks of its host besides CPUs and memory. */
export const vmNeedsSchema = z.strictObject({
  network: nameSchema.nullable().optional(),
  nics: nicsSchema.optional(),
  cpuModel: cpuModelSchema.optional(),
  numa: numaSchema.optional(),
  ...vmSharesShape,
});
export type VmNeeds = z.infer<typeof vmNeedsSchema>;

/** One disk as an agent needs it. */
export const diskAccessSchema = holderSchema
  .pick({ iqn: true, lun: true, portalAddress: true, portalPort: true, chapUser: true })
  .extend({ volume: idSchema });
export type DiskAccess = z.infer<typeof diskAccessSchema>;

export const assignmentSchema = z.object({
  host: nameSchema,
  hostEpoch: epochSchema,
  generation: generationSchema,
});
export type Assignment = z.infer<typeof assignmentSchema>;

export const maxLeftovers = 8;

export const vmOperationKinds = [
  'create',
  'start',
  'stop',
  'reboot',
  'migrate',
  'relocate',
  'delete',
  'set',
  'describe',
  'cdrom',
  'boot',
  'nic-add',
  'nic-remove',
  'pause',
  'resume',
  'suspend',
  'rename',
  'resize',
  'disk-add',
  'disk-remove',
  'evict',
] as const;

export const vmSchema = z.object({
  name: nameSchema,
  /** New for every VM ever created, so that a name used again is another VM. */
  uid: idSchema,
  /** Whose it is; `projectOf` says it of records of before there were projects, too. */
  project: nameSchema.optional(),
  spec: vmSpecSchema,
  ...vmWordsShape,
  volumes: z.array(
    z.object({
      volume: idSchema,
      pool: nameSchema,
      node: nameSchema,
      sizeMiB: z.number(),
      source: volumeSourceSchema.optional(),
    }),
  ),
  /** Its image is a disk, of which its first volume is a copy; without it, its host has a kernel of that name. */
  bootsFromDisk: z.boolean().optional(),
  desired: z.enum(['running', 'stopped', 'deleted']),
  /** Highest generation used so far: grows with every assignment and every change of power state. */
  generation: generationSchema,
  phase: z.enum(Object.keys(vmPhases) as [VmPhase, ...VmPhase[]]),
  reason: z.string().max(2000),
  /** Who may run it, at which generation; null when it runs nowhere. */
  assignment: assignmentSchema.nullable(),
  migration: z
    .object({
      to: assignmentSchema,
      stage: z.enum(['opening', 'moving', 'closing', 'abandoning']),
      startedAtMs: timeSchema,
      /** Since when nobody says what became of one half. */
      unclearSinceMs: timeSchema.optional(),
    })
    .nullable(),
  /** Copies that storage has shut out, and that their hosts have not yet said to be gone. */
  leftovers: z.array(assignmentSchema).max(maxLeftovers).default([]),
  /** The stop in hand does not ask the guest. */
  force: z.boolean(),
  reboot: z.object({ operation: idSchema, force: z.boolean() }).nullable(),
  /** A person wants its copy of this generation to stand still; one of another generation runs. */
  pausedGeneration: generationSchema.optional(),
  /** It is being made larger while it runs: what it had before, until that is done or will not be. */
  resizing: z.object({ operation: idSchema, cpus: sizeShape.cpus, memoryMiB: sizeShape.memoryMiB }).optional(),
  /** The size that it takes on once it has stopped. */
  nextSize: nextSizeSchema.optional(),
  /**
   * One of its volumes is being made, or deleted, and no copy has it. With `plug`, which names this once, the copy that
   * runs is given it, or gives it back: from before it is opened until it is seen to be gone, it counts as having it.
   */
  diskChange: z.object({ volume: idSchema, to: z.enum(['there', 'gone']), plug: idSchema.optional() }).optional(),
  /** The copy that runs is given this NIC of its spec, or gives it back: until its host has seen what it has. */
  nicChange: z.object({ nic: nicNumberSchema, to: z.enum(['there', 'gone']), plug: idSchema }).optional(),
  savedMemory: savedMemorySchema.optional(),
  rename: renamingSchema.optional(),
  /** The operation being carried out. */
  operation: z.object({ id: idSchema, kind: z.enum(vmOperationKinds) }).nullable(),
  /** The incident that made it move. */
  incident: idSchema.nullable(),
  /** A host asked for by a person, used for the next placement only. */
  wish: nameSchema.nullable(),
  /** Where a person last moved it to: those that must run together with it follow. */
  chosen: z.object({ host: nameSchema, atMs: timeSchema }).nullable(),
  /** Made by a drill: the only kind of VM that may be evicted. */
  canary: z.boolean().optional(),
  /** A canary's host counts as lost for it alone since then; when storage had shut that copy out, if it has. */
  evicted: z
    .object({
      host: nameSchema,
      generation: generationSchema,
      atMs: timeSchema,
      shutOutAtMs: timeSchema.nullable(),
    })
    .optional(),
  /** It was lost, and no host has room: VMs of lower priority that are to stop for it. */
  claims: z.array(nameSchema).max(64).optional(),
  /** The VM that it was stopped for; it is started again when there is room. */
  preemptedBy: nameSchema.optional(),
  /** The host it was drained from. */
  home: nameSchema.nullable(),
  /** Failed starts and crashes on this host, hosts that failed it; all in a row; it is not started before then. */
  failures: z.object({
    starts: z.number().int(),
    hosts: z.array(nameSchema).max(64),
    inARow: z.number().int().optional(),
    notBeforeMs: timeSchema.optional(),
    /** Resets of an unhealthy guest since it was started on this host. */
    resets: z.number().int().optional(),
  }),
  /** Its disks do not answer the host that runs it. */
  storageLost: vmStorageLossSchema.optional(),
  /**
   * What its host's agent last made of its guest, `sinceMs` by that host's clock; null when that was never bad.
   * `toldAtMs` is by ours; `isActedOn` says that this very judgement has had its step.
   */
  guest: guestHealthSchema
    .extend({ generation: generationSchema, toldAtMs: timeSchema, isActedOn: z.boolean() })
    .nullable()
    .optional(),
  phaseSinceMs: timeSchema,
  ...transitionsShape,
});
export type VmRecord = z.infer<typeof vmSchema>;

/** Whether a person wants the copy that it has now to stand still. */
export function isPaused({ assignment, pausedGeneration }: Pick<VmRecord, 'assignment' | 'pausedGeneration'>): boolean {
  return pausedGeneration !== undefined && pausedGeneration === assignment?.generation;
}

export const vms = bucket({
  name: 'vms',
  owner: 'scheduler',
  readers: ['scheduler', 'failover', 'storage', 'api'],
  schema: vmSchema,
});

/* From the API to the scheduler. Each carries the operation's id: sent twice, it is one operation. */

const schedulerCommand = { service: 'scheduler', scope: 'service', callers: ['api'] } as const;
const operationValue = z.object({
  operation: idSchema,
  vm: nameSchema,
  /** Why a person may not want what was accepted. */
  warning: z.string().max(2000).optional(),
  ...wouldShape,
});
/** Whoever asks may do so in the whole cluster. */
const ofClusterShape = { ofCluster: z.boolean().optional() };
const onVm = { operation: idSchema, vm: nameSchema, ...askedShape };

export const vmCreate = command({
  ...schedulerCommand,
  name: 'vm-create',
  request: z.strictObject({
    ...onVm,
    spec: vmSpecSchema,
    /** A stopped VM that has disks of these sizes, whose data it begins with. */
    cloneOf: z.strictObject({ vm: nameSchema, uid: idSchema }).optional(),
    words: vmWordsSchema.optional(),
    project: nameSchema.optional(),
    ...ofClusterShape,
    start: z.boolean(),
    host: nameSchema.nullable(),
  }),
  value: operationValue,
});
export const vmStart = command({
  ...schedulerCommand,
  name: 'vm-start',
  request: z.strictObject({
    ...onVm,
    host: nameSchema.nullable(),
    /** A suspended one boots anew, as if it had been stopped. */
    discardMemory: z.boolean().optional(),
  }),
  value: operationValue,
});
export const vmStop = command({
  ...schedulerCommand,
  name: 'vm-stop',
  request: z.strictObject({
    ...onVm,
    force: z.boolean(),
    /** Only while this operation is in progress, which ends with it. */
    overrules: idSchema.optional(),
  }),
  value: operationValue,
});
export const vmReboot = command({
  ...schedulerCommand,
  name: 'vm-reboot',
  request: z.strictObject({ ...onVm, force: z.boolean() }),
  value: operationValue,
});
/** Its guest stands still where it is, until it is told to go on. */
export const vmPause = command({
  ...schedulerCommand,
  name: 'vm-pause',
  request: z.strictObject(onVm),
  value: operationValue,
});
export const vmResume = command({
  ...schedulerCommand,
  name: 'vm-resume',
  request: z.strictObject(onVm),
  value: operationValue,
});
/** Its memory is stored beside its disks, and nothing of it runs any more; its next start goes on from there. */
export const vmSuspend = command({
  ...schedulerCommand,
  name: 'vm-suspend',
  request: z.strictObject(onVm),
  value: operationValue,
});
/** Another name, while it is stopped; all else of it stays. */
export const vmRename = command({
  ...schedulerCommand,
  name: 'vm-rename',
  request: z.strictObject({ ...onVm, to: nameSchema }),
  value: operationValue,
});
/** More while it runs, another size while it does not. */
export const vmResize = command({
  ...schedulerCommand,
  name: 'vm-resize',
  request: z.strictObject({ ...onVm, size: vmSizeChangeSchema, atNextStart: z.boolean() }),
  value: operationValue,
});
/** Another disk, while it is stopped or runs. */
export const vmDiskAdd = command({
  ...schedulerCommand,
  name: 'vm-disk-add',
  request: z.strictObject({ ...onVm, sizeMiB: diskSpecSchema.shape.sizeMiB }),
  value: operationValue,
});
/** One disk less, with its data, while it is stopped or runs. */
export const vmDiskRemove = command({
  ...schedulerCommand,
  name: 'vm-disk-remove',
  request: z.strictObject({ ...onVm, volume: idSchema }),
  value: operationValue,
});
export const vmMigrate = command({
  ...schedulerCommand,
  name: 'vm-migrate',
  request: z.strictObject({ ...onVm, host: nameSchema.nullable() }),
  value: operationValue,
});
/** Stop, move, start: for what cannot move while it runs. */
export const vmRelocate = command({
  ...schedulerCommand,
  name: 'vm-relocate',
  request: z.strictObject({ ...onVm, host: nameSchema }),
  value: operationValue,
});
/** Changes its policy, whatever it does at the moment. */
export const vmSet = command({
  ...schedulerCommand,
  name: 'vm-set',
  request: z.strictObject({ ...onVm, policy: vmPolicyChangeSchema }),
  value: operationValue,
});
/** Changes what people say of it, whatever it does at the moment. */
export const vmDescribe = command({
  ...schedulerCommand,
  name: 'vm-describe',
  request: z.strictObject({ ...onVm, words: vmWordsChangeSchema }),
  value: operationValue,
});
/** What is in its CD-ROM drive from its next start on; null for nothing. */
export const vmCdrom = command({
  ...schedulerCommand,
  name: 'vm-cdrom',
  request: z.strictObject({ ...onVm, iso: isoSchema.nullable() }),
  value: operationValue,
});
/** Another NIC on this network, while it is stopped or runs. */
export const vmNicAdd = command({
  ...schedulerCommand,
  name: 'vm-nic-add',
  request: z.strictObject({ ...onVm, ...ofClusterShape, network: nameSchema }),
  value: operationValue,
});
export const vmNicRemove = command({
  ...schedulerCommand,
  name: 'vm-nic-remove',
  request: z.strictObject({ ...onVm, nic: nicNumberSchema }),
  value: operationValue,
});
/** What it boots from, from its next start on; null for what its image has. */
export const vmBoot = command({
  ...schedulerCommand,
  name: 'vm-boot',
  request: z.strictObject({ ...onVm, order: bootOrderSchema.nullable() }),
  value: operationValue,
});
export const vmDelete = command({
  ...schedulerCommand,
  name: 'vm-delete',
  request: z.strictObject(onVm),
  value: operationValue,
});
