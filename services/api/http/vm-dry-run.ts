import type { Accepted, Explanation, VmDryRun } from '@holdfast/client';
import {
  placeExplain, vmCreate, vmMigrate, vmNeedsSchema, vmRelocate, vmStart, type Command, type VmSpec,
} from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { clusterPermissions, principalOf } from '../auth/principal.js';
import type { Commands } from '../commands.js';
import { requestIdOf } from './request-id.js';

interface Tried {
  request: Request;
  response: Response;
  /** What the scheduler was asked, and what it answered. */
  asked: { vm: string; spec?: VmSpec; start?: boolean };
  accepted: Accepted & { would?: string | undefined };
}

/** What would have come of a change of a VM: 200, since nothing is under way. */
export async function vmDryRun(commands: Commands, contract: unknown, tried: Tried): Promise<VmDryRun> {
  const { request, response, asked, accepted } = tried;
  const { would = '', warning } = accepted;
  const principal = principalOf(request);
  const maySeeHosts = principal !== null && clusterPermissions(principal).includes('place.read');
  const needsHost = asked.start ?? [vmStart, vmMigrate, vmRelocate].some((each: Command) => each === contract);
  const placement = needsHost && maySeeHosts ? await placementOf(commands, contract === vmCreate, tried) : null;
  response.status(200);
  return { vm: asked.vm, would, ...(warning !== undefined && { warning }), placement };
}

function placementOf(commands: Commands, isNew: boolean, { request, asked }: Tried): Promise<Explanation> {
  const { vm, spec } = asked;
  const size = { cpus: spec?.cpus ?? null, memoryMiB: spec?.memoryMiB ?? null };
  const needs = spec && vmNeedsSchema.strip().parse(spec);
  const all = { ...size, ...(needs && { needs }), after: null, limit: 500 };
  return commands.send(placeExplain, isNew ? all : { ...all, vm }, { requestId: requestIdOf(request) });
}
