import * as agent from './agent.js';
import * as canary from './canary.js';
import * as capacity from './capacity.js';
import * as cluster from './cluster.js';
import type { Broadcast, Bucket, Command, ServiceName, Stream } from './contract.js';
import * as drain from './drain.js';
import * as drill from './drill.js';
import * as host from './host.js';
import * as hostCommand from './host-command.js';
import * as incident from './incident.js';
import * as lease from './lease.js';
import * as loadSummary from './load-summary.js';
import * as network from './network.js';
import * as operation from './operation.js';
import * as placement from './placement.js';
import * as rebalance from './rebalance.js';
import * as rule from './rule.js';
import * as settings from './settings.js';
import * as sleep from './sleep.js';
import * as vm from './vm.js';
import * as volume from './volume.js';

const nouns = [
  agent, canary, capacity, cluster, drain, drill, host, hostCommand, incident, lease, loadSummary, network, operation,
  placement, rebalance, rule, settings, sleep, vm, volume,
];

function byKind<T extends { kind: string }>(kind: T['kind']): T[] {
  return nouns
    .flatMap((noun) => Object.values(noun) as unknown[])
    .filter((value): value is T => (value as T | null)?.kind === kind);
}

/** Everything that may pass over the bus. NATS permissions are generated from this. */
export const registry = {
  buckets: byKind<Bucket>('bucket'),
  commands: byKind<Command>('command'),
  broadcasts: byKind<Broadcast>('broadcast'),
  streams: byKind<Stream>('stream'),
  /** Who derives the public events about a noun. */
  events: [
    { noun: 'cluster', owner: 'failover' },
    { noun: 'host', owner: 'failover' },
    { noun: 'incident', owner: 'failover' },
    { noun: 'drill', owner: 'failover' },
    { noun: 'vm', owner: 'scheduler' },
    { noun: 'rule', owner: 'scheduler' },
    { noun: 'network', owner: 'scheduler' },
    { noun: 'drain', owner: 'scheduler' },
    { noun: 'rebalance', owner: 'scheduler' },
    { noun: 'settings', owner: 'scheduler' },
    { noun: 'operation', owner: 'scheduler' },
    { noun: 'volume', owner: 'storage' },
    { noun: 'attachment', owner: 'storage' },
  ] as const satisfies readonly { noun: string; owner: ServiceName }[],
  eventReaders: ['api'] as const satisfies readonly ServiceName[],
};
