import { z } from 'zod';
import { bucket } from './contract.js';
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
  /** Who says it: `bus`, `probe`, `storage:san1`, ... */
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
  /** What it looks like: `dead`, `isolated`, `frozen`, `rebooted`, ... */
  verdict: z.string().max(80),
  /** The epoch that fencing raised the host to; 0 while only suspected. */
  epoch: epochSchema,
  state: z.enum(['suspected', 'held', 'fencing', 'fenced', 'closed']),
  lastHeardAtMs: timeSchema,
  openedAtMs: timeSchema,
  fencingAtMs: timeSchema.nullable(),
  provenAtMs: timeSchema.nullable(),
  closedAtMs: timeSchema.nullable(),
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
