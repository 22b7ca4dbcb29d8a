import type { EntityManager } from 'typeorm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { AuditLog, type AuditBody } from './audit-log.js';

let written: AuditBody[] = [];
let isAway = false;

beforeEach(() => {
  written = [];
  isAway = false;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function auditLog(): AuditLog {
  const query = (sql: string, values: unknown[] = []): Promise<unknown[]> => {
    if (sql.startsWith('INSERT')) written.push(JSON.parse(String(values[1])) as AuditBody);
    return Promise.resolve([]);
  };
  const database = {
    transaction: (work: (manager: EntityManager) => Promise<unknown>) =>
      isAway ? Promise.reject(new Problem('unavailable', 'away')) : work({ query } as unknown as EntityManager),
  };
  return new AuditLog(database as unknown as Database, { info: () => undefined });
}

function entry(kind: 'user' | 'anonymous', name: string, more: Partial<AuditBody> = {}): AuditBody {
  return {
    atMs: 0, who: { kind, name: kind === 'user' ? name : '' }, action: 'POST /api/v1/login', path: '/api/v1/login',
    asked: { name }, before: null, after: null, from: '10.0.0.1', requestId: 'r', status: 401, ...more,
  };
}

test('a flood of failed sign-ins becomes a few entries a minute, with a count of all', async () => {
  const audit = auditLog();
  for (let each = 0; each < 1000; each += 1) audit.note(entry('anonymous', `name-${each}`));
  audit.note(entry('anonymous', 'other', { from: '10.0.0.2' }));
  audit.note(entry('anonymous', 'in', { status: 200 }));
  await audit.flush();
  expect(written).toHaveLength(7);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(written).toHaveLength(8);
  expect(written[7]).toMatchObject({ from: '10.0.0.1', attempts: 995, status: 401, who: { kind: 'anonymous' } });
  expect((written[7]?.asked as { names: string[] }).names).toHaveLength(20);
});

test('a flood from very many addresses is bounded all the same, and none is left out of the counts', async () => {
  const audit = auditLog();
  for (let each = 0; each < 5000; each += 1) {
    audit.note(entry('anonymous', 'x', { from: `10.1.${each >> 8}.${each & 255}` }));
  }
  await audit.close();
  expect(written.length).toBeLessThanOrEqual(101);
  expect(written.reduce((sum, { attempts = 1 }) => sum + attempts, 0)).toBe(5000);
});

test('what waits for the database is pushed out by nobody unknown, and each loss is counted', async () => {
  const audit = auditLog();
  isAway = true;
  audit.note(entry('anonymous', 'first'));
  for (let each = 0; each < 2000; each += 1) audit.note(entry('user', `u${each}`, { status: 200 }));
  await audit.flush();
  audit.note(entry('anonymous', 'last'));
  await audit.flush();
  isAway = false;
  await audit.close();
  expect(written.map(({ who }) => who.name)).toEqual(Array.from({ length: 2000 }, (_, each) => `u${each}`));
  expect(written[0]).toMatchObject({ lostBefore: 2 });
});
