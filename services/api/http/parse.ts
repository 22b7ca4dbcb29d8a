import { refusalOf } from '@holdfast/contracts';
import { z } from 'zod';
import { Problem } from './problem.js';

/** Of what Holdfast may do with a VM by itself. */
export const policyRemedies: Readonly<Record<string, string>> = {
  maxRestart: 'give `maxRestart` as a whole number from 0 to 100',
  maxRelocate: 'give `maxRelocate` as a whole number from 0 to 100',
  restartWindowSeconds: 'give `restartWindowSeconds` as whole seconds from 10 to 86400',
  stopGraceSeconds: 'give `stopGraceSeconds` as whole seconds from 0 to 3600',
  failback: 'give `failback` as true or false',
  proof: 'give `proof` as `storage`, `power` or `both`',
  restart: 'give `restart` as `always` or `never`',
  priority: 'give `priority` as a whole number from 0 to 100',
  onIsolation: 'give `onIsolation` as `restart` or `leave`',
  onStorageLoss: 'give `onStorageLoss` as `restart` or `pause`',
  after: 'give the names of at most 16 VMs in `after`, as a list',
  probes: 'give `probes` with any of `panic`, `watchdog`, `agent`, `tcp` and `http`',
};
const ofPolicy = Object.fromEntries(Object.entries(policyRemedies).map(([key, remedy]) => [`policy.${key}`, remedy]));

/** What to do about a wrong field, by its path with `[]` for any index. */
const remedies: Record<string, string> = {
  ...ofPolicy,
  policy: 'give `policy` as an object of its fields',
  name: 'choose a name of 1 to 40 lower-case letters, digits and dashes that starts with a letter',
  cpus: 'give `cpus` as a whole number from 1 to 512',
  memoryMiB: 'give `memoryMiB` as whole MiB from 32 to 16777216',
  image: 'give the name of an image, for example `tiny`',
  disks: 'give `disks` as a list of at most 16, each `{"sizeMiB": N}`',
  'disks[].sizeMiB': 'give `sizeMiB` as whole MiB from 1 to 67108864',
  network: 'give the name of a guest network, or null for none',
  'cloudInit.userData': 'give text of at most 32,768 characters that begins with `#cloud-config`, `#!` or `#include`',
  'cloudInit.metaData': 'give YAML of at most 4,096 characters',
  'cloudInit.networkConfig': 'give YAML of at most 16,384 characters',
  cloudInit: 'give `cloudInit` with `userData`, and perhaps `metaData` and `networkConfig`',
  nic: 'give the number of one of its NICs, as `vm show` has it',
  nics: 'give each a number of its own from 1 on, and a network',
  boot: 'name one to three of disk, cdrom and network, each once',
  order: 'name one to three of disk, cdrom and network, each once, or null for what its image has',
  iso: 'give the name of a file that ends in `.iso`, without its directory, or null for an empty drive',
  cdrom: 'give the name of a file that ends in `.iso`, without its directory, or null for an empty drive',
  start: 'give `start` as true or false',
  force: 'give `force` as true or false',
  host: 'give the name of a host, or null to leave the choice to the scheduler',
  armed: 'give `armed` as true or false',
  confirm: "type the host's name once more in `confirm`",
  reason: 'say why in `reason`, in a few words',
  on: 'give `on` as true to empty the host, false to let it work again',
  kind: 'give `kind` as `host-affinity`, `label-affinity` or `vm-affinity`',
  labels: 'give `labels` as an object from label keys to values: `{"gpu": "a100"}`',
  vms: 'give the names of the VMs in `vms`, as a list',
  hosts: 'give `hosts` as an object from host names to numbers, larger ones preferred: `{"h1": 2, "h2": 1}`',
  strict: 'give `strict` as true (only on these hosts) or false (rather on these)',
  together: 'give `together` as true (all on one host) or false (no two on one)',
  limit: 'give `limit` as a whole number from 1 to 500',
  after: 'give the `next` of the page before',
  waitMs: 'give `waitMs` as milliseconds from 0 to 30000',
  bytes: 'give `bytes` as a whole number from 1 to 262144',
  filter: 'give a noun such as `vm`, optionally with a name and a verb: `vm.web1`, `vm.*.started`',
};

function knownFields(schema: z.ZodType): string {
  const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : schema;
  return inner instanceof z.ZodObject ? Object.keys(inner.shape).join(', ') : '';
}

/** The value as the schema has it, or a problem that names the field and the remedy: one of its own or a usual one. */
export function parsed<T>(schema: z.ZodType<T>, value: unknown, own: Readonly<Record<string, string>> = {}): T {
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return result.data;
  const refusal = refusalOf(result.error);
  const field = refusal.field ?? 'request';
  const issue = result.error.issues[0];
  const path = field.replace(/\[\d+\]/g, '[]');
  let remedy: string | undefined;
  // The nearest that is known: of the field itself, or of what it lies in.
  for (let known = path; known !== '' && !remedy; known = known.replace(/(^|\.|\[)[^.[]*$/, '')) {
    remedy = own[known] ?? remedies[known];
  }
  if (issue?.code === 'unrecognized_keys') {
    const known = issue.path.length === 0 ? knownFields(schema) : '';
    remedy = known === '' ? 'leave it out' : `leave it out; known are ${known}`;
  }
  throw new Problem('invalid', refusal.message, {
    field,
    remedy: remedy ?? 'see the documentation of this route',
  });
}
