import { z } from 'zod';
import { timeSchema } from '../names.js';
import { contentVersion } from './page.js';

const projectSchema = z.string().nullable().describe('Null: in the whole cluster.');
const heldRoleSchema = z.object({ role: z.string(), project: projectSchema });

/** Who is signed in, and what that permits. */
export const whoamiViewSchema = z.object({
  kind: z.enum(['user', 'service', 'local']),
  name: z.string(),
  roles: z.array(heldRoleSchema),
  permissions: z.array(z.string()).describe('In the whole cluster.'),
});
export type WhoamiView = z.infer<typeof whoamiViewSchema>;

const secret = z.string().describe('Told this once; nobody can look it up later.');

/** A session that was begun by signing in. */
export const newSessionSchema = z.object({ token: secret, user: z.string(), expiresAtMs: timeSchema });
export type NewSession = z.infer<typeof newSessionSchema>;

/** A sign-in through an OpenID provider that was begun. */
export const begunSignInSchema = z.object({
  flow: secret,
  url: z.string().describe('Where to send the browser.'),
  expiresAtMs: timeSchema,
});
export type BegunSignIn = z.infer<typeof begunSignInSchema>;

export const setupCodeSchema = z.object({ code: secret, expiresAtMs: timeSchema });
export type SetupCode = z.infer<typeof setupCodeSchema>;

export const tokenViewSchema = z.object({
  id: z.string(),
  name: z.string().describe('Of a session: the address from which it was begun.'),
  scope: z.array(z.string()).nullable().describe('All that it may be used for; null: all that its owner may.'),
  createdAtMs: timeSchema,
  expiresAtMs: timeSchema,
  lastUsedAtMs: timeSchema.nullable().describe('To the minute; null: never yet.'),
});
export type TokenView = z.infer<typeof tokenViewSchema>;

export const newTokenSchema = tokenViewSchema.extend({ token: secret });
export type NewToken = z.infer<typeof newTokenSchema>;

export const userViewSchema = z.object({
  name: z.string(),
  kind: z.enum(['user', 'service']).describe('A person, or a program that has tokens and no password.'),
  createdAtMs: timeSchema,
});
export type UserView = z.infer<typeof userViewSchema>;

export const groupViewSchema = z.object({ name: z.string(), members: z.array(z.string()), version: contentVersion });
export type GroupView = z.infer<typeof groupViewSchema>;

export const roleViewSchema = z.object({
  name: z.string(),
  of: z.enum(['cluster', 'project', 'any']).describe('Where it can be granted.'),
  own: z.boolean().describe('Made here, not built in.'),
  means: z.string(),
  permissions: z.array(z.string()),
  version: contentVersion,
});
export type RoleView = z.infer<typeof roleViewSchema>;

export const grantViewSchema = z.object({
  id: z.string(),
  role: z.string(),
  user: z.string().nullable(),
  group: z.string().nullable(),
  project: projectSchema,
});
export type GrantView = z.infer<typeof grantViewSchema>;

export const projectViewSchema = z.object({ name: z.string(), description: z.string() });
export type ProjectView = z.infer<typeof projectViewSchema>;

/** What is no more. */
export const removedSchema = z.object({ removed: z.string() });
export type Removed = z.infer<typeof removedSchema>;
