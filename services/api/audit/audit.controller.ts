import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { AuditEntry, AuditVerdict, Page } from '@holdfast/client';
import { z } from 'zod';
import { parsed } from '../http/parse.js';
import { AuditLog } from './audit-log.js';

export const auditQuerySchema = z.strictObject({
  limit: z.coerce.number('give a whole number').int().min(1).max(500).default(100),
  after: z.string().regex(/^\d{1,15}$/, 'give the `next` of the page before').optional(),
});
export const verifyQuerySchema = z.strictObject({
  known: z.string().regex(/^\d{1,15}:[0-9a-f]{64}$/, 'give the `end` of an earlier verification').optional(),
});

@Controller('api/v1/audit')
export class AuditController {
  constructor(@Inject(AuditLog) private readonly audit: AuditLog) {}

  /** The newest first. */
  @Get()
  async list(@Query() query: unknown): Promise<Page<AuditEntry>> {
    const { limit, after } = parsed(auditQuerySchema, query);
    await this.audit.flush();
    const items = await this.audit.list(limit, after === undefined ? null : Number(after));
    const last = items.at(-1);
    return { items, next: items.length === limit && last && last.seq > 1 ? String(last.seq) : null };
  }

  @Get('verify')
  async verify(@Query() query: unknown): Promise<AuditVerdict> {
    const { known } = parsed(verifyQuerySchema, query);
    const [seq = '', hash = ''] = known?.split(':') ?? [];
    await this.audit.flush();
    return await this.audit.verify(known === undefined ? null : { seq: Number(seq), hash });
  }
}
