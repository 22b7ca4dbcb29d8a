import type { Cluster } from '../cluster.js';
import { isWantedEmpty } from '../holding.js';
import { hostFactsOf, vmFactsOf } from './facts.js';
import { Snapshot } from './snapshot.js';

/** Where a snapshot reads: `host` knows exactly those that `hosts` has. */
export type SnapshotFacts = Pick<Cluster, 'host' | 'observed' | 'drain' | 'vm' | 'rules' | 'settings'>;

/**
 * Keeps a snapshot in step with the watched facts. Told by name what may have changed, it reads just that again, once,
 * when somebody looks next.
 */
export class SnapshotFeed {
  private readonly snapshot = new Snapshot();
  private readonly hosts = new Set<string>();
  private readonly vms = new Set<string>();

  constructor(private readonly facts: SnapshotFacts) {}

  readonly hostChanged = (host: string): void => {
    this.hosts.add(host);
  };

  readonly vmChanged = (vm: string): void => {
    this.vms.add(vm);
  };

  current(): Snapshot {
    const { facts, snapshot } = this;
    const settings = facts.settings();
    if (snapshot.settings !== settings) {
      snapshot.settings = settings;
      for (const name of snapshot.hosts.names) this.hosts.add(name);
    }
    for (const name of this.hosts) {
      const host = facts.host(name);
      const read = host && hostFactsOf(host, facts.observed(name), isWantedEmpty(facts, name), settings);
      snapshot.setHost(name, read);
    }
    this.hosts.clear();
    for (const name of this.vms) {
      const vm = facts.vm(name);
      snapshot.setVm(name, vm && vmFactsOf(vm));
    }
    this.vms.clear();
    snapshot.setRules(facts.rules());
    return snapshot;
  }
}

/** Of a cluster that keeps none itself: all records are read. */
export function snapshotOf(cluster: Cluster): Snapshot {
  const kept = cluster.snapshot?.();
  if (kept) {
    kept.setRules(cluster.rules());
    return kept;
  }
  const snapshot = new Snapshot();
  const settings = cluster.settings();
  snapshot.settings = settings;
  for (const host of cluster.hosts()) {
    const { host: name } = host;
    snapshot.setHost(name, hostFactsOf(host, cluster.observed(name), isWantedEmpty(cluster, name), settings));
  }
  for (const vm of cluster.vms()) snapshot.setVm(vm.name, vmFactsOf(vm));
  snapshot.setRules(cluster.rules());
  return snapshot;
}
