import { Body, Controller, HttpCode, Inject, Logger, Post, Req } from '@nestjs/common';
import type { BegunSignIn, NewSession } from '@holdfast/client';
import type { Request } from 'express';
import { noteSignedIn } from '../audit/record-changes.js';
import { parsed } from '../http/parse.js';
import { beginOidcSchema, finishOidcSchema } from './identity-requests.js';
import { newSession } from './identity-views.js';
import { Oidc } from './oidc.js';
import { addressOf } from './rate-limit.js';

/** Signing in through an OpenID provider. */
@Controller('api/v1/oidc')
export class OidcController {
  private readonly logger = new Logger('oidc');

  constructor(@Inject(Oidc) private readonly oidc: Oidc) {}

  @Post('begin')
  @HttpCode(200)
  async begin(@Body() body: unknown, @Req() request: Request): Promise<BegunSignIn> {
    const { redirect } = parsed(beginOidcSchema, body ?? {});
    const { flow, url, expiresAt } = await this.oidc.begin(redirect, addressOf(request));
    return { flow, url, expiresAtMs: expiresAt.getTime() };
  }

  @Post('finish')
  @HttpCode(200)
  async finish(@Body() body: unknown, @Req() request: Request): Promise<NewSession> {
    const { flow, ...answer } = parsed(finishOidcSchema, body ?? {});
    const address = addressOf(request);
    const session = await this.oidc.finish(flow, answer, address);
    noteSignedIn(request, session.user);
    this.logger.log(`${session.user} signed in through the OpenID provider from ${address}`);
    return newSession(session, session.user);
  }
}
