/** What people may say of a host. */
import { z } from 'zod';
import { askedShape, wouldShape } from './asked.js';
import { command } from './contract.js';
import { idSchema, nameSchema } from './names.js';

/** A label's key and its value: `rack`, `r2`. */
export const labelKeySchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,23}$/, 'use 1 to 24 letters, digits, dashes, underscores; a letter first');
export const labelValueSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'use 1 to 40 letters, digits, dots, dashes and underscores');
export const maxHostLabels = 16;

const hostCommand = { service: 'failover', scope: 'service', callers: ['api'] } as const;
const by = z.string().max(200);
const reason = z.string().min(3, 'say why, in a few words').max(1000);

/** What the host shares with others, and may lose together with them: rack, switch, power unit, or any other key. */
export const hostLabel = command({
  ...hostCommand,
  name: 'host-label',
  request: z.strictObject({
    ...askedShape,
    operation: idSchema.optional(),
    host: nameSchema,
    set: z.record(labelKeySchema, labelValueSchema),
    remove: z.array(labelKeySchema).max(64),
    by,
  }),
  value: z.object({ host: nameSchema, labels: z.record(z.string(), z.string()), ...wouldShape }),
});

/** A person vouches that the host is dead. */
export const confirmDead = command({
  ...hostCommand,
  name: 'host-confirm-dead',
  request: z.strictObject({
    host: nameSchema,
    /** The host's name once more, typed by the person. */
    confirm: nameSchema,
    reason,
    by,
  }),
  value: z.object({ host: nameSchema, incident: idSchema.nullable() }),
});

/** A person has a host fenced that is not silent: its VMs start elsewhere once they are proven cut off. */
export const hostFence = command({
  ...hostCommand,
  name: 'host-fence',
  request: confirmDead.request,
  value: z.object({ host: nameSchema, incident: idSchema }),
});

/** A person has seen to a host that failed again and again: what it did before no longer counts. */
export const hostClear = command({
  ...hostCommand,
  name: 'host-clear',
  request: z.strictObject({ host: nameSchema, by }),
  value: z.object({ host: nameSchema }),
});
