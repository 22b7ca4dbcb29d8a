import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { Problem } from '../http/problem.js';
import { rolesOf } from './accounts.js';
import { isPermission, type Permission } from './permissions.js';
import type { Principal } from './principal.js';
import { newSecret } from './secrets.js';

const dayMs = 86_400_000;
const sessionLifeMs = 7 * dayMs;
export const sessionIdleMs = 12 * 3_600_000;
const maxSessions = 50;
const maxTokens = 100;
/** Last use is told to the minute: to note every request would be a write for each. */
const noteUseEveryMs = 60_000;

/** A session or a token, without its secret. */
export interface AccessToken {
  id: string;
  kind: 'token' | 'session';
  name: string;
  scope: Permission[] | null;
  createdAt: Date;
  expiresAt: Date;
  /** Null: never yet. */
  lastUsedAt: Date | null;
}

export interface NewAccessToken {
  secret: string;
  token: AccessToken;
}

interface Asked {
  accountId: string;
  kind: 'token' | 'session';
  /** Of a session: from where it was begun. */
  name: string;
  scope: readonly Permission[] | null;
  lifeMs: number;
}

const columns = `id, kind, name, scope, created_at AS "createdAt", expires_at AS "expiresAt",
  CASE WHEN used THEN last_used_at END AS "lastUsedAt"`;
const alive = `expires_at > $2 AND (idle_ms IS NULL OR last_used_at + idle_ms * interval '1 millisecond' > $2)`;

/** Makes one; its secret is told this once. Of sessions the longest unused give way, of tokens none does. */
export async function addToken(manager: EntityManager, asked: Asked, now: Date): Promise<NewAccessToken> {
  const { accountId, kind, name, lifeMs } = asked;
  await manager.query(`DELETE FROM access_tokens WHERE account_id = $1 AND NOT (${alive})`, [accountId, now]);
  if (kind === 'session') {
    await manager.query(
      `DELETE FROM access_tokens WHERE id IN (SELECT id FROM access_tokens
         WHERE account_id = $1 AND kind = 'session' ORDER BY last_used_at DESC OFFSET $2)`,
      [accountId, maxSessions - 1],
    );
  } else if ((await tokensOf(manager, accountId, 'token', now)).length >= maxTokens) {
    const remedy = 'revoke those that are not used any more';
    throw new Problem('conflict', `there are ${maxTokens} tokens already`, { remedy });
  }
  const { secret, hash } = newSecret(kind);
  const id = randomUUID();
  const expiresAt = new Date(now.getTime() + lifeMs);
  const scope = asked.scope === null ? null : [...asked.scope];
  const idleMs = kind === 'session' ? sessionIdleMs : null;
  await manager.query(
    `INSERT INTO access_tokens (id, account_id, kind, name, hash, scope, created_at, expires_at, idle_ms, last_used_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7)`,
    [id, accountId, kind, name, hash, scope, now, expiresAt, idleMs],
  );
  return { secret, token: { id, kind, name, scope, createdAt: now, expiresAt, lastUsedAt: null } };
}

/** @param address from where it was begun. */
export function addSession(
  manager: EntityManager, accountId: string, address: string, now: Date,
): Promise<NewAccessToken> {
  return addToken(manager, { accountId, kind: 'session', name: address, scope: null, lifeMs: sessionLifeMs }, now);
}

export async function tokensOf(
  manager: EntityManager,
  accountId: string,
  kind: 'token' | 'session',
  now: Date,
): Promise<AccessToken[]> {
  return await manager.query<AccessToken[]>(
    `SELECT ${columns} FROM access_tokens WHERE account_id = $1 AND ${alive} AND kind = $3 ORDER BY created_at, id`,
    [accountId, now, kind],
  );
}

/** Whom a secret stands for, as the database has it now; null when it is unknown, expired or idle for too long. */
export async function principalByHash(
  manager: EntityManager,
  hash: string,
  now: Date,
): Promise<{ principal: Principal; tokenId: string; endsAtMs: number } | null> {
  const [found] = await manager.query<
    { id: string; accountId: string; kind: 'user' | 'service'; name: string; scope: string[] | null; expiresAt: Date }[]
  >(
    `SELECT t.id, t.account_id AS "accountId", a.kind, a.name, t.scope, t.expires_at AS "expiresAt"
     FROM access_tokens t JOIN accounts a ON a.id = t.account_id WHERE t.hash = $1 AND ${alive}`,
    [hash, now],
  );
  if (!found) return null;
  await manager.query(
    `UPDATE access_tokens SET last_used_at = $2, used = true WHERE id = $1 AND (NOT used OR last_used_at < $3)`,
    [found.id, now, new Date(now.getTime() - noteUseEveryMs)],
  );
  const { id, accountId, kind, name, scope, expiresAt } = found;
  const roles = await rolesOf(manager, accountId);
  return {
    principal: { kind, id: accountId, name, roles, scope: scope === null ? null : scope.filter(isPermission) },
    tokenId: id,
    endsAtMs: expiresAt.getTime(),
  };
}
