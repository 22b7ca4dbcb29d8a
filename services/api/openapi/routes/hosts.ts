import {
  begunDrillSchema,
  changedHostSchema,
  confirmedDeadSchema,
  drainPlanSchema,
  drillViewSchema,
  fencedHostSchema,
  hostLoadViewSchema,
  hostViewSchema,
  incidentViewSchema,
  labelledHostSchema,
  pageSchema,
  resumedIncidentSchema,
} from '@holdfast/contracts';
import { loadQuerySchema } from '../../history/load-query.js';
import { confirmSchema } from '../../http/confirmed-name.js';
import { labelsSchema } from '../../http/host-words.controller.js';
import { maintenanceSchema } from '../../http/hosts.controller.js';
import { listQuerySchema } from '../../http/list.js';
import { resumeSchema } from '../../http/records.controllers.js';
import type { Routes } from '../route.js';

export const hostRoutes: Routes = {
  'GET /api/v1/hosts': {
    operationId: 'listHosts',
    summary: 'Hosts, page by page',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(hostViewSchema) },
  },
  'GET /api/v1/hosts/:host': {
    operationId: 'getHost',
    summary: 'A host, what its agent sees, and its drain',
    answer: { status: 200, schema: hostViewSchema, isVersioned: true },
  },
  'GET /api/v1/hosts/:host/loads': {
    operationId: 'listHostLoads',
    summary: 'What a host used, a quarter of an hour at a time, the newest first',
    query: loadQuerySchema,
    answer: { status: 200, schema: pageSchema(hostLoadViewSchema) },
  },
  'POST /api/v1/hosts/:host/confirm-dead': {
    operationId: 'confirmHostDead',
    summary: "A person's word that a host is dead",
    description: 'Taken as proof that nothing of it can write any more. `confirm` is its name once more.',
    body: confirmSchema,
    answer: { status: 202, schema: confirmedDeadSchema },
  },
  'POST /api/v1/hosts/:host/fence': {
    operationId: 'fenceHost',
    summary: 'Fence a host that is not silent',
    body: confirmSchema,
    answer: { status: 202, schema: fencedHostSchema },
  },
  'POST /api/v1/hosts/:host/clear': {
    operationId: 'clearHost',
    summary: "End a host's hold-off: what it did before no longer counts",
    answer: { status: 202, schema: changedHostSchema },
  },
  'POST /api/v1/hosts/:host/wake': {
    operationId: 'wakeHost',
    summary: 'Switch on a host that sleeps to save power',
    answer: { status: 202, schema: changedHostSchema },
  },
  'POST /api/v1/hosts/:host/labels': {
    operationId: 'labelHost',
    summary: 'Set and remove labels of a host; what is not named stays',
    body: labelsSchema,
    answer: { status: 200, schema: labelledHostSchema, isEdit: true },
  },
  'GET /api/v1/hosts/:host/drain-plan': {
    operationId: 'planDrain',
    summary: 'How a host would be emptied; changes nothing',
    answer: { status: 200, schema: drainPlanSchema },
  },
  'POST /api/v1/hosts/:host/maintenance': {
    operationId: 'setMaintenance',
    summary: 'Empty a host and keep it empty, or let it take VMs again',
    body: maintenanceSchema,
    answer: { status: 202, schema: changedHostSchema },
  },
};

export const drillRoutes: Routes = {
  'GET /api/v1/drills': {
    operationId: 'listDrills',
    summary: 'The newest drill of each host that was ever drilled',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(drillViewSchema) },
  },
  'GET /api/v1/drills/:host': {
    operationId: 'getDrill',
    summary: 'The newest drill of a host',
    answer: { status: 200, schema: drillViewSchema },
  },
  'POST /api/v1/drills/:host': {
    operationId: 'beginDrill',
    summary: 'Try on a host what its failover would need',
    answer: { status: 202, schema: begunDrillSchema },
  },
};

export const incidentRoutes: Routes = {
  'GET /api/v1/incidents': {
    operationId: 'listIncidents',
    summary: 'Incidents, the newest first',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(incidentViewSchema) },
  },
  'GET /api/v1/incidents/:id': {
    operationId: 'getIncident',
    summary: 'An incident and what happened in it, in the order of time',
    answer: { status: 200, schema: incidentViewSchema },
  },
  'POST /api/v1/incidents/:id/resume': {
    operationId: 'resumeIncident',
    summary: 'Let failover go on with a host that is held among many silent ones',
    body: resumeSchema,
    answer: { status: 202, schema: resumedIncidentSchema },
  },
};
