/** What a VM may begin with: a disk that a storage node has a file of, or a kernel that its hosts have. */
import { z } from 'zod';
import { idSchema, nameSchema } from './names.js';

/** One file in a storage node's directory of images. */
export const diskImageSchema = z.object({
  name: nameSchema,
  format: z.enum(['raw', 'qcow2']),
  /** As its guest sees it: a disk made from it is at least as large. */
  sizeMiB: z.number().int().nonnegative(),
  /** Why no disk is made from it; left out: it is fine. */
  unusable: z.string().max(300).optional(),
});
export type DiskImage = z.infer<typeof diskImageSchema>;

export const maxDiskImages = 200;

/** What a new volume is filled from, an image or a volume of the same node; without one it is all zeros. */
export const volumeSourceSchema = z.union([
  z.strictObject({ image: nameSchema }),
  z.strictObject({ volume: idSchema }),
]);
export type VolumeSource = z.infer<typeof volumeSourceSchema>;

/** The volume that another is a copy of; null for one that is none. */
export function copiedFrom({ source }: { source?: VolumeSource | undefined }): string | null {
  return source && 'volume' in source ? source.volume : null;
}

export const imageViewSchema = z.object({
  name: nameSchema,
  kind: z
    .enum(['disk', 'kernel'])
    .describe(
      'A disk is copied to a new VM, which boots from it; a kernel is started by the host, beside an empty disk.',
    ),
  format: diskImageSchema.shape.format.nullable(),
  sizeMiB: diskImageSchema.shape.sizeMiB.nullable().describe('Of a disk: a VM made from it has at least that much.'),
  pools: z.array(nameSchema).describe('The pools that have a disk to copy.'),
  nodes: z.array(nameSchema).describe('The storage nodes of these pools, or the hosts that have a kernel.'),
  unusable: z.string().nullable().describe('Why no VM is made from it; null when it is fine.'),
});
export type ImageView = z.infer<typeof imageViewSchema>;
