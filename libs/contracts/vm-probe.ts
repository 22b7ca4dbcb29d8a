/**
 * How Holdfast looks at a VM's guest. Nothing is looked at that was not declared. `panic`, `watchdog` and `agent` are
 * devices of the VM, and come with its next start; `tcp` and `http` are asked of the guest's address by its host.
 */
import { z } from 'zod';
import { idSchema, timeSchema } from './names.js';

const whole = (least: number, most: number, what: string): z.ZodNumber =>
  z
    .number('give a number')
    .int(`give whole ${what}`)
    .min(least, `give at least ${least} ${what}`)
    .max(most, `give at most ${most} ${what}`);

const timing = {
  /** From one question to the next. */
  intervalSeconds: whole(1, 3600, 'seconds').default(10),
  /** An answer that takes longer is none. */
  timeoutSeconds: whole(1, 60, 'seconds').default(5),
  /** So many in a row make the guest unhealthy. */
  failures: whole(1, 100, 'failures').default(3),
  /** After a start, a reset, a move or a pause no failure counts for so long. */
  graceSeconds: whole(0, 3600, 'seconds').default(60),
};

/** A host must not be made to ask itself, or everybody. */
const ownOrMany = /^(0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|24\d\.|25[0-5]\.|::1?$|fe[89ab]|ff|::ffff:)/i;

const remote = {
  /** The guest's, as its host reaches it. */
  address: z
    .union([z.ipv4(), z.ipv6()], "give the guest's IP address, for example 192.0.2.7")
    .refine((address) => !ownOrMany.test(address), "give the guest's own address, not a loopback or multicast one"),
  port: whole(1, 65_535, 'as a port'),
};

export const agentProbeSchema = z.strictObject(timing);
export const tcpProbeSchema = z.strictObject({ ...remote, ...timing });
export const httpProbeSchema = z.strictObject({
  ...remote,
  path: z
    .string()
    .max(200, 'at most 200 characters')
    .regex(/^\/[!-~]*$/, 'begin with / and leave out spaces')
    .default('/'),
  /** The status that is expected. */
  status: whole(100, 599, 'as a status').default(200),
  ...timing,
});

const mostOfAKind = 4;

export const vmProbesSchema = z.strictObject({
  /** A device (pvpanic) by which the guest's kernel tells that it has panicked. */
  panic: z.boolean('give true or false').default(false),
  /** A device (i6300esb) that the guest has to feed once it has begun to. */
  watchdog: z.boolean('give true or false').default(false),
  /** The QEMU guest agent is pinged. */
  agent: agentProbeSchema.nullable().default(null),
  tcp: z.array(tcpProbeSchema).max(mostOfAKind, `give at most ${mostOfAKind}`).default([]),
  http: z.array(httpProbeSchema).max(mostOfAKind, `give at most ${mostOfAKind}`).default([]),
});
export type VmProbes = z.infer<typeof vmProbesSchema>;

export function isProbed({ panic, watchdog, agent, tcp, http }: VmProbes): boolean {
  return panic || watchdog || agent !== null || tcp.length > 0 || http.length > 0;
}

type Remote = Pick<VmProbes['tcp'][number], 'address' | 'port'>;

const placeOf = ({ address, port }: Remote): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** How each is called, wherever it is told of. */
export const probeName = {
  panic: 'panic',
  watchdog: 'watchdog',
  agent: 'agent',
  tcp: (probe: Remote): string => `tcp ${placeOf(probe)}`,
  http: (probe: Remote & { path: string }): string => `http ${placeOf(probe)}${probe.path}`,
} as const;

export function probeNames({ panic, watchdog, agent, tcp, http }: VmProbes): string[] {
  return [
    ...(panic ? [probeName.panic] : []),
    ...(watchdog ? [probeName.watchdog] : []),
    ...(agent === null ? [] : [probeName.agent]),
    ...tcp.map(probeName.tcp),
    ...http.map(probeName.http),
  ];
}

/** What an agent is told to look at; the key tells one set of probes from another. */
export const watchOrderSchema = z.strictObject({ key: idSchema, probes: vmProbesSchema });
export type WatchOrder = z.infer<typeof watchOrderSchema>;

export const guestStates = ['healthy', 'unhealthy', 'panicked', 'watchdog'] as const;

/** What a host's agent makes of a guest; told anew only when it changes. */
export const guestHealthSchema = z.object({
  state: z.enum(guestStates),
  /** The probe that says so; empty when all are content. */
  probe: z.string().max(300),
  reason: z.string().max(500),
  sinceMs: timeSchema,
});
export type GuestHealth = z.infer<typeof guestHealthSchema>;
