import { randomUUID } from 'node:crypto';
import type { CapacityReport, CloudEvent, Explanation, RuleSpec, VmPolicyChange } from '@holdfast/contracts';
import type { DrainPlan, RebalancePlan, Settings, SettingsChange, StuckChoice, VmNeeds } from '@holdfast/contracts';
import { followEvents, type FollowOptions } from './events.js';
import { isAway, lookUntil, type LookOptions } from './look.js';
import { ApiProblem, OperationTimeout } from './problem.js';
import type {
  Accepted,
  BegunDrill,
  DrillView,
  ChangedHost,
  ChangedRule,
  ConfirmedDead,
  ConsoleView,
  FencedHost,
  HostView,
  IncidentView,
  LabelledHost,
  NewVm,
  OperationView,
  Page,
  RebalanceView,
  ResumedIncident,
  RuleView,
  StatusView,
  VmView,
  VolumeView,
  ArmingView,
} from './resources.js';
import { Transport, pause, type Connection } from './transport.js';

export interface PageOptions {
  limit?: number | undefined;
  after?: string | undefined;
}

/** Which items of a list, and in which order. */
export interface ListOptions extends PageOptions {
  /** Conditions that all hold: `phase=running|starting,memoryMiB>=2048,name~web`. */
  filter?: string | undefined;
  /** A column, with `-` before it for the largest first. */
  sort?: string | undefined;
}

/** Of a VM that exists, of a size, or of both: that VM as if it had this size. */
export interface ExplainPlacement extends PageOptions, Omit<VmNeeds, 'network'> {
  network?: string;
  vm?: string;
  cpus?: number;
  memoryMiB?: number;
}

export interface ChangeOptions {
  /** The same key and the same request are the same operation. Left out, a new one is made. */
  idempotencyKey?: string;
}

export interface WaitOptions {
  timeoutMs: number;
  /** Called with every new state or reason that was seen. */
  onProgress?(operation: OperationView): void;
  signal?: AbortSignal;
}

/** One long poll: short enough that the reason on the way is seen to change. */
const pollMs = 1000;
const unreachablePauseMs = 500;
/**
 * An accepted operation is written a moment after the answer; a slow one is not unknown at once.
 */
const appearanceMs = 10_000;

const segment = encodeURIComponent;

/**
 * The API, typed. Every method throws `ApiProblem` for a refusal and `ApiUnreachable` when there
 * is no answer.
 */
export class HoldfastClient {
  private readonly transport: Transport;

  constructor(connection: Connection) {
    this.transport = new Transport(connection);
  }

  get baseUrl(): string {
    return this.transport.baseUrl;
  }

  status(): Promise<StatusView> {
    return this.get('/status');
  }

  /** Disarmed nothing is fenced, and nothing is started that nobody asked for. A reason is needed to disarm. */
  setArmed(body: { armed: boolean; shadow?: boolean; reason?: string }): Promise<ArmingView> {
    return this.change('PUT', '/cluster/armed', body);
  }

  hosts(page: ListOptions = {}): Promise<Page<HostView>> {
    return this.get('/hosts', { ...page });
  }

  host(name: string): Promise<HostView> {
    return this.get(`/hosts/${segment(name)}`);
  }

  /** A person's word that the host is dead; `confirm` is its name, typed once more. */
  confirmDead(name: string, body: { confirm: string; reason: string }): Promise<ConfirmedDead> {
    return this.change('POST', `/hosts/${segment(name)}/confirm-dead`, body);
  }

  /** Ends a host's hold-off: what it did before no longer counts. */
  clearHost(name: string): Promise<ChangedHost> {
    return this.change('POST', `/hosts/${segment(name)}/clear`, {});
  }

  /** Has a host switched on that sleeps to save power. */
  wakeHost(name: string): Promise<ChangedHost> {
    return this.change('POST', `/hosts/${segment(name)}/wake`, {});
  }

  /** Has a host fenced that is not silent; `confirm` is its name, typed once more. */
  fenceHost(name: string, body: { confirm: string; reason: string }): Promise<FencedHost> {
    return this.change('POST', `/hosts/${segment(name)}/fence`, body);
  }

  /** What it shares with others; what is not named stays as it is. */
  labelHost(name: string, body: { set?: Record<string, string>; remove?: string[] }): Promise<LabelledHost> {
    return this.change('POST', `/hosts/${segment(name)}/labels`, body);
  }

  /** How a host would be emptied: in which order, to where, and who cannot move. Only asks. */
  drainPlan(name: string): Promise<DrainPlan> {
    return this.get(`/hosts/${segment(name)}/drain-plan`, {});
  }

  /** On: empties the host and keeps it empty. Off: lets it take VMs again. */
  maintenance(
    name: string,
    body: { on: boolean; reason?: string; stuck?: StuckChoice },
    options: ChangeOptions = {},
  ): Promise<ChangedHost> {
    return this.change('POST', `/hosts/${segment(name)}/maintenance`, body, options);
  }

  /**
   * The host once `isEnough`, or as it is when the time is over. An API that is away for a while is waited for.
   */
  async waitForHost(
    name: string,
    isEnough: (host: HostView) => boolean,
    options: LookOptions<HostView>,
  ): Promise<HostView> {
    return await lookUntil(() => this.host(name), isEnough, options);
  }

  /** The same, of the host's newest drill. */
  async waitForDrill(
    host: string,
    isEnough: (drill: DrillView) => boolean,
    options: LookOptions<DrillView>,
  ): Promise<DrillView> {
    return await lookUntil(() => this.drill(host), isEnough, options);
  }

  drills(page: ListOptions = {}): Promise<Page<DrillView>> {
    return this.get('/drills', { ...page });
  }

  drill(host: string): Promise<DrillView> {
    return this.get(`/drills/${segment(host)}`);
  }

  /** Tries on the host what its failover would need; `drill` then tells how far that is. */
  beginDrill(host: string): Promise<BegunDrill> {
    return this.change('POST', `/drills/${segment(host)}`, {});
  }

  rules(page: ListOptions = {}): Promise<Page<RuleView>> {
    return this.get('/rules', { ...page });
  }

  rule(id: string): Promise<RuleView> {
    return this.get(`/rules/${segment(id)}`);
  }

  /** Makes the rule, or replaces the one of that name. */
  putRule(id: string, spec: RuleSpec, options: ChangeOptions = {}): Promise<ChangedRule> {
    return this.change('PUT', `/rules/${segment(id)}`, spec, options);
  }

  deleteRule(id: string, options: ChangeOptions = {}): Promise<ChangedRule> {
    return this.change('DELETE', `/rules/${segment(id)}`, undefined, options);
  }

  /** How the scheduler decides. */
  rebalance(): Promise<RebalanceView> {
    return this.get('/rebalance');
  }

  /** Carries out what would be moved now; answers with that. */
  applyRebalance(options: ChangeOptions = {}): Promise<RebalancePlan> {
    return this.change('POST', '/rebalance/apply', {}, options);
  }

  /** Until nothing is being carried out. */
  async waitForRebalance(options: LookOptions<RebalanceView>): Promise<RebalanceView> {
    return await lookUntil(() => this.rebalance(), ({ state }) => state !== 'applying', options);
  }

  settings(): Promise<Settings> {
    return this.get('/settings');
  }

  /** Changes only what is named, and answers with all. */
  changeSettings(change: SettingsChange, options: ChangeOptions = {}): Promise<Settings> {
    return this.change('PUT', '/settings', change, options);
  }

  /** What keeps a VM, or one of this size, from each host; changes nothing. */
  explainPlacement(asked: ExplainPlacement): Promise<Explanation> {
    return this.get('/place/explain', { ...asked });
  }

  /**
   * Whether all returns after a loss: of a host, LABEL=VALUE, any so many hosts; left out: any one. `away`: while
   * these hosts are emptied. Only asks.
   */
  capacity(lose?: string, away: readonly string[] = []): Promise<CapacityReport> {
    const emptied = away.length === 0 ? {} : { away: away.join(',') };
    return this.get('/capacity', { ...(lose !== undefined && { lose }), ...emptied });
  }

  vms(page: ListOptions = {}): Promise<Page<VmView>> {
    return this.get('/vms', { ...page });
  }

  vm(name: string): Promise<VmView> {
    return this.get(`/vms/${segment(name)}`);
  }

  createVm(vm: NewVm, options: ChangeOptions = {}): Promise<Accepted> {
    return this.change('POST', '/vms', vm, options);
  }

  deleteVm(name: string, options: ChangeOptions = {}): Promise<Accepted> {
    return this.change('DELETE', `/vms/${segment(name)}`, undefined, options);
  }

  startVm(name: string, body: { host?: string | null } = {}, options: ChangeOptions = {}): Promise<Accepted> {
    return this.change('POST', `/vms/${segment(name)}/start`, body, options);
  }

  stopVm(name: string, body: { force?: boolean } = {}, options: ChangeOptions = {}): Promise<Accepted> {
    return this.change('POST', `/vms/${segment(name)}/stop`, body, options);
  }

  rebootVm(
    name: string,
    body: { force?: boolean } = {},
    options: ChangeOptions = {},
  ): Promise<Accepted> {
    return this.change('POST', `/vms/${segment(name)}/reboot`, body, options);
  }

  /** To `host`, or to where the scheduler thinks best. */
  migrateVm(
    name: string,
    body: { host?: string | null } = {},
    options: ChangeOptions = {},
  ): Promise<Accepted> {
    return this.change('POST', `/vms/${segment(name)}/migrate`, body, options);
  }

  /** Stopped where it is, started on `host`. */
  /** What is left out stays as it is. */
  setVm(name: string, policy: VmPolicyChange, options: ChangeOptions = {}): Promise<Accepted> {
    return this.change('POST', `/vms/${segment(name)}/policy`, policy, options);
  }

  relocateVm(name: string, body: { host: string }, options: ChangeOptions = {}): Promise<Accepted> {
    return this.change('POST', `/vms/${segment(name)}/relocate`, body, options);
  }

  /** What happened to it, oldest first. */
  async vmEvents(name: string): Promise<CloudEvent[]> {
    const page = await this.get<Page<CloudEvent>>(`/vms/${segment(name)}/events`);
    return page.items;
  }

  /** The end of its serial console. */
  console(name: string, bytes?: number): Promise<ConsoleView> {
    return this.get(`/vms/${segment(name)}/console`, { bytes });
  }

  volumes(page: ListOptions = {}): Promise<Page<VolumeView>> {
    return this.get('/volumes', { ...page });
  }

  /** Newest first. */
  incidents(page: ListOptions = {}): Promise<Page<IncidentView>> {
    return this.get('/incidents', { ...page });
  }

  /** Releases the brake for the host of an incident that is held. */
  resumeIncident(id: string, body: { reason: string }): Promise<ResumedIncident> {
    return this.change('POST', `/incidents/${segment(id)}/resume`, body);
  }

  incident(id: string): Promise<IncidentView> {
    return this.get(`/incidents/${segment(id)}`);
  }

  /** Newest first. */
  operations(page: ListOptions = {}): Promise<Page<OperationView>> {
    return this.get('/operations', { ...page });
  }

  /** With `waitMs` (at most 30 000) it answers when the operation has ended, or then. */
  operation(
    id: string,
    options: { waitMs?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<OperationView> {
    return this.transport.call({
      method: 'GET',
      path: `/operations/${segment(id)}`,
      query: { waitMs: options.waitMs },
      signal: options.signal,
      timeoutMs: 15_000 + (options.waitMs ?? 0),
    });
  }

  /**
   * The operation once it is done or failed. An API that is away for a while is waited for.
   * Throws `OperationTimeout` when it has not ended in time.
   */
  async waitForOperation(id: string, options: WaitOptions): Promise<OperationView> {
    const startMs = performance.now();
    const deadlineMs = startMs + options.timeoutMs;
    let seen = '';
    let reason = '';
    for (;;) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw new OperationTimeout(id, options.timeoutMs, reason);
      options.signal?.throwIfAborted();
      try {
        const waitMs = Math.max(1, Math.round(Math.min(pollMs, leftMs)));
        const operation = await this.operation(id, { waitMs, signal: options.signal });
        reason = operation.reason;
        const look = `${operation.state}/${operation.reason}`;
        if (look !== seen) options.onProgress?.(operation);
        seen = look;
        if (operation.state !== 'running') return operation;
      } catch (error) {
        options.signal?.throwIfAborted();
        const isYoung = performance.now() - startMs < appearanceMs;
        const isUnseen = isYoung && error instanceof ApiProblem && error.code === 'not-found';
        if (!isUnseen && !isAway(error)) throw error;
        reason = error.message;
        await pause(unreachablePauseMs, options.signal);
      }
    }
  }

  /** Every item of a list, or each that a filter lets pass, page after page. */
  async all<T>(
    list: (page: ListOptions) => Promise<Page<T>>, { filter, sort }: Pick<ListOptions, 'filter' | 'sort'> = {},
  ): Promise<T[]> {
    const items: T[] = [];
    let after: string | undefined;
    do {
      const page = await list.call(this, { limit: 500, filter, sort, after });
      items.push(...page.items);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return items;
  }

  followEvents(options: FollowOptions): Promise<void> {
    return followEvents(this.transport, options);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  private get<T>(path: string, query: Record<string, string | number | undefined> = {}): Promise<T> {
    return this.transport.call({ method: 'GET', path, query });
  }

  private change<T>(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body: unknown,
    options: ChangeOptions = {},
  ): Promise<T> {
    const idempotencyKey = options.idempotencyKey ?? randomUUID();
    return this.transport.call({ method, path, body, idempotencyKey });
  }
}
