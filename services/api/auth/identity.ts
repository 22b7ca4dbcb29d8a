import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { Problem } from '../http/problem.js';
import { accessOf } from './permissions.js';
import { localPrincipal, setPrincipal, type Principal } from './principal.js';

/** Whom a token stands for; null when it is not known here. Throws a `Problem` when that cannot be told now. */
export type VerifyToken = (token: string) => Principal | null | Promise<Principal | null>;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The bearer token of a request, if it has one in the only form that is understood. */
export function bearerOf(request: Request): string | null {
  return /^Bearer ([\x21-\x7e]{1,500})$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

function unauthorized(why: string): Problem {
  return new Problem('unauthorized', why, {
    remedy: 'sign in with `holdfast login`, or send the header `Authorization: Bearer TOKEN`',
    headers: { 'WWW-Authenticate': 'Bearer realm="holdfast"' },
  });
}

/** Tells who asks, before anything else of a request is read. */
export class Identity {
  private readonly verifiers: VerifyToken[];

  /** `localToken` is that of the token file. */
  constructor(localToken: string) {
    const expected = digest(localToken);
    // Digests are of equal length, so the comparison takes as long for any token.
    this.verifiers = [(token) => (timingSafeEqual(digest(token), expected) ? localPrincipal : null)];
  }

  /** Has tokens of another kind understood as well. */
  accept(verify: VerifyToken): void {
    this.verifiers.push(verify);
  }

  /** Lets nobody past whom nobody vouches for, but to the routes that are open to anyone. */
  readonly require: RequestHandler = (request, _response, next) => {
    this.identify(request).then(() => next(), next);
  };

  /** Whom a token stands for at this moment; null: nobody, or no longer. */
  async principalOf(token: string): Promise<Principal | null> {
    for (const verify of this.verifiers) {
      const principal = await verify(token);
      if (principal) return principal;
    }
    return null;
  }

  private async identify(request: Request): Promise<void> {
    const token = bearerOf(request);
    if (token === null) {
      if (accessOf(request.method, `${request.baseUrl}${request.path}`)?.scope === 'anyone') return;
      throw unauthorized('there is no bearer token in the request');
    }
    const principal = await this.principalOf(token);
    if (!principal) throw unauthorized('the token is wrong, has expired, or was revoked');
    setPrincipal(request, principal);
  }
}
