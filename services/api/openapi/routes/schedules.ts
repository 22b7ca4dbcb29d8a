import { newScheduleSchema, pageSchema, removedSchema, scheduleViewSchema } from '@holdfast/contracts';
import { listQuerySchema } from '../../http/list.js';
import type { Routes } from '../route.js';

const answer = { status: 200, schema: scheduleViewSchema } as const;

export const scheduleRoutes: Routes = {
  'GET /api/v1/schedules': {
    operationId: 'listSchedules',
    summary: 'What is done to VMs at times to come',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(scheduleViewSchema) },
  },
  'POST /api/v1/schedules': {
    operationId: 'newSchedule',
    summary: 'Have something done to a VM at a moment, or again and again',
    description: 'Needs `vm.power` for that VM, now and whenever it is due: else it is refused then, and that noted.',
    body: newScheduleSchema,
    answer: { ...answer, status: 201 },
  },
  'GET /api/v1/schedules/:schedule': {
    operationId: 'getSchedule',
    summary: 'A schedule, and what became of it the last time',
    answer,
  },
  'DELETE /api/v1/schedules/:schedule': {
    operationId: 'deleteSchedule',
    summary: 'Delete a schedule; what it has begun goes on',
    answer: { status: 200, schema: removedSchema },
  },
};
