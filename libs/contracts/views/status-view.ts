import { z } from 'zod';
import { drillCheckNames } from '../drill.js';
import { hostSchema } from '../host.js';
import { generationSchema, idSchema, nameSchema, timeSchema } from '../names.js';
import { vmSchema } from '../vm.js';
import { poolSchema } from '../volume.js';

/** A replica that is heard, or was, or is to be. */
export const serviceViewSchema = z.object({
  service: z.string(),
  replica: z.string(),
  startedAtMs: timeSchema.nullable().describe('Null: never heard.'),
  heardAgoMs: z.number().nullable(),
  alive: z.boolean().describe('Heard lately; one that has just fallen silent keeps this longer than its rank.'),
  rank: z.number().int().nullable().describe('0 acts first; null: silent, so nobody waits for it.'),
});
export type ServiceView = z.infer<typeof serviceViewSchema>;

/** A server of the bus. */
export const serverViewSchema = z.object({
  server: z.string(),
  alive: z.boolean(),
  leads: z.array(z.string()).describe('The buckets that it leads: their writes wait for it.'),
});
export type ServerView = z.infer<typeof serverViewSchema>;

/** Whether Holdfast fences and starts by itself. */
export const armingViewSchema = z.object({
  armed: z.boolean(),
  shadow: z.boolean().describe('Not armed, but what would be done is decided and written down.'),
  reason: z.string(),
  by: z.string(),
  sinceMs: timeSchema.nullable().describe('Null in a cluster that was always armed.'),
  restoredAtMs: timeSchema.nullable().describe('When the records were found to come from a backup; null: never.'),
  reconciled: z.boolean().describe('False from then until every host and VM is taken up.'),
});
export type ArmingView = z.infer<typeof armingViewSchema>;

const count = z.number().int().nonnegative();

/** Users, roles and history are in it; the cluster's own state is not, and goes on without it. */
export const databaseViewSchema = z.object({
  state: z.enum(['up', 'away', 'not-configured']),
  detail: z.string().nullable().describe('Why it is away.'),
});
export type DatabaseView = z.infer<typeof databaseViewSchema>;

export const statusViewSchema = z.object({
  incarnation: z.string(),
  arming: armingViewSchema,
  hosts: z.object({ total: count, byHealth: z.partialRecord(hostSchema.shape.health, count) }),
  capacity: z.object({ cpus: count, memoryMiB: count, assignedCpus: count, assignedMemoryMiB: count }),
  vms: z.object({ total: count, byPhase: z.partialRecord(vmSchema.shape.phase, count) }),
  volumes: z.object({ total: count }),
  pools: z.array(
    poolSchema.pick({ pool: true, node: true, capacityBytes: true, freeBytes: true, revocable: true }),
  ),
  unknown: z
    .object({
      volumes: z.array(z.string()),
      copies: z.array(z.object({ host: nameSchema, vm: nameSchema, generation: generationSchema })),
    })
    .describe('What no record knows, as after a restore: the copies go once the cluster is armed, the volumes stay.'),
  openIncidents: z.array(idSchema),
  drills: z
    .array(
      z.object({
        host: nameSchema,
        endedAtMs: timeSchema,
        expired: z.boolean(),
        failed: z.array(z.enum(drillCheckNames)),
      }),
    )
    .describe('Hosts whose newest drill somebody has to look at: checks that failed, or it is too old to rest on.'),
  runningOperations: count,
  services: z.array(serviceViewSchema),
  servers: z.array(serverViewSchema),
  leaderless: z.array(z.string()).describe('Buckets that have no leader for now: nobody can write to them.'),
  apis: count.describe('How many APIs there are: one cannot see the others.'),
  database: databaseViewSchema,
  singlePoints: z.array(z.string()).describe('Each a sentence: what, failing alone, still takes something down.'),
});
export type StatusView = z.infer<typeof statusViewSchema>;
