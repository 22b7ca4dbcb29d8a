import { isIPv4 } from 'node:net';
import type { CopyStorageLoss, Observed, PoolRecord } from '@holdfast/contracts';
import type { Clock, RunnerLog } from '@holdfast/runtime';
import {
  asksEveryLooks,
  isInTrouble,
  looked,
  lookEveryMs,
  lossOf,
  lostPoolsOf,
  nothingLooked,
  type CopyLook,
  type DiskLook,
} from './core/index.js';
import {
  HypervisorError,
  type CopyStorage,
  type DiskTarget,
  type Domain,
  type DomainIdentity,
  type Portal,
} from './ports.js';

export interface StorageWatchDeps {
  clock: Clock;
  log: RunnerLog;
  storage: CopyStorage;
  pools(): PoolRecord[];
  /** Lets a copy go on that was paused for a disk error, if it is not stale. */
  resume(identity: DomainIdentity): Promise<void>;
  /** What is said of storage has changed. */
  changed(): void;
}

const keyOf = (portal: Portal): string => `${portal.address}:${portal.port}`;

/** Looks once a second whether storage answers this host, and lets copies go on once it does again. */
export class StorageWatch {
  private memory = nothingLooked;
  private domains: Domain[] = [];
  /** By VM and generation: a copy's targets do not change. */
  private targets = new Map<string, DiskTarget[]>();
  private looks = 0;
  private cancel: () => void = () => {};
  private isStopped = false;

  constructor(private readonly deps: StorageWatchDeps) {}

  start(): void {
    this.cancel = this.deps.clock.after(lookEveryMs, () => {
      void this.look().finally(() => {
        if (!this.isStopped) this.start();
      });
    });
  }

  stop(): void {
    this.isStopped = true;
    this.cancel();
  }

  /** What runs here, as the hypervisor told last. */
  saw(domains: Domain[]): void {
    const isLive = ({ state, incoming }: Domain): boolean => incoming === null && /^(running|paused)$/.test(state);
    this.domains = domains.filter(isLive);
  }

  lossOf(vm: string, generation: number): CopyStorageLoss | null {
    return lossOf(this.memory, vm, generation);
  }

  lostPools(): Observed['lostPools'] {
    return lostPoolsOf(this.memory) ?? undefined;
  }

  private async look(): Promise<void> {
    const { deps, domains } = this;
    this.looks += 1;
    const answers = await this.answers();
    const asked = await Promise.all(domains.map((domain, index) => this.lookAt(domain, index, answers)));
    const copies = Object.fromEntries(domains.map(({ identity }, index) => [identity.vm, asked[index] as CopyLook]));
    const pools = Object.fromEntries(
      deps.pools().map(({ pool, portal }) => [pool, answers.get(keyOf(portal)) ?? true]),
    );
    const { memory, resume } = looked(this.memory, { pools, copies }, deps.clock.nowMs());
    const before = this.told();
    this.memory = memory;
    const after = this.told();
    if (after !== before) {
      deps.log.warn({ lost: after }, 'what does not answer has changed');
      deps.changed();
    }
    for (const { identity } of domains.filter(({ identity: { vm } }) => resume.includes(vm))) {
      deps.log.info({ vm: identity.vm, generation: identity.generation }, 'its disks let it log in; it goes on');
      await deps.resume(identity);
    }
  }

  private async answers(): Promise<Map<string, boolean>> {
    const portals = new Map(this.deps.pools().map(({ portal }) => [keyOf(portal), portal]));
    const asked = [...portals].map(async ([key, portal]) => [key, await this.deps.storage.answers(portal)] as const);
    return new Map(await Promise.all(asked));
  }

  /** Asks in turn, so that a host with many VMs asks for a few with every look. */
  private async lookAt(domain: Domain, index: number, answers: Map<string, boolean>): Promise<CopyLook> {
    const { vm, generation } = domain.identity;
    const isHalted = domain.haltedByDisk === true;
    const targets = await this.targetsOf(domain.identity);
    const silent = targets?.some(({ portal }) => answers.get(keyOf(portal)) === false) ?? false;
    const isInTurn = (this.looks + index) % asksEveryLooks === 0;
    const isDue = silent || isHalted || isInTurn || isInTrouble(this.memory, vm, generation);
    if (targets === null || !isDue) return { generation, isHalted, disks: null };
    const connections = (await this.deps.storage.connections(domain.identity))?.map(keyOf);
    const looks = targets.map(async (target): Promise<[string, DiskLook]> => {
      const { volume, portal } = target;
      if (answers.get(keyOf(portal)) === false) return [volume, 'path'];
      if (!(await this.deps.storage.isOpen(target))) return [volume, 'target'];
      return [volume, isAdrift(portal, targets, connections) ? 'adrift' : 'open'];
    });
    return { generation, isHalted, disks: Object.fromEntries(await Promise.all(looks)) };
  }

  /** Null when the hypervisor cannot say. */
  private async targetsOf(identity: DomainIdentity): Promise<DiskTarget[] | null> {
    const key = `${identity.uid}/g${identity.generation}`;
    const known = this.targets.get(key);
    if (known) return known;
    try {
      const targets = await this.deps.storage.targets(identity);
      const live = new Set(this.domains.map((each) => `${each.identity.uid}/g${each.identity.generation}`));
      this.targets = new Map([...this.targets].filter(([each]) => live.has(each)));
      this.targets.set(key, targets);
      return targets;
    } catch (error) {
      if (!(error instanceof HypervisorError)) throw error;
      return null;
    }
  }

  private told(): string {
    const copies = this.domains.flatMap(({ identity: { vm, generation } }) => {
      const loss = this.lossOf(vm, generation);
      return loss ? [`${vm} g${generation}: ${loss.reason} (${loss.volumes.join(', ')})`] : [];
    });
    return [...copies, ...Object.keys(this.lostPools() ?? {}).map((pool) => `pool ${pool}`)].join('; ');
  }
}

/**
 * Which of several disks behind one portal has no connection, nobody can tell from outside. Connections are told by
 * their IPv4 address: a portal that is written otherwise would never be found among them.
 */
function isAdrift(portal: Portal, targets: readonly DiskTarget[], connections: readonly string[] | undefined): boolean {
  if (connections === undefined || !isIPv4(portal.address)) return false;
  const key = keyOf(portal);
  const disks = targets.filter((each) => keyOf(each.portal) === key).length;
  return connections.filter((each) => each === key).length < disks;
}
