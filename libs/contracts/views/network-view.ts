import { z } from 'zod';
import { wouldShape } from '../asked.js';
import { nameSchema } from '../names.js';
import { vmWordsShape } from '../vm-words.js';
import { versionShown } from './page.js';

export const networkViewSchema = z.object({
  name: nameSchema,
  recorded: z.boolean().describe('Whether somebody has decided whose it is.'),
  shared: z.boolean().describe('VMs of all projects may be on it.'),
  project: nameSchema.nullable().describe('Whose VMs alone may be on it; null: it is shared, or has no record.'),
  changing: z.boolean().describe('Nobody takes it up until it is known that no VM is on it that could not stay.'),
  note: z.string(),
  labels: vmWordsShape.labels.unwrap(),
  hosts: z
    .array(z.object({ host: nameSchema, state: z.enum(['up', 'down']) }))
    .describe('Those that offer it, and whether they reach it.'),
  vmCount: z.number().int().nonnegative().describe('VMs with a NIC on it, of those that one may see.'),
  vms: z.array(nameSchema).describe('Their names, at most 100.'),
  version: versionShown.nullable().describe('What its `ETag` has between quotes, for `If-Match`; null: no record.'),
});
export type NetworkView = z.infer<typeof networkViewSchema>;

export const changedNetworkSchema = z.object({ network: nameSchema, ...wouldShape });
export type ChangedNetwork = z.infer<typeof changedNetworkSchema>;
