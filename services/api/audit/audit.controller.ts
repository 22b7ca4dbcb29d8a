import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { AuditEntry, AuditVerdict, Page } from '@holdfast/client';
import { z } from 'zod';
import { parsed } from '../http/parse.js';
import { AuditLog } from './audit-log.js';
import { auditQuerySchema, pageOfAudit } from './audit-query.js';

export const verifyQuerySchema = z.strictObject({
  known: z.string().regex(/^\d{1,15}:[0-9a-f]{64}$/, 'give the `end` of an earlier verification').optional(),
});

const remedies = { filter: 'give conditions on columns with commas between them, once: `who=ann,status>=400`' };

@Controller('api/v1/audit')
export class AuditController {
  constructor(@Inject(AuditLog) private readonly audit: AuditLog) {}

  @Get()
  async list(@Query() query: unknown): Promise<Page<AuditEntry>> {
    const asked = parsed(auditQuerySchema, query, remedies);
    await this.audit.flush();
    return await pageOfAudit(this.audit, asked);
  }

  @Get('verify')
  async verify(@Query() query: unknown): Promise<AuditVerdict> {
    const { known } = parsed(verifyQuerySchema, query);
    const [seq = '', hash = ''] = known?.split(':') ?? [];
    await this.audit.flush();
    return await this.audit.verify(known === undefined ? null : { seq: Number(seq), hash });
  }
}
