import {
  accepted,
  broadcast,
  bucket,
  command,
  refused,
  stream,
  type CloudEvent,
} from '@holdfast/contracts';
import { z } from 'zod';
import type { Bus, Change } from './bus.js';
import type { Registry } from './permissions.js';

/* What the contract tests say over the bus; small, but of every kind. */

export const notes = bucket({
  name: 'notes',
  owner: 'scheduler',
  readers: ['scheduler', 'api'],
  ownNodeReaders: ['host-agent'],
  schema: z.object({ text: z.string(), size: z.number().int().nonnegative() }),
});
/** The same bucket as someone with an older schema would write it. */
export const oldNotes = { ...notes, schema: z.object({ title: z.string() }) };
export const seen = bucket({
  name: 'seen',
  owner: 'host-agent',
  writes: 'own-node',
  readers: ['scheduler', 'api'],
  schema: z.object({ count: z.number() }),
});
export const sealed = bucket({
  name: 'sealed',
  owner: 'storage',
  readers: ['storage'],
  ownNodeReaders: ['host-agent'],
  schema: z.object({ secret: z.string() }),
});
export const places = bucket({
  name: 'places',
  owner: 'storage',
  readers: ['host-agent', 'api'],
  schema: z.object({ address: z.string() }),
});
export const double = command({
  name: 'double',
  service: 'scheduler',
  scope: 'service',
  callers: ['api'],
  request: z.strictObject({ number: z.number().int().max(1000) }),
  value: z.object({ number: z.number() }),
});
export const touch = command({
  name: 'touch',
  service: 'host-agent',
  scope: 'node',
  callers: ['scheduler'],
  request: z.strictObject({}),
  value: z.object({ node: z.string(), requestId: z.string(), traceparent: z.string().optional() }),
});
export const beat = broadcast({
  name: 'beat',
  senders: ['host-agent'],
  readers: ['scheduler'],
  schema: z.object({ sequence: z.number() }),
});

export const counts = stream({
  name: 'counts',
  owner: 'scheduler',
  readers: ['api'],
  days: 1,
  mebibytes: 1,
  schema: z.object({ count: z.number() }),
});

export const contractRegistry: Registry = {
  buckets: [notes, seen, sealed, places],
  commands: [double, touch],
  broadcasts: [beat],
  streams: [counts],
  events: [{ noun: 'note', owner: 'scheduler' }],
  eventReaders: ['api'],
};

export function noteEvent(id: string): CloudEvent {
  return {
    specversion: '1.0',
    id,
    source: '/test',
    type: 'note.written',
    subject: 'n1',
    time: '2026-01-01T00:00:00Z',
    datacontenttype: 'application/json',
    data: { text: 'written', atMs: 1, operation: null, incident: null },
  };
}

/** What a bus under test gives to the suite. */
export interface BusFixture {
  scheduler: Bus;
  api: Bus;
  h1: Bus;
  h2: Bus;
  storage: Bus;
  problems: string[];
}

/** Everything a watch saw, in words: `a=1@5`, `a-@6`, `ready`. */
export function recordChanges(): {
  log: string[];
  watch: {
    onChange(change: Change<{ text: string }>): void;
    onReady(): void;
  };
} {
  const log: string[] = [];
  return {
    log,
    watch: {
      onChange: (change) => {
        log.push(change.value ? `${change.key}=${change.value.text}` : `${change.key} removed`);
      },
      onReady: () => {
        log.push('ready');
      },
    },
  };
}

/** The node's agent answering `touch`. */
export async function serveTouch(bus: Bus): Promise<void> {
  await bus.serve(touch, (_request, context) =>
    Promise.resolve(accepted({ node: bus.node, requestId: '', ...context })),
  );
}

export async function serveDouble(bus: Bus): Promise<void> {
  await bus.serve(double, ({ number }) =>
    Promise.resolve(
      number < 0 ? refused('conflict', 'not below zero', { field: 'number' }) : accepted({ number: number * 2 }),
    ),
  );
}
