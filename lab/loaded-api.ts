/** The API alone on a bus in memory, with many VMs in its view and a scheduler that accepts whatever it is asked. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiConfigSchema, startApi } from '@holdfast/api';
import { MemoryBroker } from '@holdfast/bus';
import {
  accepted, eventOf, eventSubject, noTransitions, operations, operationSchema, vmCreate, vms, vmSpecSchema,
  withTransition, type VmRecord,
} from '@holdfast/contracts';
import { createLog } from '@holdfast/runtime';

const incarnation = 'loaded';

function running(name: string, spec: VmRecord['spec'], host: string): VmRecord {
  return {
    name, uid: `uid-${name}`, spec, volumes: [], desired: 'running', generation: 1, phase: 'running', reason: '',
    assignment: { host, hostEpoch: 1, generation: 1 }, migration: null, leftovers: [], force: false, reboot: null,
    operation: null, incident: null, wish: null, chosen: null, home: null, failures: { starts: 0, hosts: [] },
    phaseSinceMs: 0, ...noTransitions(incarnation, 0),
  };
}

export interface LoadedApi {
  url: string;
  token: string;
  /** Publishes one event and returns its id. */
  publish(): Promise<string>;
  close(): Promise<void>;
}

export async function startLoadedApi(vmCount: number): Promise<LoadedApi> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-loaded-'));
  const token = randomUUID() + randomUUID();
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, token, { mode: 0o600 });
  const broker = new MemoryBroker();
  const scheduler = broker.connect({ service: 'scheduler', node: 'c1' });
  const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 512, disks: [], image: 'tiny' });
  const bucket = scheduler.bucket(vms);
  for (let each = 0; each < vmCount; each += 1) {
    const name = `vm${each}`;
    await bucket.create(name, running(name, spec, `h${each % 100}`));
  }
  await scheduler.serve(vmCreate, async ({ operation, vm, spec: wanted }) => {
    await bucket.create(vm, running(vm, wanted, 'h1'));
    await scheduler.bucket(operations).create(operation, operationSchema.parse({
      id: operation, incarnation, kind: 'create', vm, state: 'running', reason: '', startedAtMs: 0, endedAtMs: null,
    }));
    return accepted({ operation, vm });
  });
  const config = apiConfigSchema.parse({
    service: 'api', node: 'c1', incarnation, nats: { servers: ['memory'], seedFile: '/dev/null' },
    http: { address: '127.0.0.1', port: 0 }, stateDirectory: directory, logLevel: 'silent', tokenFile,
  });
  const api = await startApi(config, broker.connect({ service: 'api', node: 'c1' }), { log: createLog(config) });
  let published = 0;
  return {
    url: api.url,
    token,
    publish: async () => {
      published += 1;
      const record = withTransition(noTransitions(incarnation, 0), Date.now(), {
        event: 'vm.started', text: 'runs', data: { host: 'h1', generation: published },
      });
      const [transition] = record.transitions;
      if (!transition) throw new Error('there is no transition');
      const about = { service: 'scheduler', noun: 'vm', key: 'vm1', identity: `uid-${published}` };
      const event = eventOf(record, transition, about);
      await scheduler.publishEvent(eventSubject('vm.started', 'vm1'), event);
      return event.id;
    },
    close: async () => {
      await api.close();
      await scheduler.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
