/** How a change is asked for: only of what it was read as (`If-Match`), or only to see what would come of it. */
import { versionOf } from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Problem } from './problem.js';

export const dryRunSchema = z.enum(['true', 'false']).optional();

/** With what a read answers as `ETag` a change can be sent as `If-Match`. */
export function tellVersion(response: Response, record: Parameters<typeof versionOf>[0]): void {
  response.setHeader('ETag', `"${versionOf(record)}"`);
}

/** What of it the owner of the record is to be told; nothing of a plain change. */
export function editOf(request: Request): { ifVersion?: string; dryRun?: true } {
  const condition = request.get('if-match');
  const ifVersion = condition === undefined ? undefined : /^"([\w.-]{1,200})"$/.exec(condition)?.[1];
  if (condition !== undefined && ifVersion === undefined) {
    throw new Problem('invalid', 'If-Match: this is not one ETag of this API', {
      field: 'If-Match', remedy: 'send the `ETag` of the answer that you read, as it is, with its quotes',
    });
  }
  return { ...(ifVersion !== undefined && { ifVersion }), ...(request.query['dryRun'] === 'true' && { dryRun: true }) };
}
