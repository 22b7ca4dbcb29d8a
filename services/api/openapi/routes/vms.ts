import {
  acceptedSchema,
  diskSpecSchema,
  bulkViewSchema,
  consoleViewSchema,
  eventSchema,
  operationViewSchema,
  pageSchema,
  vmPolicyChangeSchema,
  vmDryRunSchema,
  vmLoadViewSchema,
  vmViewSchema,
  vmWordsChangeSchema,
  volumeViewSchema,
} from '@holdfast/contracts';
import { loadQuerySchema } from '../../history/load-query.js';
import { z } from 'zod';
import { listQuerySchema } from '../../http/list.js';
import { waitQuerySchema } from '../../http/records.controllers.js';
import {
  consoleQuerySchema, forceSchema, newVmSchema, onHostSchema, renameSchema, resizeSchema, startSchema, toHostSchema,
  vmFromTemplateSchema,
} from '../../http/vms.controller.js';
import { bootRequestSchema, cdromRequestSchema, nicRequestSchema } from '../../http/vm-devices.controller.js';
import { bulkSchema } from '../../http/vm-bulk.controller.js';
import { cloneSchema } from '../../http/vm-clone.controller.js';
import type { Answer, Routes } from '../route.js';

const accepted: Answer = {
  status: 202, schema: acceptedSchema, isLocated: true, isEdit: true, dryRun: vmDryRunSchema,
};

export const vmRoutes: Routes = {
  'GET /api/v1/vms': {
    operationId: 'listVms',
    summary: 'VMs, page by page',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(vmViewSchema) },
  },
  'POST /api/v1/vms': {
    operationId: 'createVm',
    summary: 'Create a VM, and start it unless told otherwise',
    description: 'Of a template, what is given beside its parameters takes the place of what the template has.',
    body: z.union([newVmSchema, vmFromTemplateSchema]),
    answer: accepted,
  },
  'GET /api/v1/vms/:vm': {
    operationId: 'getVm',
    summary: 'A VM and the copies of it that hosts see',
    answer: { status: 200, schema: vmViewSchema, isVersioned: true },
  },
  'DELETE /api/v1/vms/:vm': {
    operationId: 'deleteVm',
    summary: 'Delete a VM and its volumes',
    answer: accepted,
  },
  'GET /api/v1/vms/:vm/loads': {
    operationId: 'listVmLoads',
    summary: 'What a VM used, a quarter of an hour at a time, the newest first',
    query: loadQuerySchema,
    answer: { status: 200, schema: pageSchema(vmLoadViewSchema) },
  },
  'GET /api/v1/vms/:vm/events': {
    operationId: 'listVmEvents',
    summary: 'What happened to a VM, the oldest first',
    answer: { status: 200, schema: pageSchema(eventSchema) },
  },
  'GET /api/v1/vms/:vm/console': {
    operationId: 'getVmConsole',
    summary: "The end of a VM's serial console",
    query: consoleQuerySchema,
    answer: { status: 200, schema: consoleViewSchema },
  },
  'POST /api/v1/vms/bulk': {
    operationId: 'bulkVms',
    summary: 'Do one thing to up to 1,000 VMs, by name or by filter',
    description: 'To each as if it were asked for alone: one that cannot or may not be done hinders no other.',
    body: bulkSchema,
    answer: { status: 202, schema: bulkViewSchema, isEdit: true, dryRun: bulkViewSchema },
  },
  'GET /api/v1/vms/:vm/screenshot': {
    operationId: 'getVmScreenshot',
    summary: "What is on a VM's screen, as a PNG",
    answer: { status: 200, media: 'image/png' },
  },
  'POST /api/v1/vms/:vm/start': {
    operationId: 'startVm',
    summary: 'Start a VM, on a host of choice or where the scheduler thinks best; one that is suspended goes on',
    body: startSchema,
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/stop': {
    operationId: 'stopVm',
    summary: 'Ask the guest to power down, and force it after its time',
    body: forceSchema,
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/reboot': {
    operationId: 'rebootVm',
    summary: 'Reboot a VM where it is',
    body: forceSchema,
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/reset': {
    operationId: 'resetVm',
    summary: 'Reset a VM where it is, without asking its guest',
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/pause': {
    operationId: 'pauseVm',
    summary: 'Let a VM stand still where it is, its memory kept',
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/suspend': {
    operationId: 'suspendVm',
    summary: 'Store the memory of a VM beside its disks and stop it; its next start goes on from there, on any host',
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/resume': {
    operationId: 'resumeVm',
    summary: 'Let a paused VM go on',
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/migrate': {
    operationId: 'migrateVm',
    summary: 'Move a VM while it runs, to a host of choice or where the scheduler thinks best',
    body: onHostSchema,
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/relocate': {
    operationId: 'relocateVm',
    summary: 'Stop a VM where it is, and start it on another host',
    body: toHostSchema,
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/resize': {
    operationId: 'resizeVm',
    summary: 'Give a VM another size: more while it runs, within its maximum; any while it does not',
    body: resizeSchema,
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/rename': {
    operationId: 'renameVm',
    summary: 'Give a VM that is stopped another name; all else of it stays',
    body: renameSchema,
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/clone': {
    operationId: 'cloneVm',
    summary: 'Make a new VM that is as a stopped one is, with copies of its disks',
    description: 'It needs vm.clone where the VM is, and vm.create in the project of the new one, which is the same '
      + 'unless another is named. The new VM has its own MAC address and instance id, and is not protected.',
    body: cloneSchema,
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/disks': {
    operationId: 'addVmDisk',
    summary: 'Give a VM another disk, also while it runs',
    body: diskSpecSchema,
    answer: accepted,
  },
  'DELETE /api/v1/vms/:vm/disks/:volume': {
    operationId: 'removeVmDisk',
    summary: 'Delete a disk of a VM, with its data, also while it runs',
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/policy': {
    operationId: 'setVmPolicy',
    summary: 'Change what Holdfast may do with a VM by itself; what is left out stays',
    body: vmPolicyChangeSchema,
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/nics': {
    operationId: 'addVmNic',
    summary: 'Give a VM another NIC, on a guest network, while it is stopped or runs',
    body: nicRequestSchema,
    answer: accepted,
  },
  'DELETE /api/v1/vms/:vm/nics/:nic': {
    operationId: 'removeVmNic',
    summary: 'Take a NIC from a VM, while it is stopped or runs',
    answer: accepted,
  },
  'PUT /api/v1/vms/:vm/boot': {
    operationId: 'setVmBoot',
    summary: 'Say what it boots from, from its next start on',
    description: 'Its firmware tries the devices one after another. Null: the kernel of its image, or its first disk.',
    body: bootRequestSchema,
    answer: accepted,
  },
  'PUT /api/v1/vms/:vm/cdrom': {
    operationId: 'setVmCdrom',
    summary: 'Put an image into its CD-ROM drive, or empty it, from its next start on',
    description: 'On a host that does not have the image the drive is empty: it keeps a VM from no host.',
    body: cdromRequestSchema,
    answer: accepted,
  },
  'POST /api/v1/vms/:vm/describe': {
    operationId: 'describeVm',
    summary: 'Change its note, its labels, and whether it may be deleted; what is left out stays',
    body: vmWordsChangeSchema,
    answer: accepted,
  },
};

export const volumeRoutes: Routes = {
  'GET /api/v1/volumes': {
    operationId: 'listVolumes',
    summary: 'Volumes and who holds them, page by page',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(volumeViewSchema) },
  },
};

export const operationRoutes: Routes = {
  'GET /api/v1/operations': {
    operationId: 'listOperations',
    summary: 'Operations, the newest first',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(operationViewSchema) },
  },
  'GET /api/v1/operations/:id': {
    operationId: 'getOperation',
    summary: 'An operation; with `waitMs` when it has ended, or as it is when that time is over',
    query: waitQuerySchema,
    answer: { status: 200, schema: operationViewSchema },
  },
  'POST /api/v1/operations/:id/cancel': {
    operationId: 'cancelOperation',
    summary: 'Give up a create or a start before the VM runs; a VM that was to be made stays, stopped',
    description: 'Answers with the stop that overrules it. What is under way otherwise cannot be taken back.',
    answer: { status: 202, schema: acceptedSchema, isLocated: true },
  },
};
