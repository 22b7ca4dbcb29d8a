import type { ImageView } from '@holdfast/client';
import type { Observed, PoolRecord, VmSpec } from '@holdfast/contracts';
import type { ClusterView } from './cluster-view.js';
import type { Listing } from './http/list.js';

/** A disk of the same name in several pools is one image, unless they differ. */
export function imagesOf(
  pools: readonly Pick<PoolRecord, 'pool' | 'node' | 'images'>[],
  hosts: readonly Pick<Observed, 'host' | 'images'>[],
): ImageView[] {
  const found = new Map<string, ImageView>();
  const add = (key: string, image: ImageView): void => {
    const known = found.get(key);
    if (!known) found.set(key, image);
    else {
      known.pools.push(...image.pools);
      known.nodes.push(...image.nodes.filter((node) => !known.nodes.includes(node)));
    }
  };
  for (const { pool, node, images = [] } of pools) {
    for (const { name, format, sizeMiB, unusable = null } of images) {
      const image = { name, kind: 'disk' as const, format, sizeMiB, unusable };
      add(Object.values(image).join('/'), { ...image, pools: [pool], nodes: [node] });
    }
  }
  for (const { host, images = [] } of hosts) {
    for (const name of images) {
      const image = { name, kind: 'kernel' as const, format: null, sizeMiB: null, unusable: null };
      add(`${name}/kernel`, { ...image, pools: [], nodes: [host] });
    }
  }
  return [...found.values()];
}

export function imagesIn({ pools, observed }: ClusterView): ImageView[] {
  return imagesOf(pools.values(), observed.values());
}

/** As the scheduler will make it: its first disk is at least as large as the disk that it is copied from. */
export function withRoomForImage(spec: VmSpec, images: readonly ImageView[]): VmSpec {
  const named = images.filter(({ name, unusable }) => name === spec.image && unusable === null);
  const [first, ...others] = spec.disks;
  if (!first || named.some(({ kind }) => kind === 'kernel')) return spec;
  const sizeMiB = Math.max(first.sizeMiB, ...named.map((image) => image.sizeMiB ?? 0));
  return { ...spec, disks: [{ ...first, sizeMiB }, ...others] };
}

/** Those that a VM can be made from. */
export function namesOfImages(view: ClusterView): string[] {
  const usable = imagesIn(view).filter(({ unusable }) => unusable === null);
  return [...new Set(usable.map(({ name }) => name))];
}

export const imageList: Listing<ImageView, ImageView> = {
  key: ({ name, kind, pools }) => [name, kind, ...pools].join('/'),
  columns: {
    name: { type: 'text', of: ({ name }) => name },
    kind: { type: 'text', of: ({ kind }) => kind },
    format: { type: 'text', of: ({ format }) => format },
    sizeMiB: { type: 'number', of: ({ sizeMiB }) => sizeMiB },
    unusable: { type: 'text', of: ({ unusable }) => unusable },
  },
  view: (image) => image,
};
