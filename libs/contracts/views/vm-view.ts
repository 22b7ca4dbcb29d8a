import { z } from 'zod';
import { wouldShape } from '../asked.js';
import { cloudInitViewSchema } from '../cloud-init.js';
import { observedVmStates } from '../host.js';
import { generationSchema, idSchema, nameSchema } from '../names.js';
import { nicNumberSchema } from '../nic.js';
import { explanationSchema } from '../placement.js';
import { operationSchema } from '../operation.js';
import { rebalancePlanSchema, rebalanceSchema } from '../rebalance.js';
import { ruleSchema } from '../rule.js';
import { vmSchema, vmSpecSchema } from '../vm.js';
import { guestHealthSchema } from '../vm-probe.js';
import { attachmentSchema, volumeSchema } from '../volume.js';
import { machinery, versionShown } from './page.js';
import { problemSchema } from './problem-view.js';

/** A copy of a VM that some host's agent sees. Two of them are normal only while it migrates. */
export const vmCopySchema = z.object({
  host: nameSchema,
  generation: generationSchema,
  state: z.enum(observedVmStates),
  reason: z.string(),
  guest: guestHealthSchema
    .nullable()
    .describe('What its probes say; null when it has none, while nothing is known, and of a copy that does not run.'),
});
export type VmCopy = z.infer<typeof vmCopySchema>;

/** What a VM is, without what only its guest may know. */
export const vmSpecViewSchema = vmSpecSchema.extend({
  cloudInit: cloudInitViewSchema.optional().describe('What its guest is told at its first boot: not what it says.'),
});
export type VmSpecView = z.infer<typeof vmSpecViewSchema>;

export const nicViewSchema = z.object({ nic: nicNumberSchema, network: nameSchema, macAddress: z.string() });
export type NicView = z.infer<typeof nicViewSchema>;

export const vmViewSchema = vmSchema
  .omit(machinery)
  .extend({
    project: nameSchema.describe('Whose it is.'),
    spec: vmSpecViewSchema,
    copies: z.array(vmCopySchema),
    version: versionShown,
    nics: z.array(nicViewSchema).describe('All its NICs.'),
  });
export type VmView = z.infer<typeof vmViewSchema>;

/** The answer to every change of a VM: it is under way, and the operation tells what becomes of it. */
export const acceptedSchema = z.object({
  operation: idSchema,
  vm: nameSchema,
  warning: z.string().optional().describe('Why one may not want what was accepted.'),
});
export type Accepted = z.infer<typeof acceptedSchema>;

/** What came of one thing done to many VMs: for each an operation, or the problem why there is none. */
export const bulkItemSchema = z.object({
  vm: nameSchema,
  operation: idSchema.nullable(),
  problem: problemSchema.pick({ code: true, status: true, detail: true, remedy: true }).nullable(),
  warning: acceptedSchema.shape.warning,
  ...wouldShape,
});
export type BulkItem = z.infer<typeof bulkItemSchema>;
export const bulkViewSchema = z.object({ items: z.array(bulkItemSchema) });
export type BulkView = z.infer<typeof bulkViewSchema>;

/** What would come of a change of a VM: nothing was changed. */
export const vmDryRunSchema = z.object({
  vm: nameSchema,
  would: z.string().describe('What would be written down of it.'),
  warning: acceptedSchema.shape.warning,
  placement: explanationSchema
    .nullable()
    .describe('Of what looks for a host: where it would go, and what keeps it from the others.'),
});
export type VmDryRun = z.infer<typeof vmDryRunSchema>;

export const consoleViewSchema = z.object({ vm: nameSchema, host: nameSchema, text: z.string() });
export type ConsoleView = z.infer<typeof consoleViewSchema>;

export const attachmentViewSchema = attachmentSchema.omit(machinery);
export type AttachmentView = z.infer<typeof attachmentViewSchema>;

export const volumeViewSchema = volumeSchema.omit(machinery).extend({
  project: nameSchema.nullable().describe('That of its VM; null when that is not there.'),
  attachment: attachmentViewSchema.nullable(),
});
export type VolumeView = z.infer<typeof volumeViewSchema>;

export const operationViewSchema = operationSchema.omit({ traceparent: true }).extend({
  project: nameSchema.describe('That of its VM.'),
  traceId: z.string().nullable().describe('Trace of the request that asked for it, as in its events and in all logs.'),
});
export type OperationView = z.infer<typeof operationViewSchema>;

export const ruleViewSchema = ruleSchema.omit(machinery).extend({ version: versionShown });
export type RuleView = z.infer<typeof ruleViewSchema>;

export const changedRuleSchema = z.object({ rule: nameSchema, ...wouldShape });
export type ChangedRule = z.infer<typeof changedRuleSchema>;

/** What would be moved now, and whether something is. */
export const rebalanceViewSchema = rebalancePlanSchema.extend({ state: rebalanceSchema.shape.state });
export type RebalanceView = z.infer<typeof rebalanceViewSchema>;
