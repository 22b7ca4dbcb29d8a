import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import { projectOf, type HostRecord, type ScrapeTargets, type VmRecord } from '@holdfast/contracts';
import type { Request } from 'express';
import { z } from 'zod';
import { ClusterView } from '../cluster-view.js';
import { scopeOf } from '../project-scope.js';
import { parsed } from './parse.js';

/** node_exporter's, unless the guests have another one. */
const usualGuestPort = 9100;

export const guestTargetsQuerySchema = z.strictObject({
  port: z.coerce.number('give a port').int().min(1).max(65_535).default(usualGuestPort),
});

/** What Prometheus scrapes, as it asks for it by `http_sd_configs`. */
@Controller('api/v1/prometheus')
export class PrometheusController {
  constructor(@Inject(ClusterView) private readonly view: ClusterView) {}

  @Get('hosts')
  hosts(): ScrapeTargets {
    return [...this.view.hosts.values()].map(hostTargets);
  }

  @Get('guests')
  guests(@Query() query: unknown, @Req() request: Request): ScrapeTargets {
    const { port } = parsed(guestTargetsQuerySchema, query, { port: 'give `port` as a number from 1 to 65535' });
    const vms = scopeOf(this.view, request).vms();
    return vms.filter(({ phase }) => phase === 'running').map((vm) => guestTargets(vm, port));
  }
}

/** The agent's own metrics. */
function hostTargets({ host, addresses, probePort, health, admin, labels }: HostRecord): ScrapeTargets[number] {
  const own = { host, health, admin };
  return { targets: [`${bracketed(addresses.management)}:${probePort}`], labels: metaLabels('host', own, labels) };
}

/** A guest is reached by what its name resolves to: its addresses are its own affair. */
function guestTargets(vm: VmRecord, port: number): ScrapeTargets[number] {
  const { name, assignment, spec } = vm;
  const where = { host: assignment?.host ?? '', network: spec.network ?? '' };
  const own = { vm: name, project: projectOf(vm), ...where, image: spec.image };
  return { targets: [`${name}:${port}`], labels: metaLabels('guest', own, {}) };
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** `__meta_` labels are dropped after relabelling, so a scrape carries only what its configuration wants. */
function metaLabels(
  kind: string,
  own: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries([
    ['__meta_holdfast_kind', kind],
    ...Object.entries(own).map(([key, value]) => [`__meta_holdfast_${key}`, value]),
    ...Object.entries(labels).map(([key, value]) => [`__meta_holdfast_label_${key.replace(/\W/g, '_')}`, value]),
  ]) as Record<string, string>;
}
