export { Scheduler, type SchedulerDeps } from './scheduler.js';
export { SchedulerModule } from './scheduler.module.js';
