import type { Migration } from './migration.js';
import { history } from './0001-history.js';
import { identity } from './0002-identity.js';
import { usage } from './0003-usage.js';
import { audit } from './0004-audit.js';
import { webhooks } from './0005-webhooks.js';
import { loadHistory } from './0006-load-history.js';
import { templates } from './0007-templates.js';
import { projects } from './0008-projects.js';
import { oidc } from './0009-oidc.js';
import { schedules } from './0010-schedules.js';
import { signIn } from './0011-sign-in.js';
import { quotas } from './0012-quotas.js';
import { auditTime } from './0013-audit-time.js';

/** In the order of their numbers. */
export const migrations: readonly Migration[] = [
  history, identity, usage, audit, webhooks, loadHistory, templates, projects, oidc, schedules, signIn, quotas,
  auditTime,
];
