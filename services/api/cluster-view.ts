import type { Bus, ServerOfBus, Subscription } from '@holdfast/bus';
import {
  clusterKey,
  clusters,
  attachments,
  drains,
  drills,
  hosts,
  incidents,
  observed,
  networks,
  operations,
  pools,
  replica,
  rules,
  settingsBucket,
  vms,
  volumes,
  type AttachmentRecord,
  type DrainRecord,
  type DrillRecord,
  type HostRecord,
  type IncidentLedger,
  type NetworkRecord,
  type Observed,
  type OperationRecord,
  type PoolRecord,
  type RuleRecord,
  type SettingsRecord,
  type VmRecord,
  type VolumeRecord,
  type ClusterRecord,
} from '@holdfast/contracts';
import type { ServiceView } from '@holdfast/client';
import { Projection } from '@holdfast/runtime';
import { EventHistory } from './event-history.js';
import { replicaViews, type HeardReplica } from './redundancy.js';
import { VmsByUid } from './vms-by-uid.js';

/** A replica that was not heard for this long is forgotten. */
const replicaForgottenMs = 3_600_000;
const maxReplicas = 256;
const serversTimeoutMs = 1000;
const lookAtBusMs = 1000;
/** An election of a bucket's leader may take longer: then what is known may well be old. */
const staleAfterMs = 4000;
/**
 * How long a change waits for its operation to be seen, so that whoever asks for it next finds it.
 */
const seenTimeoutMs = 1000;

/** All that the API answers from: watched copies of the cluster's records. */
export class ClusterView {
  readonly clusters: Projection<ClusterRecord>;
  readonly hosts: Projection<HostRecord>;
  readonly observed: Projection<Observed>;
  readonly incidents: Projection<IncidentLedger>;
  readonly vms: Projection<VmRecord>;
  readonly operations: Projection<OperationRecord>;
  readonly volumes: Projection<VolumeRecord>;
  readonly attachments: Projection<AttachmentRecord>;
  readonly pools: Projection<PoolRecord>;
  readonly networks: Projection<NetworkRecord>;
  readonly rules: Projection<RuleRecord>;
  readonly settings: Projection<SettingsRecord>;
  readonly drains: Projection<DrainRecord>;
  readonly drills: Projection<DrillRecord>;
  readonly history: EventHistory;
  private readonly replicas = new Map<string, HeardReplica>();
  private replicaSubscription: Subscription | null = null;
  /** Hosts by the names of the VMs that their agents see. */
  private readonly seenOn = new Map<string, Set<string>>();
  private readonly byUid = new VmsByUid();
  private owners: { of: VmRecord[]; byVolume: Map<string, VmRecord> } = { of: [], byVolume: new Map() };
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly closing = new AbortController();
  private answeredAtMs = 0;
  private looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.clusters = new Projection(bus, clusters);
    this.hosts = new Projection(bus, hosts);
    this.observed = new Projection(bus, observed);
    this.incidents = new Projection(bus, incidents);
    this.vms = new Projection(bus, vms);
    this.operations = new Projection(bus, operations);
    this.volumes = new Projection(bus, volumes);
    this.attachments = new Projection(bus, attachments);
    this.pools = new Projection(bus, pools);
    this.networks = new Projection(bus, networks);
    this.rules = new Projection(bus, rules);
    this.settings = new Projection(bus, settingsBucket);
    this.drains = new Projection(bus, drains);
    this.drills = new Projection(bus, drills);
    this.history = new EventHistory(bus);
    // Before anybody else listens, so that whoever is told of a change finds it here.
    this.vms.onChange((name, entry, before) => this.byUid.note(name, entry?.value ?? null, before));
  }

  /** Resolves when everything present has arrived. */
  async start(): Promise<void> {
    this.operations.onChange((id) => this.wake(id));
    this.observed.onChange((host, entry, before) => this.noteCopies(host, before?.vms ?? {}, entry?.value.vms ?? {}));
    this.vms.onChange((_name, entry) => this.wake(entry?.value.operation?.id));
    this.replicaSubscription = await this.bus.listen(replica, (message) => {
      const key = `${message.service}/${message.replica}`;
      if (this.replicas.size >= maxReplicas && !this.replicas.has(key)) return;
      const { service, startedAtMs } = message;
      const heardAtMs = this.nowMs();
      this.replicas.set(key, { service, replica: message.replica, startedAtMs, heardAtMs });
    });
    this.answeredAtMs = this.nowMs();
    this.lookAtBus();
    await this.history.start();
    await Promise.all(this.projections().map((projection) => projection.start()));
  }

  async close(): Promise<void> {
    this.closing.abort();
    clearTimeout(this.looking);
    await this.replicaSubscription?.close();
    await this.history.close();
    await Promise.all(this.projections().map((projection) => projection.close()));
  }

  get ready(): boolean {
    return this.projections().every((projection) => projection.ready);
  }

  /** Cut off from who leads the records: what is known here may be old. */
  get stale(): boolean {
    return this.nowMs() - this.answeredAtMs > staleAfterMs;
  }

  private lookAtBus(): void {
    const again = (): void => {
      if (this.closing.signal.aborted) return;
      this.looking = setTimeout(() => this.lookAtBus(), lookAtBusMs);
    };
    this.bus.servers([clusters], serversTimeoutMs).then((servers) => {
      if (servers.length > 0) this.answeredAtMs = this.nowMs();
      again();
    }, again);
  }

  /** A deleted VM's record stays a moment, until its events are out; nobody needs to see it. */
  vm(name: string): VmRecord | null {
    const vm = this.vms.value(name);
    return vm?.phase === 'deleted' ? null : vm;
  }

  /** Whatever its name is now. */
  vmOfUid(uid: string): VmRecord | null {
    const name = this.byUid.nameOf(uid);
    return name === null ? null : this.vm(name);
  }

  /** It is being renamed: it has both names for a moment. */
  hasTwoNames(uid: string): boolean {
    return this.byUid.hasTwo(uid);
  }

  /** Each once, also while it is being renamed. */
  presentVms(): VmRecord[] {
    return this.vms.values().filter((vm) => this.isPresent(vm));
  }

  /** In the order of their names. */
  * presentVmsAfter(name: string | null): Iterable<VmRecord> {
    for (const vm of this.vms.valuesAfter(name)) if (this.isPresent(vm)) yield vm;
  }

  private isPresent({ name, uid, phase }: VmRecord): boolean {
    return phase !== 'deleted' && this.byUid.nameOf(uid) === name;
  }

  /** The VM that has this volume, if only under a name that its storage has not been told yet. */
  ownerOf({ vm, volume }: VolumeRecord): VmRecord | null {
    const named = this.vm(vm);
    if (named?.volumes.some((each) => each.volume === volume)) return named;
    const of = this.vms.values();
    if (this.owners.of !== of) {
      const pairs = this.presentVms().flatMap((owner) => owner.volumes.map((each) => [each.volume, owner] as const));
      this.owners = { of, byVolume: new Map(pairs) };
    }
    return this.owners.byVolume.get(volume) ?? null;
  }

  /** Those whose agents see a VM of this name. */
  hostsSeeing(vm: string): readonly string[] {
    return [...(this.seenOn.get(vm) ?? [])].sort();
  }

  private noteCopies(host: string, before: object, after: object): void {
    for (const vm of Object.keys(before)) {
      if (Object.hasOwn(after, vm)) continue;
      const hosts = this.seenOn.get(vm);
      hosts?.delete(host);
      if (hosts?.size === 0) this.seenOn.delete(vm);
    }
    for (const vm of Object.keys(after)) {
      const hosts = this.seenOn.get(vm) ?? new Set();
      this.seenOn.set(vm, hosts.add(host));
    }
  }

  presentNetworks(): NetworkRecord[] {
    return this.networks.values().filter(({ state }) => state !== 'deleted');
  }

  network(name: string): NetworkRecord | null {
    const network = this.networks.value(name);
    return network?.state === 'deleted' ? null : network;
  }

  presentRules(): RuleRecord[] {
    return this.rules.values().filter(({ state }) => state === 'active');
  }

  /** The host's drain, until the host works again. */
  drain(host: string): DrainRecord | null {
    const drain = this.drains.value(host);
    return drain?.state === 'ended' ? null : drain;
  }

  presentVolumes(): VolumeRecord[] {
    return this.volumes.values().filter(({ state }) => state !== 'deleted');
  }

  /** Reads must show what a change just answered: whether the cluster is armed. */
  async seenArmed(armed: boolean, shadow: boolean): Promise<void> {
    const isSeen = (): boolean => {
      const record = this.clusters.value(clusterKey);
      return (record?.armed ?? true) === armed && (record?.shadow ?? false) === shadow;
    };
    if (isSeen()) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        stopLooking();
        resolve();
      };
      const timer = setTimeout(end, seenTimeoutMs);
      const stopLooking = this.clusters.onChange(() => isSeen() && end());
    });
  }

  /** The replicas heard, and those that are to run on these nodes, by service and name. */
  services(controlNodes: readonly string[]): ServiceView[] {
    const nowMs = this.nowMs();
    for (const [key, { heardAtMs }] of this.replicas) {
      if (nowMs - heardAtMs > replicaForgottenMs) this.replicas.delete(key);
    }
    return replicaViews([...this.replicas.values()], controlNodes, nowMs);
  }

  /** Where the records are kept (empty when no server says), and which have no leader for now. */
  async servers(): Promise<{ servers: ServerOfBus[]; leaderless: string[] }> {
    const buckets = this.projections().map(({ contract }) => contract);
    const servers = await this.bus.servers(buckets, serversTimeoutMs).catch(() => []);
    const led = new Set(servers.flatMap(({ leads }) => leads));
    return { servers, leaderless: buckets.map(({ name }) => name).filter((name) => !led.has(name)) };
  }

  /**
   * The operation once `isEnough`, or as it is when the time is over; null when it was never seen.
   * `cancelled` ends the wait early.
   */
  async waitForOperation(
    id: string,
    isEnough: (operation: OperationRecord) => boolean,
    timeoutMs: number,
    cancelled?: AbortSignal,
  ): Promise<OperationRecord | null> {
    const { signal } = this.closing;
    const abandoned = cancelled ? AbortSignal.any([signal, cancelled]) : signal;
    const now = this.operations.value(id);
    if (timeoutMs <= 0 || abandoned.aborted || (now && isEnough(now))) return now;
    await new Promise<void>((resolve) => {
      const wakes = this.waiting.get(id) ?? new Set();
      this.waiting.set(id, wakes);
      const end = (): void => {
        clearTimeout(timer);
        abandoned.removeEventListener('abort', end);
        wakes.delete(wake);
        if (wakes.size === 0) this.waiting.delete(id);
        resolve();
      };
      const wake = (): void => {
        const operation = this.operations.value(id);
        if (operation && isEnough(operation)) end();
      };
      const timer = setTimeout(end, timeoutMs);
      abandoned.addEventListener('abort', end, { once: true });
      wakes.add(wake);
    });
    return this.operations.value(id);
  }

  /**
   * Reads must show what a change just answered, and the watch is a moment behind.
   * `created` is the VM that the operation makes.
   */
  async seen(operation: string, created: string | null): Promise<void> {
    const isThere = (): boolean => created === null || this.vm(created) !== null;
    await this.waitForOperation(operation, isThere, seenTimeoutMs);
  }

  /** The same, for a change of one record. */
  async seenIn<T>(
    projection: Projection<T>,
    key: string,
    holds: (value: T | null) => boolean,
    timeoutMs = seenTimeoutMs,
  ): Promise<void> {
    const { signal } = this.closing;
    if (holds(projection.value(key)) || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        forget();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const forget = projection.onChange((changed) => {
        if (changed === key && holds(projection.value(key))) end();
      });
      const timer = setTimeout(end, timeoutMs);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  private wake(operation: string | undefined): void {
    for (const wake of this.waiting.get(operation ?? '') ?? []) wake();
  }

  private projections(): Projection<unknown>[] {
    const { hosts, observed, incidents, vms, operations, volumes, attachments, pools } = this;
    const { networks, rules, drains } = this;
    return [
      this.clusters,
      hosts,
      observed,
      incidents,
      vms,
      operations,
      volumes,
      attachments,
      pools,
      networks,
      rules,
      this.settings,
      drains,
      this.drills,
    ] as Projection<unknown>[];
  }
}
