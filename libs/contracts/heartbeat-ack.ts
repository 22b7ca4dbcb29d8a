import { z } from 'zod';
import { epochSchema, nameSchema } from './names.js';

/** What a storage node answers to each heartbeat that it hears over the storage network, in a datagram of its own. */
export const heartbeatAckSchema = z.strictObject({
  node: nameSchema,
  host: nameSchema,
  bootId: z.uuid(),
  life: z.string().max(64),
  sequence: z.number().int().nonnegative(),
  /** The smallest epoch of this host that this node still accepts: an agent with a smaller one is revoked. */
  epochFloor: epochSchema,
});
export type HeartbeatAck = z.infer<typeof heartbeatAckSchema>;

/** As it travels: the acknowledgement as JSON, and its HMAC-SHA256 (base64url) with the key of that host. */
export const signedAckSchema = z.strictObject({ ack: z.string().max(1000), mac: z.string().max(64) });
