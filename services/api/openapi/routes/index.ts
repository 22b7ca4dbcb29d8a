import type { Route, RouteKey, Routes } from '../route.js';
import { clusterRoutes, eventRoutes, ruleRoutes, schedulingRoutes } from './cluster.js';
import { drillRoutes, hostRoutes, incidentRoutes } from './hosts.js';
import { imageRoutes } from './images.js';
import { auditRoutes, peopleRoutes, projectRoutes, roleRoutes, signInRoutes } from './people.js';
import { networkRoutes } from './networks.js';
import { scheduleRoutes } from './schedules.js';
import { templateRoutes } from './templates.js';
import { webhookRoutes } from './webhooks.js';
import { operationRoutes, vmRoutes, volumeRoutes } from './vms.js';

/** By noun, which is their tag. Every route of the API has its entry in one of them. */
export const routesByTag: Readonly<Record<string, Routes>> = {
  cluster: clusterRoutes,
  hosts: hostRoutes,
  vms: vmRoutes,
  templates: templateRoutes,
  schedules: scheduleRoutes,
  volumes: volumeRoutes,
  networks: networkRoutes,
  images: imageRoutes,
  incidents: incidentRoutes,
  drills: drillRoutes,
  operations: operationRoutes,
  rules: ruleRoutes,
  scheduling: schedulingRoutes,
  events: eventRoutes,
  webhooks: webhookRoutes,
  'sign-in': signInRoutes,
  people: peopleRoutes,
  roles: roleRoutes,
  projects: projectRoutes,
  audit: auditRoutes,
};

export const routes = Object.values(routesByTag).flatMap(
  (each) => Object.entries(each) as [RouteKey, Route][],
);
