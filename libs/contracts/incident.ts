import { z } from 'zod';
import { bucket, command } from './contract.js';
import { leaseInHandSchema } from './lease.js';
import { epochSchema, idSchema, nameSchema, timeSchema } from './names.js';

export const proofKinds = [
  'storage-revoked',
  'power-off',
  'attested-stopped',
  'rebooted',
  'lease-expired',
  'confirmed-by-person',
] as const;
export type ProofKind = (typeof proofKinds)[number];

export const viewSchema = z.object({
  /** Who says it: `bus`, `probe`, `storage:san1`, `bmc`, ... */
  view: z.string().max(80),
  says: z.string().max(500),
  atMs: timeSchema,
});

export const proofSchema = z.object({
  kind: z.enum(proofKinds),
  /** Who gives it: a storage node, the BMC, a person. */
  from: z.string().max(80),
  status: z.enum(['asked', 'obtained', 'failed', 'voided']),
  atMs: timeSchema,
  detail: z.string().max(1000),
});

export const incidentLedgerSchema = z.object({
  id: idSchema,
  host: nameSchema,
  /** What it looks like: `dead`, `power-lost`, `isolated`, `frozen`, `rebooted`, ... */
  verdict: z.string().max(80),
  /** The epoch that fencing raised the host to; 0 while only suspected. */
  epoch: epochSchema,
  state: z.enum(['suspected', 'held', 'fencing', 'fenced', 'closed']),
  lastHeardAtMs: timeSchema,
  openedAtMs: timeSchema,
  fencingAtMs: timeSchema.nullable(),
  provenAtMs: timeSchema.nullable(),
  closedAtMs: timeSchema.nullable(),
  /** A person has released the brake for this host. */
  resumed: z
    .object({ by: z.string().max(200), reason: z.string().max(1000), atMs: timeSchema })
    .nullable()
    .default(null),
  /** What `lease-expired` is asked on; without it that proof is not asked for. */
  lease: leaseInHandSchema.optional(),
  views: z.array(viewSchema).max(64),
  proofs: z.array(proofSchema).max(64),
  decisions: z.array(z.object({ atMs: timeSchema, text: z.string().max(1000) })).max(64),
});
export type IncidentLedger = z.infer<typeof incidentLedgerSchema>;

export const incidents = bucket({
  name: 'incidents',
  owner: 'failover',
  readers: ['failover', 'scheduler', 'api'],
  schema: incidentLedgerSchema,
});

/** A person looks at a host that is held among many silent ones, and lets failover go on with it. */
export const incidentResume = command({
  name: 'incident-resume',
  service: 'failover',
  scope: 'service',
  callers: ['api'],
  request: z.strictObject({
    incident: idSchema,
    host: nameSchema,
    reason: z.string().min(3, 'say why, in a few words').max(1000),
    by: z.string().max(200),
  }),
  value: z.object({ incident: idSchema, host: nameSchema }),
});
