import { loadConfig, runService, serviceConfigSchema, systemClock } from '@holdfast/runtime';
import { z } from 'zod';
import { IpmiPower } from './adapters/ipmi-power.js';
import { TcpProbe } from './adapters/tcp-probe.js';
import { Failover } from './failover.js';
import { FailoverModule } from './failover.module.js';

/** One repeat: an attempt must not outlast the moment it was made for, and switch off a host that is coming back. */
const ipmiRetries = 1;

const configSchema = serviceConfigSchema.extend({
  /** The BMC of each host that has one. Passwords stay in files of their own, mode 600. */
  bmcs: z.record(
    z.string(),
    z.strictObject({
      address: z.string(),
      port: z.number().int().default(623),
      user: z.string(),
      passwordFile: z.string(),
    }),
  ),
});

const service = await runService({
  config: loadConfig(configSchema),
  module: ({ config, bus, log }) => {
    const powerSwitches = new Map(
      Object.entries(config.bmcs).map(([host, { address, port, user, passwordFile }]) => [
        host,
        new IpmiPower({ address, port, user, passwordPath: passwordFile, retries: ipmiRetries }),
      ]),
    );
    const { incarnation } = config;
    const probe = new TcpProbe();
    return FailoverModule.with({ bus, clock: systemClock, log, incarnation, probe, powerSwitches });
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
