/**
 * What a guest is told at its first boot, the way cloud-init's NoCloud has it: a CD-ROM labelled `cidata` with these
 * files. It may hold passwords: it is for the guest and for the agent that makes the CD-ROM, never for logs, events,
 * views or the audit log, which have `cloudInitViewSchema` at most.
 */
import { z } from 'zod';

/** Records are stored whole at every change, so these stay small. */
export const cloudInitLimits = { userData: 32_768, metaData: 4096, networkConfig: 16_384 } as const;

/** How cloud-init tells what it is given: https://cloudinit.readthedocs.io/en/latest/explanation/format.html */
const userDataStart =
  /^(?:#cloud-config|#!|#include|#cloud-boothook|#part-handler|## template: ?jinja|content-type:|mime-version:)/i;

const text = (part: keyof typeof cloudInitLimits): z.ZodString =>
  z
    .string()
    .max(cloudInitLimits[part], `at most ${cloudInitLimits[part].toLocaleString('en')} characters`)
    .regex(/^(?:[^\p{Cc}]|[\n\r\t])*$/u, 'give plain text: no control characters other than line ends and tabs');

export const cloudInitSchema = z
  .strictObject({
    userData: text('userData')
      .regex(userDataStart, 'cloud-init would not know what it is: begin with #cloud-config, #! or #include')
      .optional(),
    /** YAML. Without an `instance-id` it has the VM's uid, without a `local-hostname` the VM's name. */
    metaData: text('metaData').optional(),
    /** YAML, as cloud-init's network configuration has it. */
    networkConfig: text('networkConfig').optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'give at least one of userData, metaData and networkConfig');
export type CloudInit = z.infer<typeof cloudInitSchema>;

const partSchema = z.object({
  bytes: z.number().int(),
  sha256: z.string().describe('By which one can tell whether it is the same as another.'),
});

/** That it is there, and nothing of what it says. */
export const cloudInitViewSchema = z.object({
  userData: partSchema.optional(),
  metaData: partSchema.optional(),
  networkConfig: partSchema.optional(),
});
export type CloudInitView = z.infer<typeof cloudInitViewSchema>;
