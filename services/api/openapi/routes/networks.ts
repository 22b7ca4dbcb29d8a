import {
  changedNetworkSchema, networkChangeSchema, networkViewSchema, newNetworkSchema, pageSchema,
} from '@holdfast/contracts';
import { listQuerySchema } from '../../http/list.js';
import type { Routes } from '../route.js';

const changed = { status: 200, schema: changedNetworkSchema, isEdit: true } as const;

export const networkRoutes: Routes = {
  'GET /api/v1/networks': {
    operationId: 'listNetworks',
    summary: 'Guest networks of one\'s projects and shared ones, the hosts that offer them and the VMs on them',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(networkViewSchema) },
  },
  'POST /api/v1/networks': {
    operationId: 'newNetwork',
    summary: 'Say whose VMs may be on a guest network that hosts offer',
    description: 'Refused while VMs of other projects are on it.',
    body: newNetworkSchema,
    answer: changed,
  },
  'GET /api/v1/networks/:network': {
    operationId: 'getNetwork',
    summary: 'A guest network',
    answer: { status: 200, schema: networkViewSchema, isVersioned: true },
  },
  'PUT /api/v1/networks/:network': {
    operationId: 'changeNetwork',
    summary: 'Give a network to another project, share it, or change what is said of it; what is left out stays',
    description: 'Refused while VMs are on it that could not stay.',
    body: networkChangeSchema,
    answer: changed,
  },
  'DELETE /api/v1/networks/:network': {
    operationId: 'deleteNetwork',
    summary: 'Delete the record of a network; refused while VMs are on it',
    answer: changed,
  },
};
