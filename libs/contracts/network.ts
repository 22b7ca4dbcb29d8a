/** Guest networks: hosts offer them by name (`bridges` of their agents); records say whose VMs may be on them. */
import { z } from 'zod';
import { askedShape, wouldShape } from './asked.js';
import { bucket, command } from './contract.js';
import { idSchema, nameSchema, timeSchema } from './names.js';
import { nicsOf } from './nic.js';
import { projectOf } from './project.js';
import { transitionsShape } from './transition.js';
import { defaultNetwork, type VmRecord } from './vm.js';
import { vmWordsShape, wordChangesShape } from './vm-words.js';

export const networkSpecSchema = z.strictObject({
  project: nameSchema.nullable().describe('Whose VMs alone may be on it; null: those of all projects.'),
  note: vmWordsShape.note,
  labels: vmWordsShape.labels,
});
export type NetworkSpec = z.infer<typeof networkSpecSchema>;
export const newNetworkSchema = networkSpecSchema.extend({ name: nameSchema });

/** What is left out stays as it is; an empty note takes the note away. */
export const networkChangeSchema = z
  .strictObject({ project: networkSpecSchema.shape.project, ...wordChangesShape })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'name at least one thing to change');
export type NetworkChange = z.infer<typeof networkChangeSchema>;

export const networkSchema = z.object({
  name: nameSchema,
  uid: idSchema,
  ...networkSpecSchema.shape,
  /** Left out: shared with all. */
  project: nameSchema.optional(),
  state: z.enum(['active', 'closing', 'deleted']),
  /**
   * Some VMs shall not be on it any more. Until it is known that none of them is, nobody takes it up; then it is as in
   * `to`, or its record goes. If one is on it after all, it stays as it was; one that is new is not made.
   */
  closing: z
    .object({ to: networkSpecSchema.nullable(), isNew: z.boolean(), operation: idSchema, sinceMs: timeSchema })
    .optional(),
  ...transitionsShape,
});
export type NetworkRecord = z.infer<typeof networkSchema>;

export const networks = bucket({
  name: 'networks',
  owner: 'scheduler',
  readers: ['scheduler', 'api'],
  schema: networkSchema,
});

/** All that a VM's NICs are on, each once. */
export function networksOf(spec: Parameters<typeof nicsOf>[0]): string[] {
  return [...new Set(nicsOf(spec).map(({ network }) => network))];
}

/** Whoever's VM it may be: shared, or the default of VMs while nobody has made a record of that. */
export function isShared(name: string, record: Pick<NetworkRecord, 'project'> | null): boolean {
  return record ? record.project === undefined : name === defaultNetwork;
}

export interface NetworkUser {
  project?: string | undefined;
  /** Whoever asks may do so in the whole cluster: may choose a network of which there is no record. */
  ofCluster?: boolean | undefined;
}

/** Why a VM may not be put on a network: the same words for one of another project and for none; null: it may. */
export function whyNotOn(
  name: string,
  record: NetworkRecord | null,
  user: NetworkUser,
): { code: 'invalid' | 'conflict'; text: string; remedy: string } | null {
  const known = record?.state === 'deleted' ? null : record;
  const isOwn = known?.project === projectOf(user);
  const mayBe = isShared(name, known) || isOwn || (known === null && user.ofCluster === true);
  if (!mayBe) {
    const text = `there is no network ${name} for VMs of the project ${projectOf(user)}`;
    const remedy = 'choose one that is shared, or the project\'s own (holdfast network list)';
    return { code: 'invalid', text, remedy };
  }
  if (known?.state !== 'closing') return null;
  return { code: 'conflict', text: `the network ${name} is being changed`, remedy: 'try again in a moment' };
}

/** VMs on a network that could not stay if it were as in `to`; null: if there were no record of it any more. */
export function notToStayOn(
  name: string,
  to: Pick<NetworkSpec, 'project'> | null,
  vms: readonly VmRecord[],
): VmRecord[] {
  if (to?.project === null) return [];
  const mayStay = (vm: VmRecord): boolean => to !== null && projectOf(vm) === to.project;
  return vms.filter((vm) => vm.phase !== 'deleted' && !mayStay(vm) && networksOf(vm.spec).includes(name));
}

const schedulerCommand = { service: 'scheduler', scope: 'service', callers: ['api'] } as const;
const onNetwork = { operation: idSchema, network: nameSchema, ...askedShape };
/** With the number of the newest transition by which it is so, or will be. */
const value = z.object({ network: nameSchema, transition: z.number().int(), ...wouldShape });

export const networkMake = command({
  ...schedulerCommand,
  name: 'network-make',
  request: z.strictObject({ ...onNetwork, spec: networkSpecSchema }),
  value,
});
export const networkChange = command({
  ...schedulerCommand,
  name: 'network-change',
  request: z.strictObject({ ...onNetwork, change: networkChangeSchema }),
  value,
});
export const networkDelete = command({
  ...schedulerCommand,
  name: 'network-delete',
  request: z.strictObject(onNetwork),
  value,
});
