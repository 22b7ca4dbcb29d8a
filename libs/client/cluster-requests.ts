import type { components } from './generated/api.js';
import { lookUntil, type LookOptions } from './look.js';
import type {
  ArmingView,
  BegunDrill,
  CapacityReport,
  ChangedHost,
  ChangedNetwork,
  ChangedRule,
  ConfirmedDead,
  DrainPlan,
  DrillView,
  ExplainPlacement,
  Explanation,
  FencedHost,
  HistoryEntry,
  HistoryOptions,
  HostLoadView,
  HostView,
  IncidentView,
  LabelledHost,
  ListOptions,
  LoadOptions,
  NetworkView,
  Page,
  ProjectUsageView,
  RebalancePlan,
  RebalanceView,
  ResumedIncident,
  RuleSpec,
  RuleView,
  Settings,
  SettingsChange,
  StatusView,
  UsageOptions,
  UsageView,
} from './resources.js';
import { Routes, type AskedOf, type ChangeOptions } from './routes.js';

type Requests = components['schemas'];

/** What is asked of the cluster as a whole: its hosts, incidents, rules, and how it decides. */
export class ClusterRequests extends Routes {
  status(): Promise<StatusView> {
    return this.get('/api/v1/status', {});
  }

  /** Disarmed nothing is fenced, and nothing is started that nobody asked for. A reason is needed to disarm. */
  setArmed(body: { armed: boolean; shadow?: boolean; reason?: string }): Promise<ArmingView> {
    return this.put('/api/v1/cluster/armed', { body });
  }

  /** What happened, the newest first unless asked otherwise. */
  history(query: HistoryOptions = {}): Promise<Page<HistoryEntry>> {
    return this.get('/api/v1/history', { query });
  }

  /** What each VM took up in a month. */
  usage(query: UsageOptions = {}): Promise<Page<UsageView>> {
    return this.get('/api/v1/usage', { query });
  }

  /** The same, of all VMs of each project together. */
  usageByProject(query: UsageOptions = {}): Promise<Page<ProjectUsageView>> {
    return this.get('/api/v1/usage/projects', { query });
  }

  hosts(query: ListOptions = {}): Promise<Page<HostView>> {
    return this.get('/api/v1/hosts', { query });
  }

  host(host: string): Promise<HostView> {
    return this.get('/api/v1/hosts/{host}', { path: { host } });
  }

  /** What a host used, a quarter of an hour at a time, the newest first. */
  hostLoads(host: string, query: LoadOptions = {}): Promise<Page<HostLoadView>> {
    return this.get('/api/v1/hosts/{host}/loads', { path: { host }, query });
  }

  /** A person's word that the host is dead; `confirm` is its name, typed once more. */
  confirmDead(host: string, body: { confirm: string; reason: string }): Promise<ConfirmedDead> {
    return this.post('/api/v1/hosts/{host}/confirm-dead', { path: { host }, body });
  }

  /** Ends a host's hold-off: what it did before no longer counts. */
  clearHost(host: string): Promise<ChangedHost> {
    return this.post('/api/v1/hosts/{host}/clear', { path: { host } });
  }

  /** Has a host switched on that sleeps to save power. */
  wakeHost(host: string): Promise<ChangedHost> {
    return this.post('/api/v1/hosts/{host}/wake', { path: { host } });
  }

  /** Has a host fenced that is not silent; `confirm` is its name, typed once more. */
  fenceHost(host: string, body: { confirm: string; reason: string }): Promise<FencedHost> {
    return this.post('/api/v1/hosts/{host}/fence', { path: { host }, body });
  }

  /** What it shares with others; what is not named stays as it is. */
  labelHost(host: string, body: { set?: Record<string, string>; remove?: string[] }): Promise<LabelledHost> {
    return this.post('/api/v1/hosts/{host}/labels', { path: { host }, body });
  }

  /** How a host would be emptied: in which order, to where, and who cannot move. Only asks. */
  drainPlan(host: string): Promise<DrainPlan> {
    return this.get('/api/v1/hosts/{host}/drain-plan', { path: { host } });
  }

  /** On: empties the host and keeps it empty. Off: lets it take VMs again. */
  maintenance(
    host: string,
    body: AskedOf<'post', '/api/v1/hosts/{host}/maintenance'>['body'],
    options?: ChangeOptions,
  ): Promise<ChangedHost> {
    return this.post('/api/v1/hosts/{host}/maintenance', { path: { host }, body }, options);
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

  drills(query: ListOptions = {}): Promise<Page<DrillView>> {
    return this.get('/api/v1/drills', { query });
  }

  drill(host: string): Promise<DrillView> {
    return this.get('/api/v1/drills/{host}', { path: { host } });
  }

  /** Tries on the host what its failover would need; `drill` then tells how far that is. */
  beginDrill(host: string): Promise<BegunDrill> {
    return this.post('/api/v1/drills/{host}', { path: { host } });
  }

  rules(query: ListOptions = {}): Promise<Page<RuleView>> {
    return this.get('/api/v1/rules', { query });
  }

  rule(rule: string): Promise<RuleView> {
    return this.get('/api/v1/rules/{rule}', { path: { rule } });
  }

  /** Makes the rule, or replaces the one of that name. */
  putRule(rule: string, body: RuleSpec, options?: ChangeOptions): Promise<ChangedRule> {
    return this.put('/api/v1/rules/{rule}', { path: { rule }, body }, options);
  }

  deleteRule(rule: string, options?: ChangeOptions): Promise<ChangedRule> {
    return this.delete('/api/v1/rules/{rule}', { path: { rule } }, options);
  }

  networks(query: ListOptions = {}): Promise<Page<NetworkView>> {
    return this.get('/api/v1/networks', { query });
  }

  network(network: string): Promise<NetworkView> {
    return this.get('/api/v1/networks/{network}', { path: { network } });
  }

  /** Says whose VMs may be on a network that hosts offer. */
  newNetwork(body: Requests['NewNetwork'], options?: ChangeOptions): Promise<ChangedNetwork> {
    return this.post('/api/v1/networks', { body }, options);
  }

  /** What is left out stays as it is. */
  changeNetwork(network: string, body: Requests['NetworkChange'], options?: ChangeOptions): Promise<ChangedNetwork> {
    return this.put('/api/v1/networks/{network}', { path: { network }, body }, options);
  }

  deleteNetwork(network: string, options?: ChangeOptions): Promise<ChangedNetwork> {
    return this.delete('/api/v1/networks/{network}', { path: { network } }, options);
  }

  /** How the scheduler decides. */
  rebalance(): Promise<RebalanceView> {
    return this.get('/api/v1/rebalance', {});
  }

  /** Carries out what would be moved now; answers with that. */
  applyRebalance(options?: ChangeOptions): Promise<RebalancePlan> {
    return this.post('/api/v1/rebalance/apply', {}, options);
  }

  /** Until nothing is being carried out. */
  async waitForRebalance(options: LookOptions<RebalanceView>): Promise<RebalanceView> {
    return await lookUntil(() => this.rebalance(), ({ state }) => state !== 'applying', options);
  }

  settings(): Promise<Settings> {
    return this.get('/api/v1/settings', {});
  }

  /** Changes only what is named, and answers with all. */
  changeSettings(body: SettingsChange, options?: ChangeOptions): Promise<Settings> {
    return this.put('/api/v1/settings', { body }, options);
  }

  /** What keeps a VM, or one of this size, from each host; changes nothing. */
  explainPlacement(query: ExplainPlacement): Promise<Explanation> {
    return this.get('/api/v1/place/explain', { query });
  }

  /**
   * Whether all returns after a loss: of a host, LABEL=VALUE, any so many hosts; left out: any one. `away`: while
   * these hosts are emptied. Only asks.
   */
  capacity(lose?: string, away: readonly string[] = []): Promise<CapacityReport> {
    const emptied = away.length === 0 ? {} : { away: away.join(',') };
    return this.get('/api/v1/capacity', { query: { ...(lose !== undefined && { lose }), ...emptied } });
  }

  /** Newest first. */
  incidents(query: ListOptions = {}): Promise<Page<IncidentView>> {
    return this.get('/api/v1/incidents', { query });
  }

  /** Releases the brake for the host of an incident that is held. */
  resumeIncident(id: string, body: { reason: string }): Promise<ResumedIncident> {
    return this.post('/api/v1/incidents/{id}/resume', { path: { id }, body });
  }

  incident(id: string): Promise<IncidentView> {
    return this.get('/api/v1/incidents/{id}', { path: { id } });
  }
}
