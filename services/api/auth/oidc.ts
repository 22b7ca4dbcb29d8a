import { nameSchema } from '@holdfast/contracts';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientError,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
  type IDToken,
} from 'openid-client';
import type { EntityManager } from 'typeorm';
import type { OidcConfig } from '../config.js';
import { Problem } from '../http/problem.js';
import { readToken } from '../http/token.js';
import { accountById, addAccount, type Account } from './accounts.js';
import type { Directory } from './directory.js';
import { tooMany } from './rate-limit.js';
import { hashOfSecret, newSecret } from './secrets.js';
import { addSession, type NewAccessToken } from './tokens.js';

const providerTimeoutS = 10;
const flowLifeMs = 600_000;
const maxFlows = 5000;
const maxFlowsOfAddress = 20;
const leastSecretLength = 8;

/** A sign-in that was begun: whoever has the secret, and no one else, can finish it. */
export interface BegunSignIn {
  flow: string;
  url: string;
  expiresAt: Date;
}

/** What the provider sent the browser back with. */
export interface ProviderAnswer {
  code: string;
  state: string;
  /** Who answers (RFC 9207); many providers leave it out. */
  iss?: string | undefined;
}

interface Flow {
  state: string;
  nonce: string;
  verifier: string;
  redirect: string;
}

/**
 * Sign-in through an OpenID provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636). The
 * browser goes to the provider and back to whoever began, on this machine's loopback (RFC 8252) or at a console; that
 * one hands the code over together with its own secret, so no cookie is needed and nobody can be signed in unasked.
 */
export class Oidc {
  private provider: Promise<Configuration> | null = null;

  constructor(
    private readonly directory: Directory,
    private readonly config: OidcConfig | undefined,
  ) {}

  /** @param redirect where the provider is to send the browser. */
  async begin(redirect: string, address: string): Promise<BegunSignIn> {
    const { redirects, scopes } = this.configured();
    if (!redirects.some((allowed) => isThere(allowed, redirect))) {
      throw new Problem('invalid', 'redirect: the provider must not send anybody there', {
        field: 'redirect',
        remedy: `give one of ${redirects.join(', ')}; on the loopback any port will do`,
      });
    }
    const provider = await this.reached();
    const flow = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier(), redirect };
    const { secret, hash } = newSecret('flow');
    const expiresAt = new Date(this.directory.now().getTime() + flowLifeMs);
    await this.directory.database.transaction((manager) => this.keep(manager, hash, flow, address, expiresAt));
    const url = buildAuthorizationUrl(provider, {
      redirect_uri: redirect,
      scope: scopes.join(' '),
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
    });
    return { flow: secret, url: url.href, expiresAt };
  }

  /** A new session. A flow is good for one try. */
  async finish(flow: string, answer: ProviderAnswer, address: string): Promise<NewAccessToken & { user: string }> {
    this.configured();
    const begun = await this.take(flow);
    const claims = await this.claimsOf(begun, answer);
    return await this.directory.change(async (manager) => {
      const account = await this.accountOf(manager, claims);
      await this.joinGroups(manager, account, claims);
      const session = await addSession(manager, account.id, address, this.directory.now());
      return { ...session, user: account.name };
    });
  }

  /** Has somebody of the provider sign in as this user from now on, and as no other. */
  async link(manager: EntityManager, { id, name, kind }: Account, subject: string): Promise<void> {
    if (kind !== 'user') throw new Problem('conflict', `${name} is a program, which no provider vouches for`);
    const { issuer } = (await this.reached()).serverMetadata();
    const linked = await manager.query<unknown[]>(
      `INSERT INTO oidc_subjects (issuer, subject, account_id) VALUES ($1, $2, $3)
       ON CONFLICT (issuer, subject) DO UPDATE SET account_id = excluded.account_id
         WHERE oidc_subjects.account_id IS NULL OR oidc_subjects.account_id = excluded.account_id
       RETURNING 1`, [issuer, subject, id]);
    if (linked.length > 0) return;
    throw new Problem('conflict', 'another user is linked to that subject', {
      field: 'subject',
      remedy: 'delete that user first',
    });
  }

  private configured(): OidcConfig {
    if (this.config) return this.config;
    throw new Problem('conflict', 'this system has no OpenID provider', {
      remedy: 'sign in with a password; to set one up see docs/identity.md',
    });
  }

  /** The provider as it describes itself; asked again after it did not answer. */
  private async reached(): Promise<Configuration> {
    this.provider ??= this.discovered(this.configured());
    try {
      return await this.provider;
    } catch (error) {
      this.provider = null;
      throw away(error);
    }
  }

  private async discovered({ issuer, clientId, clientSecretFile }: OidcConfig): Promise<Configuration> {
    const url = new URL(issuer);
    const secret = clientSecretFile === undefined ? undefined : await readToken(clientSecretFile, leastSecretLength);
    const provider = await discovery(url, clientId, secret, undefined, {
      timeout: providerTimeoutS,
      execute: isLoopback(url) ? [allowInsecureRequests] : [],
    });
    // Signatures are checked although the token comes straight from the provider over TLS.
    enableNonRepudiationChecks(provider);
    return provider;
  }

  private async keep(
    manager: EntityManager, hash: string, flow: Flow, address: string, expiresAt: Date,
  ): Promise<void> {
    await manager.query('DELETE FROM oidc_flows WHERE expires_at <= $1', [this.directory.now()]);
    const [pending] = await manager.query<{ all: number; own: number }[]>(
      'SELECT count(*)::int AS all, (count(*) FILTER (WHERE address = $1))::int AS own FROM oidc_flows', [address]);
    if ((pending?.all ?? 0) >= maxFlows || (pending?.own ?? 0) >= maxFlowsOfAddress) {
      throw tooMany('too many begin to sign in and do not finish', flowLifeMs);
    }
    await manager.query(
      `INSERT INTO oidc_flows (hash, state, nonce, verifier, redirect, address, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [hash, flow.state, flow.nonce, flow.verifier, flow.redirect, address, expiresAt]);
  }

  private async take(flow: string): Promise<Flow> {
    const [begun] = await this.directory.database.use((manager) => manager.query<Flow[]>(
      `WITH taken AS (DELETE FROM oidc_flows WHERE hash = $1 AND expires_at > $2 RETURNING *)
       SELECT state, nonce, verifier, redirect FROM taken`,
      [hashOfSecret(flow), this.directory.now()]));
    if (begun) return begun;
    throw new Problem('unauthorized', 'this sign-in was finished already, has expired, or was never begun', {
      remedy: 'begin again',
    });
  }

  /** All that the provider vouches for, once signature, issuer, audience, time, nonce and state are right. */
  private async claimsOf({ state, nonce, verifier, redirect }: Flow, answer: ProviderAnswer): Promise<IDToken> {
    const provider = await this.reached();
    const url = new URL(redirect);
    for (const [name, value] of Object.entries(answer)) if (value !== undefined) url.searchParams.set(name, value);
    try {
      const tokens = await authorizationCodeGrant(provider, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims) return claims;
    } catch (error) {
      if (isAway(error)) throw away(error);
      throw refused(error);
    }
    throw refused(null);
  }

  /** Bound to the provider's subject alone: neither a name nor an address of mail makes anybody somebody else. */
  private async accountOf(manager: EntityManager, claims: IDToken): Promise<Account> {
    const { iss, sub } = claims;
    // Of two that sign in for the first time at once, the second finds what the first has made.
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [JSON.stringify([iss, sub])]);
    const [bound] = await manager.query<{ id: string | null }[]>(
      'SELECT account_id AS id FROM oidc_subjects WHERE issuer = $1 AND subject = $2', [iss, sub]);
    if (bound?.id) return await accountById(manager, bound.id);
    if (bound || this.configured().admits === 'linked') {
      throw new Problem('forbidden', bound ? 'this user was deleted here' : 'no user here is linked to you', {
        remedy: `have an administrator let you in: holdfast user link NAME ${sub}`,
      });
    }
    const account = await this.newAccount(manager, claims);
    await manager.query('INSERT INTO oidc_subjects (issuer, subject, account_id) VALUES ($1, $2, $3)',
      [iss, sub, account.id]);
    return account;
  }

  private async newAccount(manager: EntityManager, claims: IDToken): Promise<Account> {
    const { nameClaim } = this.configured();
    const told = claims[nameClaim];
    const name = nameFrom(told);
    if (name === null) {
      throw new Problem('conflict', `the provider's claim ${nameClaim} makes no name for a user`, {
        remedy: 'have an administrator choose another claim as oidc.nameClaim',
      });
    }
    try {
      return await addAccount(manager, { kind: 'user', name, passwordHash: null }, this.directory.now());
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'exists') throw error;
      throw new Problem('conflict', `there is another user ${name} already, who is not of this provider`, {
        remedy: 'have an administrator delete that user, or the provider give you another name',
      }, { cause: error });
    }
  }

  /** Of the groups that the configuration names, those that the provider names too, and no other. */
  private async joinGroups(manager: EntityManager, { id }: Account, claims: IDToken): Promise<void> {
    const { groupsClaim, groups } = this.configured();
    if (groupsClaim === undefined) return;
    const told = claims[groupsClaim];
    const named = new Set(Array.isArray(told) ? told.filter((each) => typeof each === 'string') : []);
    const held = Object.entries(groups).filter(([claimed]) => named.has(claimed)).map(([, group]) => group);
    await manager.query(
      'DELETE FROM group_members WHERE account_id = $1 AND group_name = ANY($2) AND NOT group_name = ANY($3)',
      [id, Object.values(groups), held]);
    await manager.query(
      `INSERT INTO group_members (group_name, account_id)
       SELECT name, $1 FROM account_groups WHERE name = ANY($2) ON CONFLICT DO NOTHING`, [id, held]);
  }
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === '127.0.0.1' || hostname === '[::1]';
}

/** Whether it is what was allowed, but for the port on the loopback (RFC 8252, 7.3). */
function isThere(allowed: string, redirect: string): boolean {
  if (allowed === redirect) return true;
  if (!URL.canParse(redirect)) return false;
  const [to, from] = [new URL(redirect), new URL(allowed)];
  if (!isLoopback(from)) return false;
  from.port = to.port;
  return from.href === to.href;
}

/** `Ada.Lovelace@example.com` becomes `ada-lovelace`. */
export function nameFrom(claim: unknown): string | null {
  if (typeof claim !== 'string') return null;
  const [local = ''] = claim.toLowerCase().split('@');
  const name = local.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return nameSchema.safeParse(name).success ? name : null;
}

function isAway(error: unknown): boolean {
  const code = error instanceof ClientError ? error.code : undefined;
  return error instanceof TypeError || code === 'OAUTH_TIMEOUT' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM';
}

function away(cause: unknown): Problem {
  return new Problem('unavailable', 'the OpenID provider does not answer as it should', {
    remedy: 'try again in a moment; signing in with a password goes on',
  }, { cause });
}

function refused(cause: unknown): Problem {
  return new Problem('unauthorized', 'the OpenID provider does not vouch for this sign-in', {
    remedy: 'begin again',
  }, { cause });
}
