import { z } from 'zod';
import { nameSchema } from './names.js';

export const maxNics = 8;

/** Number 0 is the NIC of the spec's `network`. The number keeps its MAC address when others come and go. */
export const nicNumberSchema = z.number().int('give a whole number').min(0).max(maxNics - 1);

/** As hosts and hypervisors write it. */
export const macAddressSchema = z
  .string()
  .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/, 'give six bytes as 52:54:00:12:34:56');

/** In a VM's spec: its NICs besides the one of `network`. */
export const nicsSchema = z
  .array(z.strictObject({ nic: nicNumberSchema.min(1, 'the NIC 0 is the one of `network`'), network: nameSchema }))
  .max(maxNics - 1)
  .refine((nics) => new Set(nics.map(({ nic }) => nic)).size === nics.length, 'give each NIC a number of its own');

export interface Nic {
  nic: number;
  network: string;
}

/** All NICs of a VM, in the order of their numbers. */
export function nicsOf({ network, nics = [] }: { network?: string | null; nics?: readonly Nic[] }): Nic[] {
  const first = network == null ? [] : [{ nic: 0, network }];
  return [...first, ...nics].sort((a, b) => a.nic - b.nic);
}
