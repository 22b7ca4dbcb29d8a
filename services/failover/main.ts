import { loadConfig, runService, serviceConfigSchema, systemClock, TcpProbe } from '@holdfast/runtime';
import { z } from 'zod';
import { Failover } from './failover.js';
import { FailoverModule } from './failover.module.js';
import { fenceConfigShape, fencingOf, withFenceChecks } from './fence-config.js';
import { timingConfigSchema } from './timing-config.js';

const dayMs = 86_400_000;
/** So long the results of a drill stand before somebody is told to drill the host again. */
const drillDaysSchema = z.number().positive().max(3650).default(30);

const configSchema = withFenceChecks(
  serviceConfigSchema.extend({ ...fenceConfigShape, timing: timingConfigSchema, drillValidDays: drillDaysSchema }),
);

const service = await runService({
  config: loadConfig(configSchema),
  module: ({ config, bus, log }) => {
    const { incarnation, timing } = config;
    const probe = new TcpProbe();
    const fencing = fencingOf(config);
    const drillTiming = { validForMs: config.drillValidDays * dayMs };
    const deps = { bus, clock: systemClock, log, incarnation, probe, fencing, timing, drillTiming };
    return FailoverModule.with(deps);
  },
});

const failover = service.app.get(Failover);
const { metrics, health } = service.context;
health.addCheck('facts', () => (failover.ready ? null : 'not all records have arrived'));
const hosts = metrics.gauge('holdfast_hosts', 'Hosts by health', ['health']);
const drillSeconds = 'Until the results of the last drill of a host expire; negative when they have';
const drillExpiry = metrics.gauge('holdfast_drill_expires_in_seconds', drillSeconds, ['host']);
metrics.beforeCollecting(() => {
  drillExpiry.reset();
  for (const [host, leftMs] of failover.drills.expiresInMs()) drillExpiry.set({ host }, leftMs / 1000);
  hosts.reset();
  for (const [state, count] of failover.healths()) hosts.set({ health: state }, count);
});
