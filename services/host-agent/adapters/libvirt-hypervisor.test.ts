import { afterEach, expect, test, vi } from 'vitest';
import { defaultLibvirtOptions, LibvirtHypervisor } from './libvirt-hypervisor.js';
import { LibvirtConnection } from './libvirt-rpc/connection.js';
import { errorCode, pausedReason, procedures, type Procedure } from './libvirt-rpc/procedures.js';
import { LibvirtError } from './libvirt-rpc/rpc.js';

afterEach(() => vi.restoreAllMocks());

test('a half of a moving copy that ends while it is being looked at is not in the list', async () => {
  const identity = '<vm name="web1" uid="uid1" generation="2" host-epoch="1" incarnation="inc1"/>';
  const gone = 'Requested operation is not valid: domain is not running';
  const over = new LibvirtError('domain job stats', errorCode.operationInvalid, 20, gone);
  const answers = new Map<unknown, Promise<unknown>>([
    [procedures.listDomains, Promise.resolve([{ name: 'web1', uuid: '1ea3b850-98bd-85d1-b24d-fd28f879d3e1', id: 3 }])],
    [procedures.domainMetadata, Promise.resolve(identity)],
    [procedures.domainState, Promise.resolve({ state: 3, reason: pausedReason.migration })],
  ]);
  const asked: unknown[] = [];
  vi.spyOn(LibvirtConnection.prototype, 'call').mockImplementation(<A, R>(procedure: Procedure<A, R>): Promise<R> => {
    asked.push(procedure);
    return (answers.get(procedure) ?? Promise.reject(over)) as Promise<R>;
  });
  const hypervisor = new LibvirtHypervisor({ ...defaultLibvirtOptions, host: 'h1', accelerator: 'qemu' });
  expect(await hypervisor.list()).toEqual([]);
  expect(asked).toContain(procedures.domainJobStats);
});
