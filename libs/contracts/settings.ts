/** How the scheduler is to decide: one record for the whole cluster, which people set. */
import { z } from 'zod';
import { askedShape } from './asked.js';
import { bucket, command } from './contract.js';
import { labelKeySchema } from './host-command.js';
import { idSchema } from './names.js';
import { transitionsShape } from './transition.js';

/** The one key of its bucket. As long as there is no record, the defaults count. */
export const settingsKey = 'cluster';

const weight = z.number().min(0).max(1000);
const ratio = z.number().min(1).max(64);
const overcommit = z.number().min(1, 'less than the memory that there is cannot be promised').max(4);
const hostLabelSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,23}=[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'name a host label as KEY=VALUE');
const labelsAtMost = 50;

/** What can be set, each without its default. */
const fields = {
  /** `balanced`: the host with most room left; `packed`: the fullest that fits; `power-saving`: so too, and idle ones
   *  sleep. */
  policy: z.enum(['balanced', 'packed', 'power-saving']),
  /** By what each part of a host's weight is multiplied. */
  weights: z.strictObject({ hostRules: weight, vmRules: weight, home: weight, room: weight }),
  /** vCPUs that may be promised for each CPU of a host; on hosts with a label the smallest that is said for one. */
  cpuRatio: ratio,
  cpuRatioOn: z.record(hostLabelSchema, ratio),
  /** MiB that may be promised for each MiB of a host; likewise. */
  memoryOvercommit: overcommit,
  memoryOvercommitOn: z.record(hostLabelSchema, overcommit),
  /** A start after which somebody would not return from a loss: is it refused, warned of, or not looked at. */
  admission: z.enum(['refuse', 'warn', 'off']),
  /** The loss: of any so many hosts... */
  admissionHosts: z.number().int().min(1).max(4),
  /** ...or of all hosts with any one value of this label. */
  admissionLabel: labelKeySchema.nullable(),
  rebalance: z.enum(['off', 'propose', 'auto']),
  /** Between two looks at the load; and how long a VM stays after each start and move. */
  rebalanceEverySeconds: z.number().int().min(5).max(86_400),
  rebalanceHoldSeconds: z.number().int().min(0).max(86_400),
  /** Moves under way at once that nobody asked for one by one. */
  migrationsPerHost: z.number().int().min(1).max(16),
  migrationsPerCluster: z.number().int().min(1).max(256),
  /** Likewise, from or to hosts with any one value of this label: those that share a network. */
  migrationsPerNetwork: z.number().int().min(1).max(256),
  migrationNetworkLabel: labelKeySchema.nullable(),
  /** Whether VMs of lower priority may be stopped for the recovery of higher ones. */
  preemption: z.enum(['off', 'on']),
  /** Under `power-saving`: for so long a host has to be empty before it is switched off; */
  powerIdleSeconds: z.number().int().min(5).max(86_400),
  /** so many empty hosts stay awake; */
  powerSpareHosts: z.number().int().min(0).max(1000),
  /** and within so long one has to be back that is woken. */
  powerWakeSeconds: z.number().int().min(10).max(3600),
};

const { weights } = fields;
const defaultWeights = { hostRules: 1, vmRules: 1, home: 0.5, room: 0 };
export const settingsSchema = z.object({
  policy: fields.policy.default('balanced'),
  weights: z.object({
    hostRules: weight.default(1),
    vmRules: weight.default(1),
    home: weight.default(0.5),
    room: weight.default(0),
  }).default(defaultWeights),
  cpuRatio: fields.cpuRatio.default(4),
  cpuRatioOn: fields.cpuRatioOn.default({}),
  memoryOvercommit: fields.memoryOvercommit.default(1),
  memoryOvercommitOn: fields.memoryOvercommitOn.default({}),
  admission: fields.admission.default('warn'),
  admissionHosts: fields.admissionHosts.default(1),
  admissionLabel: fields.admissionLabel.default(null),
  rebalance: fields.rebalance.default('propose'),
  rebalanceEverySeconds: fields.rebalanceEverySeconds.default(60),
  rebalanceHoldSeconds: fields.rebalanceHoldSeconds.default(600),
  migrationsPerHost: fields.migrationsPerHost.default(2),
  migrationsPerCluster: fields.migrationsPerCluster.default(16),
  migrationsPerNetwork: fields.migrationsPerNetwork.default(4),
  migrationNetworkLabel: fields.migrationNetworkLabel.default(null),
  preemption: fields.preemption.default('off'),
  powerIdleSeconds: fields.powerIdleSeconds.default(600),
  powerSpareHosts: fields.powerSpareHosts.default(1),
  powerWakeSeconds: fields.powerWakeSeconds.default(300),
});
export type Settings = z.infer<typeof settingsSchema>;
export const defaultSettings: Settings = settingsSchema.parse({});

/** Only what it names changes; null takes back what was said for a label. */
export const settingsChangeSchema = z
  .strictObject({
    ...fields,
    weights: weights.partial(),
    cpuRatioOn: z.record(hostLabelSchema, ratio.nullable()),
    memoryOvercommitOn: z.record(hostLabelSchema, overcommit.nullable()),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'name at least one setting');
export type SettingsChange = z.infer<typeof settingsChangeSchema>;

/** What each means to people, and what it can be. */
export const settingTexts: Readonly<Record<keyof Settings, { means: string; remedy: string }>> = {
  policy: { means: 'which host is taken', remedy: 'give balanced, packed or power-saving' },
  weights: {
    means: 'what counts how much when hosts are compared',
    remedy: 'give hostRules, vmRules, home or room a number from 0 to 1000',
  },
  cpuRatio: { means: 'vCPUs for each CPU of a host', remedy: 'give a number from 1 to 64' },
  cpuRatioOn: {
    means: 'the same, on hosts with a label',
    remedy: `give each of at most ${labelsAtMost} host labels (KEY=VALUE) a number from 1 to 64`,
  },
  memoryOvercommit: { means: 'MiB for each MiB of a host', remedy: 'give a number from 1 (never more) to 4' },
  memoryOvercommitOn: {
    means: 'the same, on hosts with a label',
    remedy: `give each of at most ${labelsAtMost} host labels (KEY=VALUE) a number from 1 (never more) to 4`,
  },
  admission: { means: 'a start that would leave somebody out after a loss', remedy: 'give refuse, warn or off' },
  admissionHosts: { means: 'how many hosts may be lost', remedy: 'give a whole number from 1 to 4' },
  admissionLabel: {
    means: 'all hosts of one value of this label may be lost instead',
    remedy: 'give the key of a host label, for example rack, or none',
  },
  rebalance: { means: 'moves that even out the load', remedy: 'give off, propose or auto' },
  rebalanceEverySeconds: { means: 'seconds between two looks at the load', remedy: 'give 5 to 86400' },
  rebalanceHoldSeconds: { means: 'a VM stays so long after a start or a move', remedy: 'give 0 to 86400' },
  migrationsPerHost: { means: 'moves at once from or to a host', remedy: 'give a whole number from 1 to 16' },
  migrationsPerCluster: { means: 'moves at once in all', remedy: 'give a whole number from 1 to 256' },
  migrationsPerNetwork: {
    means: 'moves at once from or to hosts that share a network',
    remedy: 'give a whole number from 1 to 256',
  },
  migrationNetworkLabel: {
    means: 'hosts with the same value of this label share a network',
    remedy: 'give the key of a host label, for example switch, or none',
  },
  preemption: { means: 'stop VMs of lower priority to recover others', remedy: 'give off or on' },
  powerIdleSeconds: { means: 'power-saving switches off a host that is empty so long', remedy: 'give 5 to 86400' },
  powerSpareHosts: { means: 'empty hosts that power-saving keeps awake', remedy: 'give a whole number from 0 to 1000' },
  powerWakeSeconds: { means: 'within so long a host that is woken has to be back', remedy: 'give 10 to 3600' },
};

/** The settings after the change, or null where too many labels are named. */
export function withChange(settings: Settings, change: SettingsChange): Settings | null {
  const { weights: some, cpuRatioOn, memoryOvercommitOn, ...plain } = change;
  const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
  const changed = settingsSchema.parse({
    ...settings,
    ...given,
    weights: { ...settings.weights, ...some },
    cpuRatioOn: merged(settings.cpuRatioOn, cpuRatioOn),
    memoryOvercommitOn: merged(settings.memoryOvercommitOn, memoryOvercommitOn),
  });
  const labels = [changed.cpuRatioOn, changed.memoryOvercommitOn].map((each) => Object.keys(each).length);
  return Math.max(...labels) > labelsAtMost ? null : changed;
}

function merged(known: Record<string, number>, change: Record<string, number | null> = {}): Record<string, number> {
  const all = Object.entries({ ...known, ...change }).filter((entry): entry is [string, number] => entry[1] !== null);
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

type Labels = Readonly<Record<string, string>>;

export function cpuRatioOf({ cpuRatio, cpuRatioOn }: Settings, labels: Labels): number {
  return smallest(cpuRatio, cpuRatioOn, labels);
}

export function memoryOvercommitOf({ memoryOvercommit, memoryOvercommitOn }: Settings, labels: Labels): number {
  return smallest(memoryOvercommit, memoryOvercommitOn, labels);
}

/** Of what is said for this host's labels the smallest; else what counts everywhere. */
function smallest(everywhere: number, on: Readonly<Record<string, number>>, labels: Labels): number {
  const own = Object.entries(labels).flatMap(([key, value]) => on[`${key}=${value}`] ?? []);
  return own.length === 0 ? everywhere : Math.min(...own);
}

export const settingsRecordSchema = z.object({ uid: idSchema, settings: settingsSchema, ...transitionsShape });
export type SettingsRecord = z.infer<typeof settingsRecordSchema>;

export const settingsBucket = bucket({
  name: 'settings',
  owner: 'scheduler',
  readers: ['scheduler', 'api'],
  schema: settingsRecordSchema,
});

export const settingsSet = command({
  name: 'settings-set',
  service: 'scheduler',
  scope: 'service',
  callers: ['api'],
  request: z.strictObject({ operation: idSchema, change: settingsChangeSchema, ...askedShape }),
  /** All of them, after the change. */
  value: settingsSchema,
});
