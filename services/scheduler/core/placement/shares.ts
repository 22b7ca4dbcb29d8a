/**
 * What VMs take a share of besides memory and vCPUs, never more than there is: huge pages, in MiB, and bandwidth.
 * Few VMs ask for any of it, so it is kept apart and looked at for those alone.
 */
import type { HostCapacity, VmNeeds } from '@holdfast/contracts';
import type { Refusal } from './facts.js';
import type { Snapshot } from './snapshot.js';

/** Also the names of the filters. */
export const shareKinds = ['huge-pages-2M', 'huge-pages-1G', 'net-bandwidth', 'disk-bandwidth'] as const;
/** An amount of each kind, in their order. */
export type Shares = readonly [number, number, number, number];

const words = [
  { unit: 'MiB of huge pages of 2M', free: 'free, or reserve,' },
  { unit: 'MiB of huge pages of 1G', free: 'free, or reserve,' },
  { unit: 'Mbit/s of network bandwidth', free: 'free' },
  { unit: 'MB/s of disk bandwidth', free: 'free' },
] as const;

const pageMiB = { '2M': 2, '1G': 1024 } as const;

/** Null for none. */
export function sharesOf(needs: VmNeeds, memoryMiB: number): Shares | null {
  const { hugePages, netMbits = 0, diskMBs = 0 } = needs;
  const size = hugePages === undefined ? 1 : pageMiB[hugePages];
  const pages = Math.ceil(memoryMiB / size) * size;
  const network = netMbits * nicsIn(needs);
  const shares = [hugePages === '2M' ? pages : 0, hugePages === '1G' ? pages : 0, network, diskMBs] as const;
  return shares.some((amount) => amount > 0) ? shares : null;
}

/** The limit is that of each; what says nothing of networks has one. */
const nicsIn = ({ network, nics = [] }: VmNeeds): number => nics.length + (network === null ? 0 : 1);

/** What a VM takes of a host's ordinary memory. */
export const ordinaryMiB = ({ hugePages }: VmNeeds, memoryMiB: number): number =>
  hugePages === undefined ? memoryMiB : 0;

/** Of these, what is memory. */
export const pagesMiB = (shares: Shares | null): number => (shares ? shares[0] + shares[1] : 0);

const nothing: Shares = [0, 0, 0, 0];

/** What is not told is not there. */
export function sharesIn(capacity: HostCapacity | undefined): Shares {
  const { hugePagesMiB, netMbits = 0, diskMBs = 0 } = capacity ?? {};
  if (!hugePagesMiB && netMbits === 0 && diskMBs === 0) return nothing;
  return [hugePagesMiB?.['2M'] ?? 0, hugePagesMiB?.['1G'] ?? 0, netMbits, diskMBs];
}

/** Sizes and what is taken, by host slot, for each kind. */
export interface ShareColumns {
  size: Float64Array<ArrayBuffer>;
  used: Float64Array<ArrayBuffer>;
}

const leftOf = ({ size, used }: ShareColumns, host: number): number => (size[host] as number) - (used[host] as number);

export function hasShares({ hosts }: Pick<Snapshot, 'hosts'>, host: number, shares: Shares | null): boolean {
  if (shares === null) return true;
  return shares.every((amount, kind) => amount === 0 || amount <= leftOf(hosts.shares[kind] as ShareColumns, host));
}

export function addShares(sum: Shares | null, more: Shares | null | undefined): Shares | null {
  if (!sum || !more) return sum ?? more ?? null;
  return [sum[0] + more[0], sum[1] + more[1], sum[2] + more[2], sum[3] + more[3]];
}

export function shareRefusal({ hosts }: Snapshot, host: number, kind: number, shares: Shares | null): Refusal | null {
  const asked = shares?.[kind] ?? 0;
  const left = leftOf(hosts.shares[kind] as ShareColumns, host);
  if (asked === 0 || asked <= left) return null;
  const { unit, free } = words[kind] as (typeof words)[number];
  const names = [shareKinds[kind] as string];
  const text = `${free} ${asked - left} ${unit} on ${hosts.nameOf(host)}`;
  return {
    text: `has ${left} ${unit} left, ${asked} are asked for`,
    change: { kind: 'share', text, amount: asked - left, names },
  };
}
