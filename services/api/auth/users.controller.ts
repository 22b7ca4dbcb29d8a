import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query, Req } from '@nestjs/common';
import type { NewToken, Page, Removed, TokenView, UserView } from '@holdfast/client';
import type { Request } from 'express';
import type { EntityManager } from 'typeorm';
import { listOf, type Listing } from '../http/list.js';
import { parsed } from '../http/parse.js';
import { Problem } from '../http/problem.js';
import {
  accountNamed,
  accounts,
  addAccount,
  deleted,
  noSuch,
  requireAllOf,
  rolesOf,
  type Account,
} from './accounts.js';
import { Directory } from './directory.js';
import { linkSchema, newTokenRequestSchema, newUserSchema, passwordSchema } from './identity-requests.js';
import { newTokenView, userView } from './identity-views.js';
import { Oidc } from './oidc.js';
import { requireId, signedIn, tokenList } from './session.controllers.js';
import { requireGoodPassword } from './sign-in.js';
import { addToken, tokensOf } from './tokens.js';

const userList: Listing<Account, UserView> = {
  key: ({ name }) => name,
  columns: {
    name: { type: 'text', of: ({ name }) => name },
    kind: { type: 'text', of: ({ kind }) => kind },
  },
  view: userView,
};

/** Users and service accounts. Who acts on one must hold all that it holds: else a password would be a promotion. */
@Controller('api/v1/users')
export class UsersController {
  constructor(
    @Inject(Directory) private readonly directory: Directory,
    @Inject(Oidc) private readonly oidc: Oidc,
  ) {}

  @Get()
  async list(@Query() query: unknown): Promise<Page<UserView>> {
    return listOf(userList, await this.directory.read(accounts), query);
  }

  @Get(':user')
  async show(@Param('user') name: string): Promise<UserView> {
    return userView(await this.directory.read((manager) => accountNamed(manager, name)));
  }

  @Post()
  @HttpCode(201)
  async create(@Body() body: unknown): Promise<UserView> {
    const asked = parsed(newUserSchema, body ?? {});
    const { kind, name } = asked;
    if (asked.kind === 'user') requireGoodPassword(asked.password, name);
    const passwordHash = asked.kind === 'user' ? await this.directory.passwords.hash(asked.password) : null;
    const { directory } = this;
    const account = { kind, name, passwordHash };
    return userView(await directory.change((manager) => addAccount(manager, account, directory.now())));
  }

  @Delete(':user')
  async delete(@Param('user') name: string, @Req() request: Request): Promise<Removed> {
    return await this.acting(name, request, async (manager, { id }) => {
      await deleted(manager, 'DELETE FROM accounts WHERE id = $1', [id]);
      return { removed: name };
    });
  }

  /** Has somebody of the OpenID provider sign in as this user. */
  @Put(':user/oidc')
  @HttpCode(200)
  async link(@Param('user') name: string, @Body() body: unknown, @Req() request: Request): Promise<UserView> {
    const { subject } = parsed(linkSchema, body ?? {});
    return await this.acting(name, request, async (manager, account) => {
      await this.oidc.link(manager, account, subject);
      return userView(account);
    });
  }

  /** Ends all sessions of that user, and revokes the tokens. */
  @Put(':user/password')
  @HttpCode(200)
  async setPassword(
    @Param('user') name: string,
    @Body() body: unknown,
    @Req() request: Request,
  ): Promise<Removed> {
    const { password } = parsed(passwordSchema, body ?? {});
    requireGoodPassword(password, name);
    const hash = await this.directory.passwords.hash(password);
    return await this.acting(name, request, async (manager, { id, kind }) => {
      if (kind !== 'user') throw new Problem('conflict', `${name} is a program: it has tokens and no password`);
      await manager.query('UPDATE accounts SET password_hash = $2 WHERE id = $1', [id, hash]);
      await manager.query('DELETE FROM access_tokens WHERE account_id = $1', [id]);
      return { removed: `all sessions and tokens of ${name}` };
    });
  }

  /** After failed attempts to sign in, which anybody at the same address can have made. */
  @Delete(':user/lock')
  unlock(@Param('user') name: string, @Req() request: Request): Promise<Removed> {
    return this.acting(name, request, async (manager) => {
      await this.directory.signIn.unlock(manager, name);
      return { removed: `the lock of ${name}` };
    });
  }

  @Get(':user/sessions')
  sessions(@Param('user') name: string, @Query() query: unknown): Promise<Page<TokenView>> {
    return this.held('session', name, query);
  }

  @Delete(':user/sessions')
  endSessions(@Param('user') name: string, @Req() request: Request): Promise<Removed> {
    return this.acting(name, request, async (manager, { id }) => {
      await deleted(manager, `DELETE FROM access_tokens WHERE account_id = $1 AND kind = 'session'`, [id]);
      return { removed: `all sessions of ${name}` };
    });
  }

  @Get(':user/tokens')
  tokens(@Param('user') name: string, @Query() query: unknown): Promise<Page<TokenView>> {
    return this.held('token', name, query);
  }

  /** Of a program only: people make their own. */
  @Post(':user/tokens')
  @HttpCode(201)
  async newToken(@Param('user') user: string, @Body() body: unknown, @Req() request: Request): Promise<NewToken> {
    const { name, days, scope } = parsed(newTokenRequestSchema, body ?? {});
    return await this.acting(user, request, async (manager, { id, kind }) => {
      if (kind !== 'service') {
        throw new Problem('conflict', `${user} is a person, who makes their own tokens`, {
          remedy: 'make a service account for a program',
        });
      }
      if (id === signedIn(request).id) {
        throw new Problem('forbidden', 'a program makes no tokens for itself', { remedy: 'ask an administrator' });
      }
      const asked = { accountId: id, kind: 'token', name, scope, lifeMs: days * 86_400_000 } as const;
      return newTokenView(await addToken(manager, asked, this.directory.now()));
    });
  }

  @Delete(':user/tokens/:id')
  revokeToken(@Param('user') user: string, @Param('id') id: string, @Req() request: Request): Promise<Removed> {
    return this.acting(user, request, async (manager, account) => {
      const sql = `DELETE FROM access_tokens WHERE id = $1 AND account_id = $2 AND kind = 'token'`;
      if (!(await deleted(manager, sql, [requireId(id), account.id]))) throw noSuch('token', id);
      return { removed: id };
    });
  }

  private async held(kind: 'token' | 'session', name: string, query: unknown): Promise<Page<TokenView>> {
    const { directory } = this;
    const items = await directory.read(async (manager) => {
      const { id } = await accountNamed(manager, name);
      return await tokensOf(manager, id, kind, directory.now());
    });
    return listOf(tokenList, items, query);
  }

  private acting<T>(
    name: string,
    request: Request,
    work: (manager: EntityManager, account: Account) => Promise<T>,
  ): Promise<T> {
    return this.directory.change(async (manager) => {
      const account = await accountNamed(manager, name);
      requireAllOf(signedIn(request), await rolesOf(manager, account.id));
      return await work(manager, account);
    });
  }
}
