/** What a scenario can also say so that a shrunk seed can be written as one: faults by their draw, requests in full. */
import { nameSchema, type VmRecord } from '@holdfast/contracts';
import { z } from 'zod';
import { faultKinds, type Inflicted } from '../faults/kinds.js';
import { healWorld, inflict, targetStream } from '../faults/plan.js';
import type { World } from '../world/world.js';
import { policyFields, policyOf } from './scenario-policy.js';

const at = { atS: z.number().min(0) };
const kinds = Object.keys(faultKinds) as [string, ...string[]];

export const diskSizesSchema = z.array(z.number().int().positive()).max(16);
/** Seconds, or the least and the most of them. */
export const bootSecondsSchema = z.union([
  z.number().positive(),
  z
    .tuple([z.number().positive(), z.number().positive()])
    .refine(([least, most]) => least <= most, 'the first must not be larger than the second'),
]);

export const shrunkActions = [
  z.strictObject({
    ...at,
    do: z.literal('fault'),
    kind: z.enum(kinds),
    seconds: z.number().min(0),
    draw: z.number().int().min(0),
  }),
  z.strictObject({
    ...at,
    do: z.literal('vm.create'),
    vm: nameSchema,
    cpus: z.number().int().positive().default(1),
    memoryMiB: z.number().int().min(32).default(512),
    maxCpus: z.number().int().positive().optional(),
    maxMemoryMiB: z.number().int().min(32).optional(),
    disksMiB: diskSizesSchema.default([64]),
    desired: z.enum(['running', 'stopped']).default('running'),
    ...policyFields,
  }),
  z.strictObject({ ...at, do: z.literal('vm.pause'), vm: z.string(), on: z.boolean() }),
  z.strictObject({ ...at, do: z.literal('vm.suspend'), vm: z.string() }),
  z.strictObject({ ...at, do: z.literal('vm.rename'), vm: z.string(), to: nameSchema }),
  z.strictObject({
    ...at,
    do: z.literal('vm.resize'),
    vm: z.string(),
    size: z.strictObject({ cpus: z.number().int().positive(), memoryMiB: z.number().int().min(32) }),
    atNextStart: z.boolean().default(false),
  }),
  z.strictObject({ ...at, do: z.literal('vm.disk-add'), vm: z.string(), sizeMiB: z.number().int().positive() }),
  /** The last one, or the one that had this place. */
  z.strictObject({ ...at, do: z.literal('vm.disk-remove'), vm: z.string(), place: z.number().int().min(0).optional() }),
  z.strictObject({ ...at, do: z.literal('vm.reboot'), vm: z.string(), force: z.boolean().default(false) }),
] as const;
export type ShrunkAction = z.infer<(typeof shrunkActions)[number]>;

export function isShrunkAction(action: { do: string }): action is ShrunkAction {
  return [
    'fault', 'vm.create', 'vm.pause', 'vm.suspend', 'vm.rename', 'vm.resize', 'vm.disk-add', 'vm.disk-remove',
    'vm.reboot',
  ].includes(action.do);
}

/** Carries out those actions, and remembers what still has to be healed. */
export class ShrunkActions {
  private readonly inHand = new Set<Inflicted>();

  constructor(private readonly world: World) {}

  act(action: ShrunkAction): void {
    const { world } = this;
    if (action.do === 'vm.pause') world.ask(action.on ? 'vm-pause' : 'vm-resume', { vm: action.vm });
    else if (action.do === 'vm.suspend') world.ask('vm-suspend', { vm: action.vm });
    else if (action.do === 'vm.rename') world.ask('vm-rename', { vm: action.vm, to: action.to });
    else if (action.do === 'vm.resize') {
      world.ask('vm-resize', { vm: action.vm, size: action.size, atNextStart: action.atNextStart });
    } else if (action.do === 'vm.disk-add') {
      world.ask('vm-disk-add', { vm: action.vm, sizeMiB: action.sizeMiB });
    } else if (action.do === 'vm.disk-remove') {
      const { volumes = [] } = world.bus.bucket<VmRecord>('vms').value(action.vm) ?? {};
      const { volume } = volumes[action.place ?? volumes.length - 1] ?? volumes.at(-1) ?? {};
      if (volume !== undefined) world.ask('vm-disk-remove', { vm: action.vm, volume });
    } else if (action.do === 'vm.reboot') world.ask('vm-reboot', { vm: action.vm, force: action.force });
    else if (action.do === 'vm.create') {
      const { vm, cpus, memoryMiB, maxCpus, maxMemoryMiB, disksMiB } = action;
      const policy = policyOf(action);
      const disks = disksMiB.map((sizeMiB) => ({ sizeMiB }));
      const most = { ...(maxCpus && { maxCpus }), ...(maxMemoryMiB && { maxMemoryMiB }) };
      const spec = { cpus, memoryMiB, ...most, image: 'tiny', disks, network: 'guest', policy };
      world.ask('vm-create', { vm, spec, start: action.desired === 'running', host: null });
    } else {
      const kind = faultKinds[action.kind];
      if (!kind) throw new Error(`there is no fault ${action.kind}`);
      const random = targetStream(world.options.seed, action.draw);
      const name = `#${action.draw} ${action.kind}`;
      inflict(world, { kind, name, lastsMs: Math.round(action.seconds * 1000), random }, this.inHand);
    }
  }

  /** Undoes the faults that last, and starts what has died. */
  healAll(): void {
    for (const inflicted of this.inHand) inflicted.heal();
    this.inHand.clear();
    healWorld(this.world);
  }
}
