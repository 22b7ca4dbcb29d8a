import { nameSchema } from '@holdfast/contracts';
import { z } from 'zod';
import { permissions } from './permissions.js';
import { maxPasswordLength } from './passwords.js';

/* What is asked of the routes about people. Fields that are not here are refused. */

/** For people to read: no control characters, which a terminal might obey. */
const words = z.string().trim().regex(/^[^\p{Cc}]*$/u, 'use no control characters');
const password = z.string().min(1).max(maxPasswordLength);

export const loginSchema = z.strictObject({ name: z.string().min(1).max(100), password });
export const setupSchema = z.strictObject({ code: z.string().min(1).max(200), name: nameSchema, password });
export const beginOidcSchema = z.strictObject({ redirect: z.string().min(1).max(500) });
export const finishOidcSchema = z.strictObject({
  flow: z.string().min(1).max(200),
  code: z.string().min(1).max(4096),
  state: z.string().min(1).max(500),
  iss: z.string().max(500).optional(),
});
/** Who it is at the OpenID provider (OpenID Connect Core 1.0, 2: at most 255 ASCII characters). */
export const linkSchema = z.strictObject({
  subject: z.string().regex(/^[!-~]{1,255}$/, 'give what the provider calls `sub`'),
});
export const ownPasswordSchema = z.strictObject({ old: password, password });
export const passwordSchema = z.strictObject({ password });

export const newUserSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('user'), name: nameSchema, password }),
  z.strictObject({ kind: z.literal('service'), name: nameSchema }),
]);

export const newTokenRequestSchema = z.strictObject({
  name: words.min(1).max(100),
  days: z.number().int().min(1).max(365).default(90),
  scope: z.array(z.enum(permissions)).max(permissions.length).nullable().default(null),
});

export const groupSchema = z.strictObject({ members: z.array(nameSchema).max(1000) });

export const ownRoleSchema = z.strictObject({
  means: words.max(200).default(''),
  permissions: z.array(z.enum(permissions)).min(1).max(permissions.length),
});

export const grantSchema = z.strictObject({
  role: nameSchema,
  user: nameSchema.nullable().default(null),
  group: nameSchema.nullable().default(null),
  project: nameSchema.nullable().default(null),
});

export const newProjectSchema = z.strictObject({
  name: nameSchema,
  description: words.max(500).default(''),
});
