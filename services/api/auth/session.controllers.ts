import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query, Req } from '@nestjs/common';
import type { NewSession, NewToken, Page, Removed, SetupCode, TokenView, WhoamiView } from '@holdfast/client';
import type { Request } from 'express';
import type { EntityManager } from 'typeorm';
import { listOf, type Listing } from '../http/list.js';
import { parsed } from '../http/parse.js';
import { Problem } from '../http/problem.js';
import { deleted, noSuch, requireAllOf } from './accounts.js';
import { Directory } from './directory.js';
import { bearerOf } from './identity.js';
import { loginSchema, newTokenRequestSchema, ownPasswordSchema, setupSchema } from './identity-requests.js';
import { newSession, newTokenView, tokenView } from './identity-views.js';
import { permissions } from './permissions.js';
import { clusterPermissions, principalOf, type Principal } from './principal.js';
import { addressOf } from './rate-limit.js';
import { hashOfSecret } from './secrets.js';
import { requireGoodPassword } from './sign-in.js';
import { addToken, tokensOf, type AccessToken } from './tokens.js';

/** Whoever is signed in; the guard has seen to it that somebody is. */
export function signedIn(request: Request): Principal {
  const principal = principalOf(request);
  if (!principal) throw new Problem('unauthorized', 'nobody is signed in');
  return principal;
}

/** Likewise, but with an account: the holder of the machine's token has none. */
function signedInAccount(request: Request): Principal {
  const principal = signedIn(request);
  if (principal.kind !== 'local') return principal;
  throw new Problem('conflict', 'the token of this machine belongs to no user', {
    remedy: 'sign in as a user: holdfast login',
  });
}

/**
 * Likewise, to change what is theirs alone: their password, sessions and tokens. A token that may do less than its
 * owner may not do that.
 */
function wholeAccount(request: Request): Principal {
  const principal = signedInAccount(request);
  if (principal.scope === null) return principal;
  throw new Problem('forbidden', 'a token of narrower scope changes no password, session or token', {
    remedy: 'sign in for that: holdfast login',
  });
}

/** Refuses also a session that ended a moment ago. A change of the password waits, and then ends what was made. */
async function requireSession(manager: EntityManager, request: Request): Promise<void> {
  await manager.query('SELECT 1 FROM accounts WHERE id = $1 FOR NO KEY UPDATE', [signedIn(request).id]);
  const rows = await manager.query<unknown[]>(
    `SELECT 1 FROM access_tokens WHERE hash = $1 AND kind = 'session'`,
    [hashOfSecret(bearerOf(request) ?? '')],
  );
  if (rows.length > 0) return;
  throw new Problem('forbidden', 'only who has signed in makes tokens; a token makes no others', {
    remedy: 'sign in for that: holdfast login; for a program have a service account made',
  });
}

export const tokenList: Listing<AccessToken, TokenView> = {
  key: ({ id }) => id,
  columns: { name: { type: 'text', of: ({ name }) => name } },
  view: tokenView,
};

export function requireId(id: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
  throw noSuch('entry', id);
}

/** Signing in and out, and what belongs to whoever is signed in. */
@Controller('api/v1')
export class SessionController {
  constructor(@Inject(Directory) private readonly directory: Directory) {}

  @Get('whoami')
  whoami(@Req() request: Request): WhoamiView {
    const principal = signedIn(request);
    const { kind, name, roles } = principal;
    const held = roles.map(({ role, project }) => ({ role, project }));
    return { kind, name, roles: held, permissions: clusterPermissions(principal) };
  }

  @Post('login')
  @HttpCode(200)
  async login(@Body() body: unknown, @Req() request: Request): Promise<NewSession> {
    const { name, password } = parsed(loginSchema, body ?? {});
    return newSession(await this.directory.signIn.login(name, password, addressOf(request)), name);
  }

  @Post('setup')
  @HttpCode(200)
  async setUp(@Body() body: unknown, @Req() request: Request): Promise<NewSession> {
    const { code, name, password } = parsed(setupSchema, body ?? {});
    return newSession(await this.directory.signIn.setUp(code, name, password, addressOf(request)), name);
  }

  @Post('setup-code')
  @HttpCode(200)
  async newSetupCode(@Req() request: Request): Promise<SetupCode> {
    // Whoever has the code becomes an admin.
    requireAllOf(signedIn(request), [{ role: 'admin', project: null, permissions }]);
    const { code, expiresAt } = await this.directory.signIn.newSetupCode();
    return { code, expiresAtMs: expiresAt.getTime() };
  }

  @Post('logout')
  @HttpCode(200)
  async logout(@Req() request: Request): Promise<Removed> {
    const { name } = signedInAccount(request);
    const hash = hashOfSecret(bearerOf(request) ?? '');
    await this.directory.change((manager) =>
      deleted(manager, `DELETE FROM access_tokens WHERE hash = $1 AND kind = 'session'`, [hash]),
    );
    return { removed: name };
  }

  /** Ends all other sessions, and revokes the tokens: whoever knew the old one, or made a token with it, is out. */
  @Put('password')
  @HttpCode(200)
  async changePassword(@Body() body: unknown, @Req() request: Request): Promise<Removed> {
    const { old, password } = parsed(ownPasswordSchema, body ?? {});
    const { id, name } = wholeAccount(request);
    requireGoodPassword(password, name);
    const address = addressOf(request);
    const account = await this.directory.signIn.check(name, old, address);
    const hash = await this.directory.passwords.hash(password);
    const current = hashOfSecret(bearerOf(request) ?? '');
    await this.directory.change(async (manager) => {
      await this.directory.signIn.confirm(manager, account, address);
      await manager.query('UPDATE accounts SET password_hash = $2 WHERE id = $1', [id, hash]);
      await manager.query('DELETE FROM access_tokens WHERE account_id = $1 AND hash <> $2', [id, current]);
    });
    return { removed: 'all other sessions, and all tokens' };
  }

  @Get('sessions')
  sessions(@Query() query: unknown, @Req() request: Request): Promise<Page<TokenView>> {
    return this.own('session', query, request);
  }

  @Delete('sessions/:id')
  endSession(@Param('id') id: string, @Req() request: Request): Promise<Removed> {
    return this.revoke('session', id, request);
  }

  @Get('tokens')
  tokens(@Query() query: unknown, @Req() request: Request): Promise<Page<TokenView>> {
    return this.own('token', query, request);
  }

  /** It never may more than its owner, whatever its scope says; and it makes no others, so that it ends some day. */
  @Post('tokens')
  @HttpCode(201)
  async newToken(@Body() body: unknown, @Req() request: Request): Promise<NewToken> {
    const { name, days, scope } = parsed(newTokenRequestSchema, body ?? {});
    const { id } = signedInAccount(request);
    const asked = { accountId: id, kind: 'token', name, scope, lifeMs: days * 86_400_000 } as const;
    const made = await this.directory.change(async (manager) => {
      await requireSession(manager, request);
      return await addToken(manager, asked, this.directory.now());
    });
    return newTokenView(made);
  }

  @Delete('tokens/:id')
  revokeToken(@Param('id') id: string, @Req() request: Request): Promise<Removed> {
    return this.revoke('token', id, request);
  }

  private async own(kind: 'token' | 'session', query: unknown, request: Request): Promise<Page<TokenView>> {
    const { kind: of, id } = signedIn(request);
    const { directory } = this;
    const none = of === 'local';
    const items = none ? [] : await directory.read((manager) => tokensOf(manager, id, kind, directory.now()));
    return listOf(tokenList, items, query);
  }

  private async revoke(kind: 'token' | 'session', id: string, request: Request): Promise<Removed> {
    const account = wholeAccount(request);
    const sql = 'DELETE FROM access_tokens WHERE id = $1 AND account_id = $2 AND kind = $3';
    const values = [requireId(id), account.id, kind];
    if (!(await this.directory.change((manager) => deleted(manager, sql, values)))) throw noSuch(kind, id);
    return { removed: id };
  }
}
