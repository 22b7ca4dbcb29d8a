/** What a new VM is made from: a kernel that its hosts have, or a disk that a storage node copies for it. */
import { refused, type PoolRecord, type Reply, type VmRecord, type VmSpec } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';

export type NewDisks =
  | { refusal: Reply<never> }
  | { spec: VmSpec; disks: Omit<VmRecord['volumes'][number], 'volume'>[]; bootsFromDisk: boolean; from?: string };

/** Empty ones, or the first of them a copy of its image. */
export function newDisks(asked: VmSpec, cluster: Cluster): NewDisks {
  const { refusal, found, spec } = imageOf(asked, cluster);
  if (refusal) return { refusal };
  const pool = found?.pool ?? cluster.pools()[0];
  if (!pool && spec.disks.length > 0) {
    return { refusal: refused('unavailable', 'no storage node has reported yet', { remedy: 'try again shortly' }) };
  }
  const disks = spec.disks.map(({ sizeMiB }, index) => ({
    pool: pool?.pool ?? '',
    node: pool?.node ?? '',
    sizeMiB,
    ...(found && index === 0 ? { source: { image: spec.image } } : {}),
  }));
  return { spec, disks, bootsFromDisk: found !== null };
}

type FoundImage =
  /** `found`: the disk, and the pool that it is copied in; null for a kernel. */
  | { found: { pool: PoolRecord; sizeMiB: number } | null; spec: VmSpec; refusal?: never }
  | { refusal: Reply<never>; found?: never; spec?: never };

/** A host that has a kernel of that name counts for more than a disk: it was there before there were disks. */
function imageOf(spec: VmSpec, cluster: Cluster): FoundImage {
  const { image: name } = spec;
  const kernels = cluster.hosts().map(({ host }) => cluster.observed(host)?.images);
  if (kernels.some((names) => names?.includes(name))) return { found: null, spec };
  const disks = cluster.pools().flatMap((pool) => (pool.images ?? []).map((image) => ({ pool, image })));
  const own = disks.filter(({ image }) => image.name === name);
  const [best] = own
    .filter(({ image }) => image.unusable === undefined)
    .sort((a, b) => b.pool.freeBytes - a.pool.freeBytes);
  if (best) return withRoomFor({ pool: best.pool, sizeMiB: best.image.sizeMiB }, spec);
  const bad = own[0]?.image.unusable;
  if (bad !== undefined) return no('invalid', bad, 'image', 'holdfast image list shows what there is');
  // Hosts that do not say what they have may have it.
  if (kernels.length === 0 || kernels.includes(undefined)) return { found: null, spec };
  return no('not-found', `there is no image named ${name}`, 'image', 'holdfast image list shows what there is');
}

/** Its first disk is at least as large as the image. */
function withRoomFor(found: { pool: PoolRecord; sizeMiB: number }, spec: VmSpec): FoundImage {
  const [first, ...others] = spec.disks;
  if (!first) return no('invalid', `image ${spec.image} is a disk: the VM needs one`, 'disks', 'give it one');
  const sizeMiB = Math.max(first.sizeMiB, found.sizeMiB);
  return { found, spec: { ...spec, disks: [{ ...first, sizeMiB }, ...others] } };
}

function no(code: 'invalid' | 'not-found', message: string, field: string, remedy: string): { refusal: Reply<never> } {
  return { refusal: refused(code, message, { field, remedy }) };
}
