import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import type { Route, RouteKey } from '../openapi/route.js';
import { routes } from '../openapi/routes/index.js';
import { dryRunSchema } from './edit.js';
import { parsed } from './parse.js';
import { Problem } from './problem.js';

const byKey = new Map<string, Route>(routes satisfies [RouteKey, Route][]);
const remedies = { dryRun: 'give `dryRun` as true or false' };

/**
 * A parameter or condition that a change does not know is refused: who sends `?dryRun=true` or `If-Match` must not find
 * that it was carried out all the same.
 */
export class EditGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const { path } = request.route as { path: string };
    const route = byKey.get(`${request.method} ${path}`);
    if (!route || request.method === 'GET') return true;
    const { query, answer } = route;
    const known = query ?? z.strictObject({});
    parsed(answer.isEdit ? known.extend({ dryRun: dryRunSchema }) : known, request.query, remedies);
    if (!answer.isEdit && request.get('if-match') !== undefined) {
      throw new Problem('invalid', 'If-Match: this change is not checked against a version', {
        field: 'If-Match', remedy: 'leave the header out',
      });
    }
    return true;
  }
}
