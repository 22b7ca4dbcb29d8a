import { z } from 'zod';
import { bucket, command } from './contract.js';
import { idSchema, nameSchema, timeSchema } from './names.js';
import { transitionsShape } from './transition.js';

export const drainStates = {
  draining: 'Its VMs are moving away; it takes no new ones.',
  drained: 'None of its VMs is left: it is in maintenance.',
  ending: 'It is being put back to work.',
  ended: 'It takes VMs again; the record goes once its events are out.',
} as const;
export type DrainState = keyof typeof drainStates;

/** A host that is being emptied, or stays empty, because somebody wants to work on it. */
export const drainSchema = z.object({
  host: nameSchema,
  uid: idSchema,
  state: z.enum(Object.keys(drainStates) as [DrainState, ...DrainState[]]),
  reason: z.string().max(2000),
  startedAtMs: timeSchema,
  /** VMs on it when it began, and those still there with what each waits for. */
  vmCount: z.number().int().nonnegative(),
  left: z.array(z.object({ vm: nameSchema, text: z.string().max(2000) })).max(100),
  ...transitionsShape,
});
export type DrainRecord = z.infer<typeof drainSchema>;

export const drains = bucket({
  name: 'drains',
  owner: 'scheduler',
  readers: ['scheduler', 'api'],
  schema: drainSchema,
});

/** On: moves every VM away, then keeps the host empty, through reboots too. Off: lets it work again. */
export const hostMaintenance = command({
  service: 'scheduler',
  scope: 'service',
  callers: ['api'],
  name: 'host-maintenance',
  request: z.strictObject({
    operation: idSchema,
    host: nameSchema,
    on: z.boolean(),
    reason: z.string().max(1000).default(''),
  }),
  value: z.object({ host: nameSchema }),
});

/** The scheduler has emptied a host, or lets it work again: failover keeps that in the host's record. */
export const hostAdmin = command({
  service: 'failover',
  scope: 'service',
  callers: ['scheduler'],
  name: 'host-admin',
  request: z.strictObject({
    host: nameSchema,
    admin: z.enum(['active', 'maintenance']),
    reason: z.string().max(1000),
  }),
  value: z.object({ host: nameSchema }),
});
