import { Controller, Get, Req } from '@nestjs/common';
import type { WhoamiView } from '@holdfast/client';
import type { Request } from 'express';
import { Problem } from '../http/problem.js';
import { clusterPermissions, principalOf } from './principal.js';

@Controller('api/v1/whoami')
export class WhoamiController {
  @Get()
  show(@Req() request: Request): WhoamiView {
    const principal = principalOf(request);
    if (!principal) throw new Problem('unauthorized', 'nobody is signed in');
    const { kind, name, roles } = principal;
    return {
      kind,
      name,
      roles: roles.map(({ role, project }) => ({ role, project })),
      permissions: clusterPermissions(principal),
    };
  }
}
