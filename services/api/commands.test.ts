import { MemoryBroker } from '@holdfast/bus';
import { vmDelete, type Reply } from '@holdfast/contracts';
import { expect, test } from 'vitest';
import { ClusterView } from './cluster-view.js';
import { Commands } from './commands.js';

const request = { operation: 'op-1', vm: 'web1' };
const electing: Answer = { ok: false, refusal: { code: 'unavailable', message: 'vms/web1: no-responder' } };

type Answer = Reply<{ operation: string; vm: string }>;

/** An owner that answers in turn, its last answer for ever; and what it was asked. */
async function owner(...answers: Answer[]): Promise<{ commands: Commands; asked: unknown[] }> {
  const asked: unknown[] = [];
  const broker = new MemoryBroker();
  await broker.connect({ service: 'scheduler', node: 'control1' }).serve(vmDelete, async (body) => {
    asked.push(body);
    return answers[Math.min(asked.length, answers.length) - 1] ?? electing;
  });
  const bus = broker.connect({ service: 'api', node: 'control1' });
  return { commands: new Commands(bus, new ClusterView(bus), { forMs: 100, everyMs: 10 }), asked };
}

test('what an owner cannot store now is asked for again, as the same operation', async () => {
  const { commands, asked } = await owner(electing, electing, { ok: true, value: { operation: 'op-1', vm: 'web1' } });
  expect(await commands.send(vmDelete, request, { requestId: 'r' })).toEqual({ operation: 'op-1', vm: 'web1' });
  expect(asked).toEqual([request, request, request]);
});

test('it is refused in the end when it stays so', async () => {
  const { commands } = await owner(electing);
  await expect(commands.send(vmDelete, request, { requestId: 'r' })).rejects.toMatchObject({ code: 'unavailable' });
});

test('any other refusal is told at once', async () => {
  const { commands, asked } = await owner({ ok: false, refusal: { code: 'conflict', message: 'web1 is being moved' } });
  await expect(commands.send(vmDelete, request, { requestId: 'r' })).rejects.toMatchObject({ code: 'conflict' });
  expect(asked).toHaveLength(1);
});

test('what a VM has not is told with what it has, and not with names of VMs', async () => {
  const remedy = 'name one of its NICs: 0 on guest';
  const refusal = { code: 'not-found', message: 'web1 has no NIC 5', field: 'nic', remedy } as const;
  const { commands } = await owner({ ok: false, refusal });
  await expect(commands.send(vmDelete, request, { requestId: 'r' })).rejects.toMatchObject({ more: { remedy } });
});
