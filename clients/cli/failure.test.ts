import { ApiUnreachable } from '@holdfast/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { explain, interrupted } from './failure.js';

describe('after Ctrl-C', () => {
  test('a wait that was broken off is told as interrupted, not as a bug of ours', async () => {
    const broken: unknown = await sleep(60_000, undefined, { signal: AbortSignal.abort() }).catch((e: unknown) => e);
    expect(explain(interrupted(broken))).toEqual({
      exitCode: 1,
      details: { code: 'interrupted', message: 'interrupted' },
    });
  });

  test('a connection that is closed says that what was asked for may go on', () => {
    const { details } = explain(interrupted(new ApiUnreachable('https://localhost', 'closed')));
    expect(details).toMatchObject({ code: 'interrupted', remedy: expect.stringContaining('operation list') });
  });

  test('anything else is told as it is', () => {
    const error = new Error('broken');
    expect(interrupted(error)).toBe(error);
  });
});
