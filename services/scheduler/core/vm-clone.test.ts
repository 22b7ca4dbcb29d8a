import { vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitCreate, admitStart } from './index.js';
import { clusterOf, env, observed, vmRecord } from './testing/records.js';

const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, image: 'gone-since', disks: [{ sizeMiB: 64 }] });
const atRest: Partial<VmRecord> = { phase: 'stopped', desired: 'stopped', assignment: null, spec };
const onSan2 = [{ volume: 'web1-disk0-uid1', pool: 'other', node: 'san2', sizeMiB: 64 }];
const cloned = (patch: Partial<VmRecord> = {}, asked: { uid?: string; sizeMiB?: number } = {}) => {
  const source = vmRecord({ ...atRest, volumes: onSan2, ...patch });
  const hosts = [observed('h1', {}, { images: [] })];
  const cloneOf = { vm: 'web1', uid: asked.uid ?? 'uid1' };
  const wanted = { ...spec, disks: [{ sizeMiB: asked.sizeMiB ?? 64 }] };
  const request = { operation: 'op1', vm: 'web2', spec: wanted, cloneOf, start: false, host: null };
  return admitCreate(null, request, clusterOf({ observed: hosts, vms: [source] }), env);
};
const refusal = ({ reply }: ReturnType<typeof cloned>): string => (reply.ok ? 'accepted' : reply.refusal.message);

describe('a clone', () => {
  test('has copies of the disks where they are, whatever became of the image, and a uid of its own', () => {
    const { change } = cloned({ bootsFromDisk: true });
    expect(change).toMatchObject({
      name: 'web2',
      phase: 'provisioning',
      desired: 'stopped',
      bootsFromDisk: true,
      volumes: [{ pool: 'other', node: 'san2', sizeMiB: 64, source: { volume: 'web1-disk0-uid1' } }],
    });
    expect(change?.volumes[0]?.volume).toBe(`web2-disk0-${change?.uid}`);
    expect(change?.transitions.at(-1)?.text).toContain('copied from web1');
  });

  test('is made only of one that is stopped, at rest, and still has the disks that were seen', () => {
    expect(refusal(cloned({ phase: 'failed' }))).toBe('accepted');
    expect(refusal(cloned({ phase: 'running', desired: 'running' }))).toContain('web1 is running');
    expect(refusal(cloned({ phase: 'detaching' }))).toContain('web1 is detaching');
    expect(refusal(cloned({ desired: 'running' }))).toContain('while it is stopped');
    expect(refusal(cloned({ desired: 'deleted' }))).toContain('not there any more');
    expect(refusal(cloned({ operation: { id: 'op0', kind: 'disk-add' } }))).toContain('busy');
    expect(refusal(cloned({}, { uid: 'uid0' }))).toContain('not there any more');
    expect(refusal(cloned({}, { sizeMiB: 32 }))).toContain('have changed');
  });

  test('keeps its source from being started until its disks are there', () => {
    const source = vmRecord({ ...atRest, volumes: onSan2 });
    const clone = cloned().change as VmRecord;
    const start = (phase: VmRecord['phase']) => {
      const cluster = clusterOf({ vms: [source, { ...clone, phase }] });
      return admitStart(source, { operation: 'op2', vm: 'web1', host: null }, cluster, env);
    };
    expect(start('provisioning').reply).toMatchObject({ refusal: { code: 'conflict' } });
    expect(start('stopped').reply.ok).toBe(true);
  });
});
