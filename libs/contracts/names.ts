import { z } from 'zod';

/** Names are DNS labels: they become host names, subjects and keys. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    'use 1 to 40 lower-case letters, digits and dashes, starting with a letter',
  );

export const idSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,95}$/, 'use up to 96 lower-case letters, digits and dashes');

export const timeSchema = z.number().int().nonnegative();
export const generationSchema = z.number().int().nonnegative();
export const epochSchema = z.number().int().nonnegative();
