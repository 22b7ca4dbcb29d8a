import { z } from 'zod';
import { askedShape, wouldShape } from './asked.js';
import { bucket, command } from './contract.js';
import { labelKeySchema, labelValueSchema, maxHostLabels } from './host-command.js';
import { idSchema, nameSchema } from './names.js';
import { transitionsShape } from './transition.js';

/** Larger numbers are preferred; a host that is not named has no weight at all. */
const hostWeightsSchema = z.record(nameSchema, z.number().int().min(0).max(1000)).refine(
  (hosts) => Object.keys(hosts).length >= 1 && Object.keys(hosts).length <= 1000,
  'name at least one host and at most 1000',
);

const labelsSchema = z.record(labelKeySchema, labelValueSchema).refine(
  (labels) => Object.keys(labels).length >= 1 && Object.keys(labels).length <= maxHostLabels,
  `name at least one label and at most ${maxHostLabels}`,
);

/** Where VMs may run, and with whom. */
export const ruleSpecSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('host-affinity'),
    vms: z.array(nameSchema).min(1, 'name at least one VM').max(1000),
    hosts: hostWeightsSchema,
    /** Nowhere else, ever. */
    strict: z.boolean(),
    /** These hosts take no other VM. */
    exclusive: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal('vm-affinity'),
    vms: z.array(nameSchema).min(2, 'name at least two VMs').max(200),
    /** All on one host; or no two on the same. */
    together: z.boolean(),
    /** False: as far as there is room; nobody moves for it. Left out, it is never broken. */
    strict: z.boolean().optional(),
    /** Of VMs kept apart: no two on hosts whose label of this key says the same; strictly, none on a host without. */
    over: labelKeySchema.optional(),
  }),
  z.strictObject({
    kind: z.literal('label-affinity'),
    vms: z.array(nameSchema).min(1, 'name at least one VM').max(1000),
    /** Hosts with all of these. */
    labels: labelsSchema,
    /** Nowhere else, ever; or rather there. */
    strict: z.boolean(),
  }),
]);
export type RuleSpec = z.infer<typeof ruleSpecSchema>;

export const ruleSchema = z.object({
  id: nameSchema,
  uid: idSchema,
  spec: ruleSpecSchema,
  state: z.enum(['active', 'deleted']),
  ...transitionsShape,
});
export type RuleRecord = z.infer<typeof ruleSchema>;

export const rules = bucket({
  name: 'rules',
  owner: 'scheduler',
  readers: ['scheduler', 'api'],
  schema: ruleSchema,
});

const schedulerCommand = { service: 'scheduler', scope: 'service', callers: ['api'] } as const;
const onRule = { operation: idSchema, rule: nameSchema, ...askedShape };
const value = z.object({ rule: nameSchema, ...wouldShape });

/** Makes a rule, or changes the one of that name. */
export const rulePut = command({
  ...schedulerCommand,
  name: 'rule-put',
  request: z.strictObject({ ...onRule, spec: ruleSpecSchema }),
  value,
});
export const ruleDelete = command({
  ...schedulerCommand,
  name: 'rule-delete',
  request: z.strictObject(onRule),
  value,
});
