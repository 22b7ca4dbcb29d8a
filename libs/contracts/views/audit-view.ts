import { z } from 'zod';
import { timeSchema } from '../names.js';

/** A change that was asked for: done, or refused. */
export const auditEntrySchema = z.object({
  seq: z.number().int(),
  atMs: timeSchema,
  who: z.object({ kind: z.enum(['user', 'service', 'local', 'anonymous']), name: z.string() }),
  action: z.string().describe('The route: `POST /api/v1/vms/:vm/stop`.'),
  path: z.string(),
  asked: z.unknown().describe('The request, without secrets.'),
  before: z
    .unknown()
    .describe('Of a VM, a host, a network, a rule or the settings: how it was; null: it was not there.'),
  after: z.unknown().describe('Likewise when the answer was sent; what takes time goes on after it.'),
  from: z.string().describe('The address.'),
  requestId: z.string(),
  traceId: z.string().optional().describe('As in operations, events and all logs.'),
  status: z.number().int().describe('Of the answer; 0: whoever asked was gone before it.'),
  attempts: z.number().int().optional().describe('So many failed attempts of nobody known, told as one.'),
  lostBefore: z.number().int().optional().describe('So many entries before it were lost for want of memory.'),
  hash: z.string().describe('SHA-256 of the hash before, `seq` and what was noted.'),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditVerdictSchema = z.object({
  intact: z.boolean(),
  entries: z.number().int().describe('That are intact, from the first on.'),
  end: z.string().describe('Of the intact part. Noted elsewhere and given later as `known`, it shows a log cut short.'),
  fault: z.string().nullable(),
});
export type AuditVerdict = z.infer<typeof auditVerdictSchema>;
