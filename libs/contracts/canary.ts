import { z } from 'zod';
import { command } from './contract.js';
import { idSchema, nameSchema } from './names.js';

/*
 * From failover to the scheduler, for its drills. They make, evict and remove VMs that are marked as canaries, and no
 * other: whoever runs drills can touch nobody else's VM.
 */

const canaryCommand = { service: 'scheduler', scope: 'service', callers: ['failover'] } as const;
const onCanary = { operation: idSchema, vm: nameSchema };
const value = z.object({ operation: idSchema, vm: nameSchema });

/** A small VM without a network, started on this host. */
export const canaryCreate = command({
  ...canaryCommand,
  name: 'canary-create',
  request: z.strictObject({ ...onCanary, host: nameSchema }),
  value,
});

/** Its host counts as lost for it: storage shuts its copy out, and it is started on another host. */
export const canaryEvict = command({
  ...canaryCommand,
  name: 'canary-evict',
  request: z.strictObject(onCanary),
  value,
});

export const canaryDelete = command({
  ...canaryCommand,
  name: 'canary-delete',
  request: z.strictObject(onCanary),
  value,
});
