import {
  armingViewSchema,
  capacityReportSchema,
  changedRuleSchema,
  explanationSchema,
  historyEntrySchema,
  pageSchema,
  rebalancePlanSchema,
  rebalanceViewSchema,
  ruleSpecSchema,
  ruleViewSchema,
  scrapeTargetsSchema,
  settingsChangeSchema,
  settingsSchema,
  statusViewSchema,
  projectUsageViewSchema,
  usageViewSchema,
} from '@holdfast/contracts';
import { capacityQuerySchema } from '../../http/capacity.controller.js';
import { armedSchema } from '../../http/cluster.controller.js';
import { historyQuerySchema } from '../../history/history-query.js';
import { eventsQuerySchema } from '../../http/events.controller.js';
import { listQuerySchema } from '../../http/list.js';
import { explainQuerySchema } from '../../http/place.controller.js';
import { guestTargetsQuerySchema } from '../../http/prometheus.controller.js';
import { usageQuerySchema } from '../../usage/usage-query.js';
import type { Routes } from '../route.js';

export const clusterRoutes: Routes = {
  'GET /api/v1/status': {
    operationId: 'getStatus',
    summary: 'The cluster at a glance, and the single points of failure that remain',
    answer: { status: 200, schema: statusViewSchema },
  },
  'GET /api/v1/cluster/armed': {
    operationId: 'getArmed',
    summary: 'Whether Holdfast fences and starts by itself',
    answer: { status: 200, schema: armingViewSchema },
  },
  'PUT /api/v1/cluster/armed': {
    operationId: 'setArmed',
    summary: 'Arm or disarm; a reason is needed to disarm',
    body: armedSchema,
    answer: { status: 200, schema: armingViewSchema },
  },
  'GET /api/v1/prometheus/hosts': {
    operationId: 'discoverHosts',
    summary: 'The metrics of all hosts as Prometheus discovers them over HTTP',
    answer: { status: 200, schema: scrapeTargetsSchema },
  },
  'GET /api/v1/prometheus/guests': {
    operationId: 'discoverGuests',
    summary: 'All running VMs as Prometheus discovers them over HTTP, each by its name',
    query: guestTargetsQuerySchema,
    answer: { status: 200, schema: scrapeTargetsSchema },
  },
  'GET /api/v1/capacity': {
    operationId: 'proveCapacity',
    summary: 'Whether all VMs return after a loss; changes nothing',
    query: capacityQuerySchema,
    answer: { status: 200, schema: capacityReportSchema },
  },
  'GET /api/v1/openapi.json': {
    operationId: 'getOpenApi',
    summary: 'This document',
    answer: { status: 200, media: 'application/json' },
  },
  'GET /api/v1/asyncapi.json': {
    operationId: 'getAsyncApi',
    summary: 'The AsyncAPI document: every event, with its JSON schema',
    answer: { status: 200, media: 'application/json' },
  },
};

export const ruleRoutes: Routes = {
  'GET /api/v1/rules': {
    operationId: 'listRules',
    summary: 'Rules for where VMs may run, and with whom',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(ruleViewSchema) },
  },
  'GET /api/v1/rules/:rule': {
    operationId: 'getRule',
    summary: 'A rule',
    answer: { status: 200, schema: ruleViewSchema, isVersioned: true },
  },
  'PUT /api/v1/rules/:rule': {
    operationId: 'putRule',
    summary: 'Make a rule, or replace the one of that name',
    body: ruleSpecSchema,
    answer: { status: 200, schema: changedRuleSchema, isEdit: true },
  },
  'DELETE /api/v1/rules/:rule': {
    operationId: 'deleteRule',
    summary: 'Delete a rule',
    answer: { status: 200, schema: changedRuleSchema, isEdit: true },
  },
};

export const schedulingRoutes: Routes = {
  'GET /api/v1/place/explain': {
    operationId: 'explainPlacement',
    summary: 'What keeps a VM, or one of this size, from each host; changes nothing',
    query: explainQuerySchema,
    answer: { status: 200, schema: explanationSchema },
  },
  'GET /api/v1/rebalance': {
    operationId: 'getRebalance',
    summary: 'The loads as they are measured, and what would be moved now',
    answer: { status: 200, schema: rebalanceViewSchema },
  },
  'POST /api/v1/rebalance/apply': {
    operationId: 'applyRebalance',
    summary: 'Carry out what would be moved now; answers with that',
    answer: { status: 202, schema: rebalancePlanSchema },
  },
  'GET /api/v1/settings': {
    operationId: 'getSettings',
    summary: 'How the scheduler is to decide',
    answer: { status: 200, schema: settingsSchema, isVersioned: true },
  },
  'PUT /api/v1/settings': {
    operationId: 'changeSettings',
    summary: 'Change only the settings that are named; answers with all of them',
    body: settingsChangeSchema,
    answer: { status: 200, schema: settingsSchema, isEdit: true },
  },
};

export const eventRoutes: Routes = {
  'GET /api/v1/events': {
    operationId: 'followEvents',
    summary: 'CloudEvents as server-sent events, from a place in the stream on',
    description: 'The `id` of each is its place; a client that reconnects sends the last one as `Last-Event-ID`.',
    query: eventsQuerySchema,
    answer: { status: 200, media: 'text/event-stream' },
  },
  'GET /api/v1/history': {
    operationId: 'listHistory',
    summary: 'What happened, as long as it is kept: public events, the newest first',
    query: historyQuerySchema,
    answer: { status: 200, schema: pageSchema(historyEntrySchema) },
  },
  'GET /api/v1/usage': {
    operationId: 'listUsage',
    summary: 'What each VM took up in a month: hours of CPUs, memory and disks',
    description: 'Exact across failovers and migrations: a VM counts while one copy of it runs, and once.',
    query: usageQuerySchema,
    answer: { status: 200, schema: pageSchema(usageViewSchema) },
  },
  'GET /api/v1/usage/projects': {
    operationId: 'listProjectUsage',
    summary: 'What the VMs of each project took up in a month, together',
    query: usageQuerySchema,
    answer: { status: 200, schema: pageSchema(projectUsageViewSchema) },
  },
};
