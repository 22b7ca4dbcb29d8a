import type { VmRecord } from '@holdfast/contracts';
import type { Projection } from '@holdfast/runtime';
import { claimsChanged, roomFreed, type Cluster } from './core/index.js';

const wantsRoom = ({ phase }: VmRecord): boolean => phase === 'waiting' || phase === 'recovering';

/** VMs that wait for room are looked at as soon as another one frees some; those that are to stop for one, too. */
export function watchRoom(vms: Projection<VmRecord>, cluster: Cluster, poke: (vm: string) => unknown): void {
  const waiting = new Set(vms.values().filter(wantsRoom).map(({ name }) => name));
  vms.onChange((name, entry, before) => {
    const now = entry?.value ?? null;
    if (now && wantsRoom(now)) waiting.add(name);
    else waiting.delete(name);
    for (const each of claimsChanged(before, now)) poke(each);
    if (roomFreed(before, now, cluster)) for (const each of waiting) poke(each);
  });
}
