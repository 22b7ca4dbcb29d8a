import { serviceConfigSchema } from '@holdfast/runtime';
import { z } from 'zod';
import { nameSchema } from '@holdfast/contracts';

const rateSchema = z.strictObject({ perSecond: z.number().positive(), burst: z.number().int().positive() });

const targetSchema = z.union(
  [z.cidrv4(), z.cidrv6(), z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/)],
  'give networks such as 10.1.0.0/16, or host names',
);

/** An OpenID provider that people may sign in through; see docs/identity.md. */
const oidcSchema = z.strictObject({
  issuer: z.url({ protocol: /^https?$/ })
    .refine((issuer) => /^(https:|http:\/\/127\.0\.0\.1[:/])/.test(issuer), 'give an address that begins with https://'),
  clientId: z.string().min(1),
  /** File of mode 600; left out: a public client. */
  clientSecretFile: z.string().optional(),
  scopes: z.array(z.string().regex(/^[!-~]+$/)).max(20).default(['openid', 'profile', 'email'])
    .refine((scopes) => scopes.includes('openid'), 'name openid as well'),
  /** Where the provider may send the browser back to. On the loopback any port will do: that is for the CLI. */
  redirects: z.array(z.url()).min(1).max(20).default(['http://127.0.0.1/callback']),
  /** Who has no user here yet: `everyone` gets one without a role of its own, or only who is `linked` comes in. */
  admits: z.enum(['everyone', 'linked'], 'give everyone or linked').default('everyone'),
  /** What a user that signs in for the first time is called. */
  nameClaim: z.string().min(1).default('preferred_username'),
  /** Names groups of the provider; `groups` says which of ours they are. */
  groupsClaim: z.string().min(1).optional(),
  groups: z.record(z.string(), nameSchema).default({}),
});
export type OidcConfig = z.infer<typeof oidcSchema>;

export const apiConfigSchema = serviceConfigSchema.extend({
  /** File of mode 600 with the one bearer token. */
  tokenFile: z.string(),
  /** PEM files; null: plain HTTP, for tests on the loopback only. */
  tls: z.strictObject({ certFile: z.string(), keyFile: z.string() }).nullable().default(null),
  /** File of mode 600 with `postgresql://USER:PASSWORD@HOST/DATABASE`; `HOLDFAST_DATABASE_URL` wins over it. */
  databaseUrlFile: z.string().optional(),
  /** File of mode 600 with 32 random bytes in base64url, which the secrets of webhooks are encrypted with. */
  webhookKeyFile: z.string().optional(),
  oidc: oidcSchema.optional(),
  /** Networks (10.1.0.0/16) and host names that webhooks may reach besides public addresses. */
  webhookTargets: z.array(targetSchema).max(100).optional(),
  /** How long, and at most how many, events are kept in the database. */
  history: z.strictObject({
    days: z.number().int().min(1).max(3650),
    maxEvents: z.number().int().min(1000).max(1_000_000_000),
  }).optional(),
  /** How many APIs run in the cluster: one cannot see the others. */
  apiReplicas: z.number().int().min(1).default(1),
  /** Where a scheduler and a failover are to run: one that was never heard is missed too. */
  controlNodes: z.array(nameSchema).max(64).default([]),
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed; left out: nobody's. */
  trustedProxies: z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).max(100).optional(),
  /** How many requests are answered; left out: so many that only programs gone wild feel it. */
  limits: z.strictObject({ address: rateSchema, token: rateSchema }).optional(),
});
export type ApiConfig = z.infer<typeof apiConfigSchema>;

/** Injection tokens. */
export const apiConfig = Symbol('ApiConfig');
export const apiBus = Symbol('Bus');
