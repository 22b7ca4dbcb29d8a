/** Three hosts of four CPUs each, VMs on them, and what these want. */
import { defaultSettings, vmSpecSchema, type RebalancePlan, type VmRecord } from '@holdfast/contracts';
import type { Loads } from '../rebalance/load-book.js';
import { planNow } from '../rebalance/look.js';
import { clusterOf, env, hostRecord, nowMs, observed, vmRecord, type Facts } from './records.js';

const longAgoMs = nowMs - 700_000;
export const on = (name: string, host: string, patch: Partial<VmRecord> = {}): VmRecord =>
  vmRecord({
    name,
    uid: name,
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 512 }),
    assignment: { host, hostEpoch: 2, generation: 1 },
    phaseSinceMs: longAgoMs,
    ...patch,
  });
export const idle = { base: 0, memoryPressure: 0, ioPressure: 0 };
export const loadsOf = (vms: Record<string, number>, hosts: readonly string[] = ['h1', 'h2', 'h3']): Loads => ({
  hosts: new Map(hosts.map((host) => [host, idle])),
  vms: new Map(Object.entries(vms).map(([vm, cpus]) => [vm, { cpus, soon: null }])),
});
export const three = {
  hosts: ['h1', 'h2', 'h3'].map((name) => hostRecord(name)),
  observed: ['h1', 'h2', 'h3'].map((name) => observed(name, {}, { capacity: { cpus: 4, memoryMiB: 65_536 } })),
};
export const settings = (patch: Partial<typeof defaultSettings>): { settings: typeof defaultSettings } =>
  ({ settings: { ...defaultSettings, ...patch } });
export const planOf = (facts: Partial<Facts>, loads: Loads): RebalancePlan =>
  planNow({ cluster: clusterOf({ ...three, ...facts }), loads: () => loads, env });
