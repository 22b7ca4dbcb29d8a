import { diskImageSchema, vmSpecSchema, type DiskImage } from '@holdfast/contracts';
import { expect, test } from 'vitest';
import { imagesOf, withRoomForImage } from './images.js';

const disk = (name: string, patch: Partial<DiskImage> = {}): DiskImage =>
  diskImageSchema.parse({ name, format: 'qcow2', sizeMiB: 2048, ...patch });

test('images are told once, with all pools and hosts that have them, and what is wrong with one', () => {
  const images = imagesOf(
    [
      { pool: 'fast', node: 'san1', images: [disk('debian-12'), disk('odd', { unusable: 'it is encrypted' })] },
      { pool: 'slow', node: 'san2', images: [disk('debian-12'), disk('odd')] },
      { pool: 'old', node: 'san3' },
    ],
    [{ host: 'h1', images: ['tiny'] }, { host: 'h2', images: ['tiny'] }, { host: 'h3' }],
  );
  const told = images.map(({ name, kind, pools, nodes, unusable }) => [name, kind, pools, nodes, unusable]);
  expect(told).toEqual([
    ['debian-12', 'disk', ['fast', 'slow'], ['san1', 'san2'], null],
    ['odd', 'disk', ['fast'], ['san1'], 'it is encrypted'],
    ['odd', 'disk', ['slow'], ['san2'], null],
    ['tiny', 'kernel', [], ['h1', 'h2'], null],
  ]);
});

test('a quota counts a disk as large as the image that it is copied from, and one beside a kernel as it is', () => {
  const pools = [{ pool: 'fast', node: 'san1', images: [disk('debian-12'), disk('odd', { unusable: 'encrypted' })] }];
  const sizeOf = (image: string, sizeMiB: number, kernels: string[] = ['tiny']): number | undefined => {
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 64, image, disks: [{ sizeMiB }] });
    return withRoomForImage(spec, imagesOf(pools, [{ host: 'h1', images: kernels }])).disks[0]?.sizeMiB;
  };
  expect(sizeOf('debian-12', 64)).toBe(2048);
  expect(sizeOf('debian-12', 4096)).toBe(4096);
  expect(sizeOf('tiny', 64)).toBe(64);
  expect(sizeOf('debian-12', 64, ['debian-12'])).toBe(64);
  expect(sizeOf('odd', 64)).toBe(64);
});
