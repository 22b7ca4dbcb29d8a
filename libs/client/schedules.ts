import type { components } from './generated/api.js';
import type { ListOptions, Page, Removed, ScheduleView } from './resources.js';
import { Routes } from './routes.js';

/** What is done to VMs at times to come. Throws as `HoldfastClient` does. */
export class ScheduleClient extends Routes {
  schedules(query: ListOptions = {}): Promise<Page<ScheduleView>> {
    return this.get('/api/v1/schedules', { query });
  }

  schedule(schedule: string): Promise<ScheduleView> {
    return this.get('/api/v1/schedules/{schedule}', { path: { schedule } });
  }

  newSchedule(body: components['schemas']['NewSchedule']): Promise<ScheduleView> {
    return this.post('/api/v1/schedules', { body });
  }

  deleteSchedule(schedule: string): Promise<Removed> {
    return this.delete('/api/v1/schedules/{schedule}', { path: { schedule } });
  }
}
