import type { Bus } from '@holdfast/bus';
import {
  fromEnvironment,
  startService,
  type RunningService,
  type ServiceContext,
  type ServiceOptions,
} from '@holdfast/runtime';
import { AuditLog } from './audit/audit-log.js';
import { recordChanges } from './audit/record-changes.js';
import { Identity } from './auth/identity.js';
import { limitRequests } from './auth/rate-limit.js';
import { ApiModule } from './app.module.js';
import { ClusterView } from './cluster-view.js';
import type { ApiConfig } from './config.js';
import { guardEdge } from './edge.js';
import { readToken } from './http/token.js';
import { Database } from './persistence/database.js';
import { databaseUrlVariable, readDatabaseUrl } from './persistence/database-url.js';
import { measureRequests } from './http/request-metrics.js';

/** The API as a service to start or to run. */
export function apiService(config: ApiConfig): ServiceOptions<ApiConfig> {
  const { tls } = config;
  let secure: (app: Parameters<typeof guardEdge>[0]) => void;
  return {
    config,
    ...(tls === null ? {} : { tls }),
    module: async (context) => {
      const { bus, health, metrics } = context;
      const identity = new Identity(await readToken(config.tokenFile));
      const view = new ClusterView(bus);
      const database = await openDatabase(config, context);
      const audit = new AuditLog(database, context.log);
      const passes = {
        measure: measureRequests(metrics),
        limit: limitRequests(config.limits),
        identify: identity.require,
        record: recordChanges(audit, view),
      };
      secure = (app) => guardEdge(app, passes, () => view.stale, config.trustedProxies ?? []);
      health.addCheck('records', () => (view.ready ? null : 'are still arriving'));
      await view.start();
      return ApiModule.of(config, bus, view, identity, database, audit);
    },
    prepare: (app) => secure(app),
  };
}

/** The API on a bus that is there already, in this process; closing it closes the bus. */
export function startApi(
  config: ApiConfig,
  bus: Bus,
  options: Pick<ServiceOptions<ApiConfig>, 'log'> = {},
): Promise<RunningService<ApiConfig>> {
  return startService({
    ...apiService(config),
    ...options,
    connectBus: () => Promise.resolve(bus),
  });
}

/** Connects in the background: nothing waits for it, and `/health/ready` does not ask for it. */
async function openDatabase(
  config: ApiConfig, { log, metrics, health }: ServiceContext<ApiConfig>,
): Promise<Database> {
  const up = metrics.gauge('holdfast_database_up', '1 while the database answers');
  const url = await readDatabaseUrl(config.databaseUrlFile, fromEnvironment(databaseUrlVariable));
  const database = new Database({ url, log, onChange: (now) => up.set(now ? 1 : 0) });
  health.addDetails(() => ({ database: database.status.state }));
  database.start();
  return database;
}
