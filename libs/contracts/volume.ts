import { z } from 'zod';
import { bucket, command } from './contract.js';
import { diskImageSchema, maxDiskImages, volumeSourceSchema } from './image.js';
import { epochSchema, generationSchema, idSchema, nameSchema, timeSchema } from './names.js';
import { transitionsShape } from './transition.js';

/** Where volumes live: one pool of one storage node. Published by the node itself. */
export const poolSchema = z.object({
  pool: nameSchema,
  node: nameSchema,
  portal: z.object({ address: z.string(), port: z.number().int() }),
  capacityBytes: z.number().nonnegative(),
  freeBytes: z.number().nonnegative(),
  /** False for a pool that cannot take access back (local directory): its VMs are proven by power only. */
  revocable: z.boolean(),
  /** UDP port on the portal address where the node hears agents over the storage network. */
  heartbeatPort: z.number().int(),
  startedAtMs: timeSchema,
  /** Volumes with data here and without a record, as after a restore. Nobody deletes them. */
  unknownVolumes: z.array(idSchema).max(1000).optional(),
  /** The disk images that volumes in this pool can be made from. */
  images: z.array(diskImageSchema).max(maxDiskImages).optional(),
});
export type PoolRecord = z.infer<typeof poolSchema>;

export const pools = bucket({
  name: 'pools',
  owner: 'storage',
  readers: ['failover', 'scheduler', 'storage', 'api', 'host-agent'],
  schema: poolSchema,
});

export const volumeSchema = z.object({
  volume: idSchema,
  pool: nameSchema,
  node: nameSchema,
  vm: nameSchema,
  /** The generation of that VM at which it took this name; left out: it never had another. */
  namedAt: generationSchema.optional(),
  sizeMiB: z.number().int().positive(),
  image: nameSchema.nullable(),
  /** What it was filled from, before anybody had access; left out: zeros. */
  source: volumeSourceSchema.optional(),
  state: z.enum(['creating', 'ready', 'failed', 'deleting', 'deleted']),
  reason: z.string().max(1000),
  ...transitionsShape,
});
export type VolumeRecord = z.infer<typeof volumeSchema>;

export function noLongerThere({ state }: Pick<VolumeRecord, 'state'>): boolean {
  return state === 'deleting' || state === 'deleted';
}

export const volumes = bucket({
  name: 'volumes',
  owner: 'storage',
  readers: ['scheduler', 'storage', 'failover', 'api'],
  schema: volumeSchema,
});

export const holderSchema = z.object({
  host: nameSchema,
  hostEpoch: epochSchema,
  generation: generationSchema,
  /** opening: asked for, not open; open: the target exists; revoking: on its way out, nothing proven yet. */
  phase: z.enum(['opening', 'open', 'revoking']),
  iqn: z.string().max(223),
  lun: z.number().int(),
  portalAddress: z.string(),
  portalPort: z.number().int(),
  chapUser: z.string(),
  /** While revoking: the floors to be made durable before its target is deleted; null leaves that floor alone. */
  floors: z.object({ generation: generationSchema.nullable(), hostEpoch: epochSchema.nullable() }),
});
export type Holder = z.infer<typeof holderSchema>;

export const attachmentSchema = z.object({
  volume: idSchema,
  node: nameSchema,
  vm: nameSchema,
  mode: z.enum(['single', 'migrating']),
  /** One; two only while migrating (plus those on their way out). */
  holders: z.array(holderSchema).max(4),
  /** The newest generation ever attached or ruled out: a new holder needs a larger one. */
  newest: generationSchema,
  /** `gone`: its volume was deleted; the record goes once its events are out. */
  state: z.enum(['active', 'gone']),
  /** The newest revocation that was proven. */
  revoked: z
    .object({
      host: nameSchema,
      generation: generationSchema,
      atMs: timeSchema,
      detail: z.string().max(500),
    })
    .nullable(),
  ...transitionsShape,
});
export type AttachmentRecord = z.infer<typeof attachmentSchema>;

export const attachments = bucket({
  name: 'attachments',
  owner: 'storage',
  readers: ['scheduler', 'failover', 'storage', 'api'],
  schema: attachmentSchema,
});

/** One host's CHAP passwords and keys: each a compact JWE (ECDH-ES on X25519, A256GCM) to that host's key. */
export const secretsSchema = z.object({
  host: nameSchema,
  /** The public key they are encrypted to; after a change of key they are sealed anew. */
  sealKey: z.string().max(100),
  /** By IQN. */
  secrets: z.record(z.string(), z.string().max(2000)),
  /** By storage node: the key with which it signs its acknowledgements of this host's heartbeats. */
  ackKeys: z.record(nameSchema, z.string().max(2000)).optional(),
});
export type SecretsRecord = z.infer<typeof secretsSchema>;

export const secrets = bucket({
  name: 'secrets',
  owner: 'storage',
  readers: ['storage'],
  ownNodeReaders: ['host-agent'],
  schema: secretsSchema,
});

const storageCommand = { service: 'storage', scope: 'node' } as const;

export const volumeCreate = command({
  ...storageCommand,
  name: 'volume-create',
  callers: ['scheduler'],
  request: z.strictObject({
    incarnation: z.string(),
    volume: idSchema,
    pool: nameSchema,
    vm: nameSchema,
    sizeMiB: z.number().int().positive(),
    image: nameSchema.nullable(),
    source: volumeSourceSchema.optional(),
    operation: idSchema.nullable(),
  }),
  value: z.object({ state: volumeSchema.shape.state }),
});

export const volumeDelete = command({
  ...storageCommand,
  name: 'volume-delete',
  callers: ['scheduler'],
  request: z.strictObject({
    incarnation: z.string(),
    volume: idSchema,
    operation: idSchema.nullable(),
  }),
  value: z.object({ state: volumeSchema.shape.state }),
});

/** Whose it is has another name since that generation of it; one that comes later than a newer one is refused. */
export const volumeName = command({
  ...storageCommand,
  name: 'volume-name',
  callers: ['scheduler'],
  request: z.strictObject({
    incarnation: z.string(),
    volume: idSchema,
    vm: nameSchema,
    generation: generationSchema,
    operation: idSchema.nullable(),
  }),
  value: z.object({ vm: nameSchema }),
});

/**
 * Opens a volume to one host at one generation. In mode `single` every older holder is revoked, and proven gone, first;
 * in mode `migrating` one holder of an older generation stays. Refused below a floor (`stale`).
 */
export const attach = command({
  ...storageCommand,
  name: 'attach',
  callers: ['scheduler'],
  request: z.strictObject({
    incarnation: z.string(),
    volume: idSchema,
    vm: nameSchema,
    generation: generationSchema,
    host: nameSchema,
    hostEpoch: epochSchema,
    mode: z.enum(['single', 'migrating']),
    operation: idSchema.nullable(),
    incident: idSchema.nullable(),
  }),
  value: z.object({ holder: holderSchema }),
});

/** Revokes every holder of a volume with a generation below `floor`; answers when it is proven. */
export const detach = command({
  ...storageCommand,
  name: 'detach',
  callers: ['scheduler'],
  request: z.strictObject({
    incarnation: z.string(),
    volume: idSchema,
    /** Generations below this lose access and can never be attached again. */
    floor: generationSchema,
    /** Revoke only this generation and leave the floor: the target of a migration that was given up. */
    only: generationSchema.nullable(),
    operation: idSchema.nullable(),
    incident: idSchema.nullable(),
  }),
  value: z.object({ provenAtMs: timeSchema }),
});

/** Fencing: raises the host's epoch floor, revokes all it holds in an older epoch, answers when that is proven. */
export const revokeHost = command({
  ...storageCommand,
  name: 'revoke-host',
  callers: ['failover'],
  request: z.strictObject({
    incarnation: z.string(),
    host: nameSchema,
    /** Attachments of this host with a smaller epoch go; attaches with one are refused for ever. */
    epochFloor: epochSchema,
    incident: idSchema.nullable(),
  }),
  value: z.object({
    node: nameSchema,
    provenAtMs: timeSchema,
    /** The host's floor here: at least the one asked for. */
    epochFloor: epochSchema,
    /** What was revoked, or already was. */
    attachments: z.array(z.object({ volume: idSchema, generation: generationSchema })).max(10_000),
  }),
});

/** The largest epoch this node has ever known of a host, over all incarnations: one that is new must lie above it. */
export const floors = command({
  ...storageCommand,
  name: 'floors',
  callers: ['failover'],
  request: z.strictObject({ incarnation: z.string(), host: nameSchema }),
  value: z.object({ node: nameSchema, hostEpoch: epochSchema }),
});

/** A storage node that heard no host at all for longer than this, two heartbeats, was deaf meanwhile. */
export const storageDeafAfterMs = 500;

/** The storage node's own view of a host, independent of the bus and the management network. */
export const hostView = command({
  ...storageCommand,
  name: 'host-view',
  callers: ['failover'],
  request: z.strictObject({ host: nameSchema }),
  value: z.object({
    node: nameSchema,
    /** Milliseconds since its agent was last heard over the storage network; null if never. */
    heardAgoMs: z.number().nullable(),
    /** For how long it has heard hosts on that network without being deaf: only since then is silence a host's own. */
    hearsForMs: z.number().nonnegative(),
    sessions: z.number().int().nonnegative(),
  }),
});
