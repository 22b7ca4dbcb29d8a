import type { NewSession, NewToken, TokenView, UserView } from '@holdfast/client';
import type { Account } from './accounts.js';
import type { AccessToken, NewAccessToken } from './tokens.js';

export function tokenView({ id, name, scope, createdAt, expiresAt, lastUsedAt }: AccessToken): TokenView {
  return {
    id,
    name,
    scope,
    createdAtMs: createdAt.getTime(),
    expiresAtMs: expiresAt.getTime(),
    lastUsedAtMs: lastUsedAt?.getTime() ?? null,
  };
}

export function newTokenView({ secret, token }: NewAccessToken): NewToken {
  return { ...tokenView(token), token: secret };
}

export function newSession({ secret, token }: NewAccessToken, user: string): NewSession {
  return { token: secret, user, expiresAtMs: token.expiresAt.getTime() };
}

export function userView({ name, kind, createdAt }: Account): UserView {
  return { name, kind, createdAtMs: createdAt.getTime() };
}
