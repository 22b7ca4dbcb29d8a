/** What Holdfast may do with a VM by itself. Every field has a default; each can be changed while the VM exists. */
import { z } from 'zod';
import { nameSchema } from './names.js';
import { vmProbesSchema } from './vm-probe.js';

const count = (most: number): z.ZodNumber =>
  z.number('give a number').int('give a whole number').min(0, 'give 0 or more').max(most, `give at most ${most}`);

/** Without defaults: a change names what it changes and nothing else. */
const fields = {
  maxRestart: count(100),
  maxRelocate: count(100),
  restartWindowSeconds: count(86_400).min(10, 'give at least 10 seconds'),
  stopGraceSeconds: count(3600),
  failback: z.boolean(),
  proof: z.enum(['storage', 'power', 'both'], 'give storage, power or both'),
  restart: z.enum(['always', 'never'], 'give always or never'),
  priority: count(100),
  onIsolation: z.enum(['restart', 'leave'], 'give restart or leave'),
  onStorageLoss: z.enum(['restart', 'pause'], 'give restart or pause'),
  after: z.array(nameSchema).max(16, 'name at most 16 VMs'),
  probes: vmProbesSchema,
};

export const vmPolicySchema = z.strictObject({
  /** Crashes and failed starts in a row after which it is started again on the same host. */
  maxRestart: fields.maxRestart.default(1),
  /** Other hosts that are tried after that. */
  maxRelocate: fields.maxRelocate.default(1),
  /** Crashes count until it has run this long without one. */
  restartWindowSeconds: fields.restartWindowSeconds.default(60),
  /** Seconds that a guest has to power down before it is forced. */
  stopGraceSeconds: fields.stopGraceSeconds.default(30),
  /** Returns to a preferred host, or to the one it was drained from, once that takes VMs again. */
  failback: fields.failback.default(true),
  /**
   * The least proof that its old copy can no longer write, before it starts elsewhere. `storage`: any sufficient one.
   * `power`: that the copy does not run any more; that it is cut off from storage is not enough. `both`: both.
   */
  proof: fields.proof.default('storage'),
  /** `never`: once its host is lost or its QEMU has crashed it is given up, until somebody starts it. */
  restart: fields.restart.default('always'),
  /** 0 to 100, higher first: of VMs that were lost together the next ones stand back until the higher ones run. */
  priority: fields.priority.default(50),
  /**
   * When its host is silent on the management network, but storage still hears it. `leave`: it runs on there, as long
   * as every VM of that host says so.
   */
  onIsolation: fields.onIsolation.default('restart'),
  /**
   * When its disks do not answer the host that runs it, while another host could reach them. `pause`: it waits there
   * until they do.
   */
  onStorageLoss: fields.onStorageLoss.default('restart'),
  /** VMs it depends on: lost with its host, it starts elsewhere once they run. */
  after: fields.after.default([]),
  /** How its guest is looked at; whoever changes them gives all of them. */
  probes: fields.probes.prefault({}),
});
export type VmPolicy = z.infer<typeof vmPolicySchema>;

/** What is left out stays as it is. */
export const vmPolicyChangeSchema = z
  .strictObject(fields)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'name at least one thing to change');
export type VmPolicyChange = z.infer<typeof vmPolicyChangeSchema>;
