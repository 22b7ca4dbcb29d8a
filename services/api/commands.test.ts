import type { Bus } from '@holdfast/bus';
import { vmDelete, type Reply } from '@holdfast/contracts';
import { expect, test } from 'vitest';
import type { ClusterView } from './cluster-view.js';
import { Commands } from './commands.js';

const request = { operation: 'op-1', vm: 'web1' };
const electing: Reply<never> = { ok: false, refusal: { code: 'unavailable', message: 'vms/web1: no-responder' } };

/** An owner that answers in turn, its last answer for ever; and what it was asked. */
function owner(...answers: Reply<unknown>[]): { commands: Commands; asked: unknown[] } {
  const asked: unknown[] = [];
  const bus = {
    request: (_contract: unknown, _node: unknown, body: unknown) => {
      asked.push(body);
      return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1]);
    },
  } as unknown as Bus;
  return { commands: new Commands(bus, {} as ClusterView, { forMs: 100, everyMs: 10 }), asked };
}

test('what an owner cannot store now is asked for again, as the same operation', async () => {
  const { commands, asked } = owner(electing, electing, { ok: true, value: { vm: 'web1' } });
  expect(await commands.send(vmDelete, request, { requestId: 'r' })).toEqual({ vm: 'web1' });
  expect(asked).toEqual([request, request, request]);
});

test('it is refused in the end when it stays so', async () => {
  const { commands } = owner(electing);
  await expect(commands.send(vmDelete, request, { requestId: 'r' })).rejects.toMatchObject({ code: 'unavailable' });
});

test('any other refusal is told at once', async () => {
  const { commands, asked } = owner({ ok: false, refusal: { code: 'conflict', message: 'web1 is being moved' } });
  await expect(commands.send(vmDelete, request, { requestId: 'r' })).rejects.toMatchObject({ code: 'conflict' });
  expect(asked).toHaveLength(1);
});
