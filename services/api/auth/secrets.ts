import { createHash, randomBytes } from 'node:crypto';

/** Tokens of programs, sessions of people, codes for the first administrator, sign-ins through a provider. */
export type SecretKind = 'token' | 'session' | 'setup' | 'flow';

/** Recognisable, so that one that was published by mistake is found by whoever looks for such. */
const prefixes: Record<SecretKind, string> = { token: 'hft_', session: 'hfs_', setup: 'hfc_', flow: 'hff_' };

/** 256 random bits. Only their SHA-256 is kept: they cannot be guessed, so a slow hash would add nothing. */
export function newSecret(kind: SecretKind): { secret: string; hash: string } {
  const secret = `${prefixes[kind]}${randomBytes(32).toString('base64url')}`;
  return { secret, hash: hashOfSecret(secret) };
}

export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether it has the form of a token or session; nothing else, a JWT above all, is ever looked up. */
export function isTokenOrSession(text: string): boolean {
  return /^hf[ts]_[A-Za-z0-9_-]{43}$/.test(text);
}
