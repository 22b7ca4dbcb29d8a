/** Whether all VMs can be started again after a loss of hosts. */
import { z } from 'zod';
import { command } from './contract.js';
import { nameSchema } from './names.js';

/** `unproven`: not all possible losses were tried, or the search for a way ended without an answer. */
export const capacityVerdicts = ['all-return', 'some-lost', 'unproven'] as const;
export type CapacityVerdict = (typeof capacityVerdicts)[number];

/** A VM that no host can take after the loss. */
export const loserSchema = z.object({
  vm: nameSchema,
  /** 0 to 100, higher first. */
  priority: z.number(),
  cpus: z.number(),
  memoryMiB: z.number(),
  /** Where least would have to change for it, once the others are placed. */
  why: z.string().max(1200),
});
export type Loser = z.infer<typeof loserSchema>;

export const lossSchema = z.object({
  /** The hosts, or the label that they share. */
  lost: z.string(),
  hostCount: z.number().int(),
  /** VMs there that start again elsewhere by themselves. */
  victims: z.number().int(),
  verdict: z.enum(capacityVerdicts),
  /** By priority, the highest first; those that the search in order of priority leaves out. */
  losers: z.array(loserSchema).max(100),
  loserCount: z.number().int(),
  /** With this much more on these hosts all of them return: tried out. Null where more room does not help. */
  cure: z
    .object({
      hosts: z.array(z.object({ host: nameSchema, memoryMiB: z.number(), vcpus: z.number() })).max(100),
      text: z.string().max(4000),
    })
    .nullable(),
});
export type Loss = z.infer<typeof lossSchema>;

export const capacityReportSchema = z.object({
  verdict: z.enum(capacityVerdicts),
  /** How many losses there can be of the kind that was asked about, and how many were looked at. */
  possible: z.number(),
  tried: z.number().int(),
  /** Of those that were looked at. */
  failing: z.number().int(),
  /** Those with losers first; not all of them where they are many. */
  losses: z.array(lossSchema).max(300),
});
export type CapacityReport = z.infer<typeof capacityReportSchema>;

export const awaySchema = z.string().min(1).max(8000);
export const loseSchema = z.string().min(1).max(200);

/** Proves; changes nothing. */
export const capacityProve = command({
  name: 'capacity-prove',
  service: 'scheduler',
  scope: 'service',
  callers: ['api'],
  /**
   * `lose`: a host, LABEL=VALUE for all hosts with it, or a number for any so many hosts; null for any one.
   * `away`: hosts, separated by commas, that are emptied before.
   */
  request: z.strictObject({ lose: loseSchema.nullable(), away: awaySchema.optional() }),
  value: capacityReportSchema,
});
