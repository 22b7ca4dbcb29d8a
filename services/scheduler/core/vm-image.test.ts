import { vmSpecSchema, type DiskImage, type PoolRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitCreate, guestSpecOf } from './index.js';
import { clusterOf, env, observed, pool } from './testing/records.js';

const debian: DiskImage = { name: 'debian-12', format: 'qcow2', sizeMiB: 2048 };
const pools = (...images: DiskImage[]): PoolRecord[] => [
  { ...pool, pool: 'plain', node: 'san1' },
  { ...pool, pool: 'rich', node: 'san2', images },
];
const create = (
  image: string,
  given: { images?: DiskImage[]; kernels?: string[] | null; disks?: object[] } = {},
) => {
  const { images = [debian], kernels = ['tiny'], disks } = given;
  const hosts = ['h1', 'h2'].map((host) => observed(host, {}, kernels ? { images: kernels } : {}));
  const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 64, image, ...(disks ? { disks } : {}) });
  const request = { operation: 'op1', vm: 'web1', spec, start: true, host: null };
  return admitCreate(null, request, clusterOf({ observed: hosts, pools: pools(...images) }), env);
};

describe('what a new VM is made from', () => {
  test('a disk is copied where it is, to a first volume that has room for it, and the VM boots from that', () => {
    const { change } = create('debian-12', { disks: [{ sizeMiB: 64 }, { sizeMiB: 32 }] });
    expect(change?.volumes).toMatchObject([
      { pool: 'rich', node: 'san2', sizeMiB: 2048, source: { image: 'debian-12' } },
      { pool: 'rich', node: 'san2', sizeMiB: 32 },
    ]);
    expect(change?.volumes[1]).not.toHaveProperty('source');
    expect(change?.spec.disks[0]?.sizeMiB).toBe(2048);
    expect(change && guestSpecOf(change)).toMatchObject({ image: 'debian-12', bootsFromDisk: true });
    expect(create('debian-12', { disks: [{ sizeMiB: 4096 }] }).change?.volumes[0]?.sizeMiB).toBe(4096);
  });

  test('a kernel is started by its host, beside disks that are empty', () => {
    const { change } = create('tiny', { images: [{ ...debian, name: 'tiny' }] });
    expect(change?.volumes[0]).not.toHaveProperty('source');
    expect(change && guestSpecOf(change)).not.toHaveProperty('bootsFromDisk');
  });

  test('what nobody has is refused, unless a host does not say what it has', () => {
    expect(create('debian-11').reply).toMatchObject({ refusal: { code: 'not-found', field: 'image' } });
    expect(create('windows', { kernels: null }).reply.ok).toBe(true);
  });

  test('a disk that cannot be used, or that there is no place for, is refused with the reason', () => {
    const bad = { ...debian, unusable: 'image debian-12: it is encrypted' };
    expect(create('debian-12', { images: [bad] }).reply).toMatchObject({
      refusal: { field: 'image', message: 'image debian-12: it is encrypted' },
    });
    expect(create('debian-12', { disks: [] }).reply).toMatchObject({ refusal: { field: 'disks' } });
  });
});
