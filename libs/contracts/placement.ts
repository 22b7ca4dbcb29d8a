/** Why a VM can or cannot run on each host, and what would have to change. */
import { z } from 'zod';
import { command } from './contract.js';
import { nameSchema } from './names.js';
import { vmNeedsSchema } from './vm.js';

export const placementChangeKinds = {
  open: 'The host itself has to take VMs (again).',
  return: 'The VM has to be allowed back on a host that it is kept from.',
  storage: 'The host has to reach a pool.',
  cpuModel: 'The host has to offer a CPU (`names`), or the VM has to ask for another.',
  numa: 'The host has to have a NUMA node of that size, or the VM be smaller.',
  share: 'So much (`amount`) of huge pages or bandwidth (`names`: the filter) has to become free on the host.',
  network: 'The host has to reach guest networks (`names`).',
  cpus: 'The host has to have `amount` CPUs of its own, or the VM fewer.',
  vcpus: 'So many vCPUs (`amount`) have to become free on the host.',
  memory: 'So many MiB (`amount`) have to become free on the host.',
  apart: 'VMs (`names`) have to leave the host, or their rules have to change.',
  spread: 'VMs (`names`) have to leave hosts of the same label, or the host needs the label.',
  exclusive: 'The VM has to be among those of rules (`names`) that keep the host for themselves.',
  rules: 'The host has to be among the hosts of rules (`names`).',
  labels: 'The host has to have labels (`names`, as KEY=VALUE).',
  group: 'VMs that must run together need another host than theirs, or room on one.',
} as const;
export type PlacementChangeKind = keyof typeof placementChangeKinds;

export const placementChangeSchema = z.object({
  kind: z.enum(Object.keys(placementChangeKinds) as [PlacementChangeKind, ...PlacementChangeKind[]]),
  /** For people. */
  text: z.string().max(1000),
  amount: z.number().optional(),
  names: z.array(z.string()).optional(),
});
export type PlacementChange = z.infer<typeof placementChangeSchema>;

export const hostExplanationSchema = z.object({
  host: nameSchema,
  /** It runs there, or has room there now. */
  isHolding: z.boolean(),
  /** Empty: it fits. */
  refusals: z.array(
    z.object({
      filter: z.string().max(40),
      /** Goes after the host's name. */
      text: z.string().max(1000),
      change: placementChangeSchema,
    }),
  ),
  /** Null where it does not fit. */
  score: z
    .object({
      /** By which hosts are compared after `weight`: larger is better. */
      total: z.number(),
      /** Shares of the host that would be left, 0 to 1. */
      memoryLeft: z.number(),
      vcpusLeft: z.number(),
      /** The sum of `parts`; compared first. */
      weight: z.number(),
      /** What the rules about hosts and about VMs, its home and the room left say, by the settings' weights. */
      parts: z
        .object({ hostRules: z.number(), vmRules: z.number(), home: z.number(), room: z.number() })
        .optional(),
      /** Taken only if there is no other. */
      isHeldOff: z.boolean(),
    })
    .nullable(),
});
export type HostExplanation = z.infer<typeof hostExplanationSchema>;

export const explanationSchema = z.object({
  vm: nameSchema.nullable(),
  cpus: z.number(),
  memoryMiB: z.number(),
  /** By which hosts are compared. */
  policy: z.string().optional(),
  /** Where it would be placed now; null where nobody takes it. */
  host: nameSchema.nullable(),
  /** How many hosts there are, and how many would take it. */
  hostCount: z.number().int(),
  fittingCount: z.number().int(),
  /** Where least has to change; null when a host takes it, or there is none. */
  nearest: z.object({ host: nameSchema, text: z.string().max(4000) }).nullable(),
  /** By name. */
  hosts: z.array(hostExplanationSchema).max(500),
  /** Ask again with this as `after` for the hosts that follow; null when these are the last. */
  next: nameSchema.nullable(),
});
export type Explanation = z.infer<typeof explanationSchema>;

/** Explains; changes nothing. Either a VM that exists, or one of this size that nobody has made yet. */
export const placeExplain = command({
  name: 'place-explain',
  service: 'scheduler',
  scope: 'service',
  callers: ['api'],
  request: z.strictObject({
    vm: nameSchema.optional(),
    cpus: z.number().int().min(1).max(512).nullable(),
    memoryMiB: z.number().int().min(1).max(16 * 1024 * 1024).nullable(),
    /** As if it asked for this. */
    needs: vmNeedsSchema.optional(),
    after: nameSchema.nullable(),
    limit: z.number().int().min(1).max(500),
  }),
  value: explanationSchema,
});
