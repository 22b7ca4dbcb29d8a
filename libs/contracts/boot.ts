import { z } from 'zod';

export const bootDevices = ['disk', 'cdrom', 'network'] as const;
export type BootDevice = (typeof bootDevices)[number];

/** What its firmware tries, one after another. */
export const bootOrderSchema = z
  .array(z.enum(bootDevices))
  .min(1, 'name at least one device')
  .max(bootDevices.length)
  .refine((order) => new Set(order).size === order.length, 'name each device once');
export type BootOrder = z.infer<typeof bootOrderSchema>;
