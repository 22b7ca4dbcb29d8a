import { z } from 'zod';
import { command } from './contract.js';
import { epochSchema, generationSchema, idSchema, nameSchema } from './names.js';
import { macAddressSchema } from './nic.js';
import { diskAccessSchema, vmSpecSchema } from './vm.js';
import { watchOrderSchema } from './vm-probe.js';

/**
 * Safety rule 7: what every command to an agent carries. The agent checks all of it against floors it keeps on disk.
 * `revision` is the KV revision of the VM's record that the command was decided on.
 */
export const stampSchema = z.strictObject({
  incarnation: z.string(),
  hostEpoch: epochSchema,
  generation: generationSchema,
  revision: z.number().int().nonnegative(),
});
export type Stamp = z.infer<typeof stampSchema>;

const agentCommand = { service: 'host-agent', scope: 'node', callers: ['scheduler'] } as const;
const onCopy = { stamp: stampSchema, vm: nameSchema, uid: idSchema, operation: idSchema.nullable() };
/** Commands are accepted at once and carried out; what became of it is seen in `observed`. */
const acceptance = z.object({ state: z.enum(['started-work', 'in-progress', 'already-done']) });

/** What of a VM's spec its host needs. */
export const guestSpecSchema = vmSpecSchema
  .omit({ disks: true, policy: true })
  .extend({
    restart: z.enum(['always', 'never']).optional(),
    /** From its first disk, without a kernel of the host's. */
    bootsFromDisk: z.boolean().optional(),
  });
export type GuestSpec = z.infer<typeof guestSpecSchema>;

const beginning = {
  ...onCopy,
  spec: guestSpecSchema,
  disks: z.array(diskAccessSchema).max(16),
  /** How its guest is looked at; left out for not at all. */
  watch: watchOrderSchema.optional(),
  /** MiB that may be promised for each MiB of the host; left out: 1. */
  memoryOvercommit: z.number().min(1).max(4).optional(),
};

/** Start this VM at exactly this generation; with `memory`, from what was stored there. */
export const agentStart = command({
  ...agentCommand,
  name: 'vm-start',
  request: z.strictObject({ ...beginning, memory: diskAccessSchema.optional() }),
  value: acceptance,
});

/** Stop every copy of this VM with a generation *below* the stamp's; after the grace time by force. */
export const agentStop = command({
  ...agentCommand,
  name: 'vm-stop',
  request: z.strictObject({ ...onCopy, graceSeconds: z.number().int().min(0).max(3600) }),
  value: acceptance,
});

/** Reboot the copy of this generation in place, once for each operation. */
export const agentReboot = command({
  ...agentCommand,
  name: 'vm-reboot',
  request: z.strictObject({ ...onCopy, operation: idSchema, force: z.boolean() }),
  value: acceptance,
});

/** Give the copy of exactly this generation so much in all, once for each operation. What it has already stays. */
export const agentResize = command({
  ...agentCommand,
  name: 'vm-resize',
  request: z.strictObject({
    ...onCopy,
    operation: idSchema,
    cpus: z.number().int().min(1),
    memoryMiB: z.number().int().min(1),
    memoryOvercommit: beginning.memoryOvercommit,
  }),
  value: acceptance,
});

/**
 * Give the copy of exactly this generation another disk or NIC, or take that from it; once for each `plug`. A guest has
 * to let go of it: within so long, or it keeps it. With `memory` its memory is written to that disk, which its guest
 * never sees, and the copy ends there; its own disks are named for the case that it has to go on after all.
 */
export const agentPlug = command({
  ...agentCommand,
  name: 'vm-plug',
  request: z.strictObject({
    ...onCopy,
    plug: idSchema,
    change: z.discriminatedUnion('to', [
      z.strictObject({
        to: z.literal('there'),
        disk: diskAccessSchema,
        diskMBs: guestSpecSchema.shape.diskMBs,
      }),
      z.strictObject({ to: z.literal('gone'), volume: idSchema }),
      z.strictObject({
        to: z.literal('nic-there'),
        network: nameSchema,
        macAddress: macAddressSchema,
        netMbits: guestSpecSchema.shape.netMbits,
      }),
      z.strictObject({ to: z.literal('nic-gone'), macAddress: macAddressSchema }),
      z.strictObject({ to: z.literal('memory'), disk: diskAccessSchema, disks: beginning.disks }),
    ]),
  }),
  value: acceptance,
});

/** Get ready to receive this VM by live migration at the stamp's generation: secrets in place, memory there. */
export const agentReceive = command({
  ...agentCommand,
  name: 'vm-receive',
  request: z.strictObject(beginning),
  value: acceptance,
});

/**
 * Send the copy of the stamp's generation to another host, where it will have the generation `to.generation`, and
 * stand paused.
 */
export const agentMigrate = command({
  ...agentCommand,
  name: 'vm-migrate',
  request: z.strictObject({
    ...onCopy,
    spec: guestSpecSchema,
    to: z.strictObject({
      host: nameSchema,
      hostEpoch: epochSchema,
      generation: generationSchema,
      address: z.string(),
      disks: z.array(diskAccessSchema).max(16),
    }),
  }),
  value: acceptance,
});

/** Let the copy of exactly this generation go on, which has arrived by live migration or stands paused. */
export const agentResume = command({
  ...agentCommand,
  name: 'vm-resume',
  request: z.strictObject(onCopy),
  value: acceptance,
});

/** Let the copy of exactly this generation stand still until it is told to go on: nothing else lets it. */
export const agentPause = command({
  ...agentCommand,
  name: 'vm-pause',
  request: z.strictObject(onCopy),
  value: acceptance,
});

/** Look at the guest of exactly this generation like this from now on; null for not at all. */
export const agentWatch = command({
  ...agentCommand,
  name: 'vm-watch',
  request: z.strictObject({ ...onCopy, watch: watchOrderSchema.nullable() }),
  value: acceptance,
});

/** The end of the guest's serial console, as the host recorded it. */
export const agentConsole = command({
  service: 'host-agent',
  scope: 'node',
  name: 'vm-console',
  callers: ['api'],
  request: z.strictObject({ vm: nameSchema, maxBytes: z.number().int().min(1).max(262_144) }),
  value: z.object({ text: z.string().max(300_000) }),
});

export const maxScreenshotPartBytes = 512 * 1024;
export const maxScreenshotParts = 64;

/** What is on the guest's screen, as a PNG in parts: the first takes it, the others are of that one. */
export const agentScreenshot = command({
  service: 'host-agent',
  scope: 'node',
  name: 'vm-screenshot',
  callers: ['api'],
  request: z.strictObject({
    vm: nameSchema,
    screenshot: z.uuid().nullable(),
    part: z.number().int().min(0).max(maxScreenshotParts - 1),
  }),
  value: z.object({
    screenshot: z.uuid(),
    parts: z.number().int().min(1).max(maxScreenshotParts),
    bytes: z.base64().max(Math.ceil(maxScreenshotPartBytes / 3) * 4),
  }),
});

/** Whether another host's agent answers from here: failover asks a few hosts before it judges one that is silent. */
export const probePeer = command({
  service: 'host-agent',
  scope: 'node',
  name: 'probe-peer',
  callers: ['failover'],
  request: z.strictObject({
    host: nameSchema,
    /** Of its management network. */
    address: z.string().max(100),
    port: z.number().int().min(1).max(65_535),
  }),
  value: z.object({
    kind: z.enum(['answers', 'refused', 'hung', 'silent']),
    /** Of the agent that answered. */
    bootId: z.string().max(100).nullable(),
  }),
});
