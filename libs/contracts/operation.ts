import { z } from 'zod';
import { bucket } from './contract.js';
import { idSchema, nameSchema, timeSchema } from './names.js';
import { traceparentSchema } from './traceparent.js';
import { vmOperationKinds } from './vm.js';

/** What became of a request that takes time. Derived from the VM's transitions, so writing it twice is harmless. */
export const operationSchema = z.object({
  id: idSchema,
  /** In which it was last written; empty in records of before there was this field. */
  incarnation: z.string().default(''),
  kind: z.enum(vmOperationKinds),
  vm: nameSchema,
  /** That of its VM, which may be gone. */
  project: nameSchema.optional(),
  state: z.enum(['running', 'done', 'failed']),
  /** The phase it is in, or why it failed. */
  reason: z.string().max(2000),
  startedAtMs: timeSchema,
  endedAtMs: timeSchema.nullable(),
  /** Of the request that asked for it. */
  traceparent: traceparentSchema.optional(),
});
export type OperationRecord = z.infer<typeof operationSchema>;

export const operations = bucket({
  name: 'operations',
  owner: 'scheduler',
  readers: ['scheduler', 'api'],
  schema: operationSchema,
});
