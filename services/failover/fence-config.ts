/** The fence devices that an operator configures: what is refused, and what is made of the rest. */
import { createHash } from 'node:crypto';
import { nameSchema } from '@holdfast/contracts';
import { z } from 'zod';
import { FenceAgent } from './adapters/fence-agent.js';
import {
  isSecret,
  plainName,
  refusedParameters,
  secretShownIn,
  switchesNoPower,
} from './adapters/fence-agent-facts.js';
import { IpmiPower } from './adapters/ipmi-power.js';
import { bmc } from './core/index.js';
import { bmcTimeoutMs } from './host-power.js';
import type { FenceDevice, HostFencing } from './ports.js';

/** One repeat: an attempt must not outlast the moment it was made for, and switch off a host that is coming back. */
const ipmiRetries = 1;
const maxLevels = 4;
const maxDevicesInLevel = 4;
const maxParameters = 64;

const secondsSchema = z.number().int().min(1000).max(120_000);
const pathSchema = z.string().startsWith('/', 'name the file from the root, as in /etc/holdfast/bmc-h1');

const ipmiShape = {
  address: z.string().min(1),
  port: z.number().int().default(623),
  user: z.string(),
  /** Holds the password, and nothing else; mode 600. */
  passwordFile: z.string(),
  /** How the BMC writes its system UUID. */
  guidEncoding: z.enum(['rfc4122', 'smbios', 'ipmi']).optional(),
};

const ipmiSchema = z.strictObject({
  kind: z.literal('ipmi'),
  name: nameSchema,
  ...ipmiShape,
  timeoutMs: secondsSchema.default(bmcTimeoutMs),
});

const valueSchema = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((value) => (typeof value === 'boolean' ? (value ? '1' : '0') : String(value)))
  .refine((value) => !/[\r\n\0]/.test(value) && value.length <= 1000, 'one line of at most 1000 characters');

const parameterSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]*$/, 'a parameter as the manual of the agent has it');

const agentSchema = z
  .strictObject({
    kind: z.literal('agent'),
    name: nameSchema,
    agent: z.string().regex(/^fence_[a-z0-9_]+$/, 'the name of an agent, as in fence_apc'),
    /** As in the manual of the agent; secrets go into files. */
    parameters: z.record(parameterSchema, valueSchema).default({}),
    /** By parameter: a file that holds the secret, and nothing else; mode 600. */
    secretFiles: z.record(parameterSchema, pathSchema).default({}),
    /** The system UUID of the host that it switches: without it the device proves nothing. */
    machine: z.guid('the system UUID of the host, as `host show` has it').toLowerCase().optional(),
    timeoutMs: secondsSchema.default(20_000),
    /** An agent that shows its secret on this machine is used only by one who says so. */
    exposesSecret: z.boolean().default(false),
  })
  .superRefine((device, context) => {
    const no = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    const unfit = switchesNoPower.get(device.agent);
    if (unfit !== undefined) no(['agent'], `${device.agent} is no proof of power-off: ${unfit}`);
    const shown = secretShownIn.get(device.agent);
    const hasSecret = Object.keys(device.secretFiles).length > 0;
    if (shown !== undefined && hasSecret && !device.exposesSecret) {
      const remedy = shown.endsWith('ipmitool') ? "use kind 'ipmi', which does not, or" : 'use another agent, or';
      no(['agent'], `${device.agent} shows its secret in ${shown}; ${remedy} accept that with exposesSecret: true`);
    }
    const names = [...Object.keys(device.parameters), ...Object.keys(device.secretFiles)];
    if (names.length > maxParameters) no(['parameters'], `at most ${maxParameters} parameters`);
    for (const name of names) {
      const where = name in device.parameters ? 'parameters' : 'secretFiles';
      const why = refusedParameters.get(plainName(name));
      if (why !== undefined) no([where, name], `it cannot be set: ${why}`);
    }
    for (const name of Object.keys(device.parameters).filter(isSecret)) {
      no(['parameters', name], 'a secret; write it into a file of its own, mode 600, and name that in secretFiles');
    }
  });

const deviceSchema = z.discriminatedUnion('kind', [ipmiSchema, agentSchema]);
type Device = z.output<typeof deviceSchema>;

const levelsSchema = z
  .array(z.array(deviceSchema).min(1, 'a level needs a device').max(maxDevicesInLevel))
  .min(1, 'say at least one level')
  .max(maxLevels)
  .superRefine((levels, context) => {
    const seen = new Set<string>();
    levels.forEach((level, index) =>
      level.forEach(({ name }, place) => {
        const message = `another device of this host is named ${name}; give each a name of its own`;
        if (seen.has(name)) context.addIssue({ code: 'custom', path: [index, place, 'name'], message });
        seen.add(name);
      }),
    );
  });

/** Part of the service's configuration. */
export const fenceConfigShape = {
  /** The BMC of each host that has one: its first level. Passwords stay in files of their own, mode 600. */
  bmcs: z.record(z.string(), z.strictObject(ipmiShape)).default({}),
  /** By host: further devices, or all of them. Levels are tried in order, after the BMC. */
  fencing: z.record(nameSchema, z.strictObject({ levels: levelsSchema })).default({}),
};
export interface FenceConfig {
  bmcs: z.output<typeof fenceConfigShape.bmcs>;
  fencing: z.output<typeof fenceConfigShape.fencing>;
}

/** What concerns several fields at once. */
export function withFenceChecks<Schema extends z.ZodType<FenceConfig>>(schema: Schema): Schema {
  return schema.superRefine(({ bmcs, fencing }, context) => {
    for (const [host, { levels }] of Object.entries(fencing)) {
      if (!(host in bmcs) || !levels.flat().some(({ name }) => name === bmc)) continue;
      const message = `${bmc} is what the device in bmcs.${host} is called; choose another name`;
      context.addIssue({ code: 'custom', path: ['fencing', host, 'levels'], message });
    }
  });
}

/** The devices of each host. */
export function fencingOf({ bmcs, fencing }: FenceConfig): Map<string, HostFencing> {
  const hosts = new Set([...Object.keys(bmcs), ...Object.keys(fencing)]);
  const entries = [...hosts].map((host): [string, HostFencing] => {
    const own = bmcs[host];
    const first: Device[][] = own ? [[{ kind: 'ipmi', name: bmc, timeoutMs: bmcTimeoutMs, ...own }]] : [];
    const levels = [...first, ...(fencing[host]?.levels ?? [])];
    const configuration = createHash('sha256').update(JSON.stringify(levels)).digest('hex').slice(0, 16);
    return [host, { levels: levels.map((level) => level.map(deviceOf)), configuration }];
  });
  return new Map(entries);
}

function deviceOf(device: Device): FenceDevice {
  const { name, timeoutMs } = device;
  if (device.kind === 'ipmi') {
    const { address, port, user, passwordFile, guidEncoding } = device;
    const options = { address, port, user, passwordPath: passwordFile, retries: ipmiRetries };
    const power = new IpmiPower(guidEncoding ? { ...options, guidEncoding } : options);
    return { name, power, identity: 'reported', timeoutMs };
  }
  const { agent, parameters, secretFiles, machine } = device;
  const power = new FenceAgent({ name, agent, parameters, secretPaths: secretFiles, timeoutMs });
  return { name, power, identity: { machine: machine ?? null }, timeoutMs };
}
