import { createHash } from 'node:crypto';
import { isIP, isIPv6, type Server, type Socket } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { Problem } from '../http/problem.js';
import { bearerOf } from './identity.js';

export interface Rate {
  perSecond: number;
  /** Requests that may come at once after a pause. */
  burst: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Token buckets, one per key. Remembers the newest `maxKeys` keys; a forgotten one starts full again. */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly rate: Rate,
    private readonly nowMs: () => number = () => performance.now(),
    private readonly maxKeys = 10_000,
  ) {}

  /** Takes one; else says for how many milliseconds there will be none. */
  take(key: string): { ok: true } | { ok: false; waitMs: number } {
    const nowMs = this.nowMs();
    const { perSecond, burst } = this.rate;
    const before = this.buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    const tokens = Math.min(burst, before.tokens + ((nowMs - before.atMs) / 1000) * perSecond);
    const ok = tokens >= 1;
    // The newest stands last, so the first is the one to forget.
    this.buckets.delete(key);
    this.buckets.set(key, { tokens: ok ? tokens - 1 : tokens, atMs: nowMs });
    if (this.buckets.size > this.maxKeys) this.buckets.delete(this.buckets.keys().next().value ?? '');
    return ok ? { ok } : { ok, waitMs: ((1 - tokens) / perSecond) * 1000 };
  }

  /** Takes back what `take` took: it was nothing to be limited. */
  giveBack(key: string): void {
    const bucket = this.buckets.get(key);
    if (bucket) bucket.tokens = Math.min(this.rate.burst, bucket.tokens + 1);
  }

  get size(): number {
    return this.buckets.size;
  }
}

/** One person has a whole /64 of IPv6 addresses, so that counts as one. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = (plain.split('%')[0] ?? '').split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(tail === undefined ? 0 : 8 - front.length - back.length).fill('0');
  const groups = [...front, ...zeros, ...back];
  return `${groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/** Who asks: behind a trusted proxy, whom that names. */
export function clientAddressOf(request: Request): string {
  const { ip } = request;
  return ip !== undefined && isIP(ip) !== 0 ? ip : request.socket.remoteAddress ?? 'unknown';
}

export function addressOf(request: Request): string {
  return addressKey(clientAddressOf(request));
}

export function tooMany(message: string, waitMs: number): Problem {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new Problem('too-many-requests', message, {
    remedy: `try again in ${seconds} s`,
    headers: { 'Retry-After': String(seconds) },
  });
}

/** How many connections each address has open. */
export class OpenSockets {
  private readonly counts = new Map<string, number>();

  constructor(private readonly most: number) {}

  follow(server: Server): void {
    server.on('connection', (socket: Socket) => {
      const key = addressKey(socket.remoteAddress ?? 'unknown');
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
      socket.once('close', () => {
        const left = (this.counts.get(key) ?? 1) - 1;
        if (left > 0) this.counts.set(key, left);
        else this.counts.delete(key);
      });
    });
  }

  /** While there are too many each request is refused, and takes its own connection along. */
  readonly limit: RequestHandler = (request, response, next) => {
    const key = addressKey(request.socket.remoteAddress ?? 'unknown');
    if ((this.counts.get(key) ?? 0) <= this.most) return next();
    response.setHeader('Connection', 'close');
    next(tooMany(`${this.most} connections from this address are open already`, 1000));
  };
}

const usualLimits = {
  address: { perSecond: 2000, burst: 10_000 },
  token: { perSecond: 1000, burst: 5000 },
};

/** Bounds how many requests come from one address, and with one token, whether that is good or not. */
export function limitRequests(limits: { address: Rate; token: Rate } = usualLimits): RequestHandler {
  const addresses = new RateLimit(limits.address);
  const tokens = new RateLimit(limits.token);
  return (request, _response, next) => {
    const fromAddress = addresses.take(addressOf(request));
    if (!fromAddress.ok) return next(tooMany('too many requests come from this address', fromAddress.waitMs));
    const token = bearerOf(request);
    const withToken = token === null ? null : tokens.take(createHash('sha256').update(token).digest('base64'));
    if (withToken?.ok === false) return next(tooMany('too many requests come with this token', withToken.waitMs));
    next();
  };
}
