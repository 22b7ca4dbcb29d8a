import { z } from 'zod';
import { drainProgressSchema, drainSchema, stuckSchema } from '../drain.js';
import { drillSchema } from '../drill.js';
import { hostSchema, observedSchema } from '../host.js';
import { incidentLedgerSchema } from '../incident.js';
import { idSchema, nameSchema, timeSchema } from '../names.js';
import { machinery, versionShown } from './page.js';

/** What a host's agent sees. */
export const observedViewSchema = observedSchema.pick({
  bootId: true,
  epoch: true,
  startedAtMs: true,
  capacity: true,
  hypervisor: true,
  leaving: true,
  vms: true,
  staleCopies: true,
  watchdog: true,
  atMs: true,
});
export type ObservedView = z.infer<typeof observedViewSchema>;

/** How far a host is with being emptied, and each VM that is left with what it waits for. */
export const drainViewSchema = drainSchema
  .pick({ state: true, reason: true, startedAtMs: true, vmCount: true, left: true })
  .extend({
    stuck: stuckSchema,
    progress: drainProgressSchema.nullable(),
    shutDown: z.array(nameSchema).describe('VMs that were shut down because they could not move.'),
    remainingMs: z
      .number()
      .nullable()
      .describe('Until those that can move have moved, by the speed so far; null while nothing is known.'),
  });
export type DrainView = z.infer<typeof drainViewSchema>;

export const hostViewSchema = hostSchema.omit(machinery).extend({
  observed: observedViewSchema.nullable().describe('Null where no agent has reported yet.'),
  drain: drainViewSchema.nullable(),
  version: versionShown,
});
export type HostView = z.infer<typeof hostViewSchema>;

/** The newest drill of a host; it has ended when `endedAtMs` says so. */
export const drillViewSchema = drillSchema.pick({
  host: true,
  uid: true,
  stage: true,
  by: true,
  canary: true,
  checks: true,
  begunAtMs: true,
  endedAtMs: true,
  expiresAtMs: true,
});
export type DrillView = z.infer<typeof drillViewSchema>;

/** One line of an incident's report. */
export const timelineEntrySchema = z.object({
  atMs: timeSchema,
  sinceHeardMs: z.number().describe('Milliseconds since the host was last heard.'),
  subject: z.string().describe('Who or what it is about: the host, a VM, or the giver of a proof.'),
  text: z.string(),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

export const incidentViewSchema = incidentLedgerSchema.extend({ timeline: z.array(timelineEntrySchema) });
export type IncidentView = z.infer<typeof incidentViewSchema>;

/* What is answered to what people say of a host. */

export const resumedIncidentSchema = z.object({ incident: idSchema, host: nameSchema });
export type ResumedIncident = z.infer<typeof resumedIncidentSchema>;

export const confirmedDeadSchema = z.object({ host: nameSchema, incident: idSchema.nullable() });
export type ConfirmedDead = z.infer<typeof confirmedDeadSchema>;

export const begunDrillSchema = z.object({
  host: nameSchema,
  drill: idSchema.describe('Its uid: of another one, the host was drilled again.'),
});
export type BegunDrill = z.infer<typeof begunDrillSchema>;

export const changedHostSchema = z.object({ host: nameSchema });
export type ChangedHost = z.infer<typeof changedHostSchema>;

export const fencedHostSchema = z.object({ host: nameSchema, incident: idSchema });
export type FencedHost = z.infer<typeof fencedHostSchema>;

export const labelledHostSchema = z.object({
  host: nameSchema,
  labels: z.record(z.string(), z.string()).describe('All that it bears now.'),
});
export type LabelledHost = z.infer<typeof labelledHostSchema>;
