import { loadConfig, runService, serviceConfigSchema, systemClock } from '@holdfast/runtime';
import { TcpProbe } from './adapters/tcp-probe.js';
import { Failover } from './failover.js';
import { FailoverModule } from './failover.module.js';
import { fenceConfigShape, fencingOf, withFenceChecks } from './fence-config.js';
import { timingConfigSchema } from './timing-config.js';

const configSchema = withFenceChecks(
  serviceConfigSchema.extend({ ...fenceConfigShape, timing: timingConfigSchema }),
);

const service = await runService({
  config: loadConfig(configSchema),
  module: ({ config, bus, log }) => {
    const { incarnation, timing } = config;
    const probe = new TcpProbe();
    const fencing = fencingOf(config);
    return FailoverModule.with({ bus, clock: systemClock, log, incarnation, probe, fencing, timing });
  },
});

const failover = service.app.get(Failover);
const { metrics, health } = service.context;
health.addCheck('facts', () => (failover.ready ? null : 'not all records have arrived'));
const hosts = metrics.gauge('holdfast_hosts', 'Hosts by health', ['health']);
metrics.beforeCollecting(() => {
  hosts.reset();
  for (const [state, count] of failover.healths()) hosts.set({ health: state }, count);
});
