/** A VM's policy in a scenario: its fields stand beside those of the VM. */
import { vmPolicySchema, type VmPolicy } from '@holdfast/contracts';
import { z } from 'zod';

/** As short as nobody would set it, so that stories are short. */
const stopGraceSeconds = vmPolicySchema.shape.stopGraceSeconds.unwrap().default(10);

export const policyFields = { ...vmPolicySchema.shape, stopGraceSeconds };

const found = z.object(policyFields);

export function policyOf(vm: z.input<typeof found>): VmPolicy {
  return found.parse(vm);
}
