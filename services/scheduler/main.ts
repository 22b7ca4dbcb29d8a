import { loadConfig, runService, serviceConfigSchema, systemClock } from '@holdfast/runtime';
import { Scheduler } from './scheduler.js';
import { SchedulerModule } from './scheduler.module.js';

const service = await runService({
  config: loadConfig(serviceConfigSchema),
  module: ({ config, bus, log }) =>
    SchedulerModule.with({ bus, clock: systemClock, log, incarnation: config.incarnation }),
});

const scheduler = service.app.get(Scheduler);
const { metrics, health } = service.context;
health.addCheck('facts', () => (scheduler.ready ? null : 'not all records have arrived'));
const vms = metrics.gauge('holdfast_vms', 'VMs by phase', ['phase']);
metrics.beforeCollecting(() => {
  vms.reset();
  for (const [phase, count] of scheduler.phases()) vms.set({ phase }, count);
});
