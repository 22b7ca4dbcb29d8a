/** How a change is asked for: only of what it was read as (`If-Match`), or only to see what would come of it. */
import { createHash } from 'node:crypto';
import { versionOf } from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Problem } from './problem.js';

export const dryRunSchema = z.enum(['true', 'false']).optional();

/** With what a read answers as `ETag` a change can be sent as `If-Match`. */
export function tellVersion(response: Response, record: Parameters<typeof versionOf>[0]): void {
  response.setHeader('ETag', `"${versionOf(record)}"`);
}

/** Only as it was read, or only to see whether it could be. */
export interface Edit {
  ifVersion?: string;
  dryRun?: true;
}

/** For what keeps no version of its own: the same as long as its content is. */
export function versionOfContent(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22);
}

/** `version`: of what is there now, null where nothing is. */
export function requireVersion({ ifVersion }: Edit, version: string | null): void {
  if (ifVersion === undefined || ifVersion === version) return;
  const remedy = 'read it again, and decide by what it is now';
  throw new Problem('precondition-failed', 'it has changed since it was read', { field: 'If-Match', remedy });
}

/** What of it the owner of the record is to be told; nothing of a plain change. */
export function editOf(request: Request): Edit {
  const condition = request.get('if-match');
  const ifVersion = condition === undefined ? undefined : /^"([\w.-]{1,200})"$/.exec(condition)?.[1];
  if (condition !== undefined && ifVersion === undefined) {
    throw new Problem('invalid', 'If-Match: this is not one ETag of this API', {
      field: 'If-Match', remedy: 'send the `ETag` of the answer that you read, as it is, with its quotes',
    });
  }
  return { ...(ifVersion !== undefined && { ifVersion }), ...(request.query['dryRun'] === 'true' && { dryRun: true }) };
}
