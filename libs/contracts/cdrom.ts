import { z } from 'zod';

/** A file in the directory of images that each host has; never a path. */
export const isoSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.iso$/, 'give the name of a file that ends in .iso, without its directory');

/** In a VM's spec: left out it has no drive, null is an empty one. */
export const cdromSchema = isoSchema.nullable().optional();
