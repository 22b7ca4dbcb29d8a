import { createServer, type RequestListener, type Server } from 'node:http';
import { createHmac, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Provider from 'oidc-provider';
import type { OidcConfig } from '../config.js';

const clientId = 'holdfast';
const clientSecret = 'a-secret-of-the-client';
/** What the providers know of whoever signs in, by the name that is typed there. */
export type People = Record<string, { name: string; groups: string[] }>;

/** Of an API that trusts this provider; the secret goes into a file in `directory`. */
export async function oidcSettings(directory: string, issuer: string): Promise<OidcConfig> {
  const clientSecretFile = join(directory, 'oidc-secret');
  await writeFile(clientSecretFile, `${clientSecret}\n`, { mode: 0o600 });
  return {
    issuer, clientId, clientSecretFile,
    scopes: ['openid', 'profile'],
    redirects: ['http://127.0.0.1/callback'],
    admits: 'everyone',
    nameClaim: 'preferred_username',
    groupsClaim: 'groups',
    groups: { admins: 'admins', staff: 'operators' },
  };
}

interface Running {
  issuer: string;
  close(): Promise<void>;
}

async function listening(answer: (issuer: string) => RequestListener): Promise<Running> {
  const server: Server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('request', answer(issuer));
  return {
    issuer,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The provider of the package `oidc-provider`, on the loopback. */
export function startRealProvider(people: People): Promise<Running> {
  return listening((issuer) => new Provider(issuer, {
    clients: [{
      client_id: clientId,
      client_secret: clientSecret,
      token_endpoint_auth_method: 'client_secret_post',
      redirect_uris: ['http://127.0.0.1/callback'],
      application_type: 'native',
    }],
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
    conformIdTokenClaims: false,
    cookies: { keys: [randomUUID()] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: people[id]?.name, groups: people[id]?.groups }),
    }),
  }).callback());
}

/** What a browser does when somebody signs in at the provider and agrees; ends with where it is sent back to. */
export async function signInAt(url: string, person: string, goal: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let next: { url: string; form?: URLSearchParams } = { url };
  for (let hop = 0; hop < 20; hop += 1) {
    const answer = await fetch(next.url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(next.form && { method: 'POST', body: next.form }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location?.startsWith(goal)) return new URL(location);
    if (location !== null) {
      next = { url: new URL(location, next.url).href };
      continue;
    }
    const page = await answer.text();
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(page) ?? [];
    const [, prompt] = /name="prompt" value="(\w+)"/.exec(page) ?? [];
    if (action === undefined || prompt === undefined) throw new Error(`${answer.status} ${page.slice(0, 300)}`);
    next = {
      url: new URL(action, next.url).href,
      form: new URLSearchParams({ prompt, ...(prompt === 'login' && { login: person, password: 'any' }) }),
    };
  }
  throw new Error('the provider never sends the browser back');
}

type Claims = Record<string, unknown>;

/** How an ID token was tampered with; each of them has the right claims but for that. */
export const forgeries = {
  'one that has expired': (claims: Claims) => ({ claims: { ...claims, exp: Math.floor(Date.now() / 1000) - 3600 } }),
  'one for another client': (claims: Claims) => ({ claims: { ...claims, aud: 'somebody-else' } }),
  'one of another issuer': (claims: Claims) => ({ claims: { ...claims, iss: 'https://evil.example' } }),
  'one of another sign-in': (claims: Claims) => ({ claims: { ...claims, nonce: 'of-another' } }),
  'one without a subject': (claims: Claims) => ({ claims: { ...claims, sub: undefined } }),
  'one without a signature': (claims: Claims) => ({ claims, alg: 'none' }),
  'one signed with a foreign key': (claims: Claims) => ({ claims, key: foreignKeys.privateKey }),
  'one of which the key is not known': (claims: Claims) => ({ claims, kid: 'another' }),
  'one signed with the public key as a password': (claims: Claims) => ({ claims, alg: 'HS256' }),
  'one that was changed after it was signed': (claims: Claims) => ({ claims, changed: { ...claims, sub: 'root' } }),
} satisfies Record<string, (claims: Claims) => Forgery>;

interface Forgery {
  claims: Claims;
  alg?: string;
  key?: KeyObject;
  kid?: string;
  /** Put in the place of the claims that were signed. */
  changed?: Claims;
}

const ownKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreignKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt({ claims, alg = 'RS256', key = ownKeys.privateKey, kid = 'own', changed }: Forgery): string {
  const head = encoded({ alg, kid, typ: 'JWT' });
  const signed = `${head}.${encoded(claims)}`;
  const signature = alg === 'none' ? '' : alg === 'HS256'
    ? createHmac('sha256', ownKeys.publicKey.export({ type: 'spki', format: 'pem' })).update(signed).digest('base64url')
    : sign('sha256', Buffer.from(signed), key).toString('base64url');
  return `${head}.${encoded(changed ?? claims)}.${signature}`;
}

/** A provider that says what it likes: whoever redeems a code gets a token of these claims, tampered with or not. */
export class ForgingProvider {
  nonce = '';
  forge: (claims: Claims) => Forgery = (claims) => ({ claims });

  private constructor(private readonly running: { current?: Running }) {}

  static async start(): Promise<ForgingProvider> {
    const provider = new ForgingProvider({});
    provider.running.current = await listening((issuer) => (request, response) => {
      const found = provider.answer(issuer, request.url ?? '');
      response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(found ?? {}));
    });
    return provider;
  }

  get issuer(): string {
    return this.running.current?.issuer ?? '';
  }

  async close(): Promise<void> {
    await this.running.current?.close();
  }

  private answer(issuer: string, path: string): object | null {
    if (path === '/.well-known/openid-configuration') {
      return {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      };
    }
    if (path === '/keys') {
      return { keys: [{ ...ownKeys.publicKey.export({ format: 'jwk' }), kid: 'own', use: 'sig', alg: 'RS256' }] };
    }
    if (path !== '/token') return null;
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, aud: clientId, sub: 'mallory-1', iat, exp: iat + 300, nonce: this.nonce };
    const id_token = jwt(this.forge({ ...claims, preferred_username: 'mallory' }));
    return { access_token: randomUUID(), token_type: 'Bearer', id_token };
  }
}
