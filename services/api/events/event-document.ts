import { dataSchemaOf, eventDataSchema, eventSchema, eventStream, eventTypes, registry } from '@holdfast/contracts';
import { z } from 'zod';

type Json = Record<string, unknown>;

/** `vm.started` as one word: `vmStarted`. */
function wordOf(event: string): string {
  return event.replaceAll(/[.-]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return rest;
}

const ownerOf = (noun: string): string => registry.events.find((each) => each.noun === noun)?.owner ?? '';

/** The whole event, attributes and data. */
export function eventJsonSchema(event: string): Json {
  const type = `io.holdfast.${event}.v1`;
  const [noun = ''] = event.split('.');
  const { properties, ...envelope } = schemaOf(eventSchema) as { properties: Record<string, Json> };
  return {
    ...envelope,
    title: type,
    description: `${noun}: ${eventTypes[event]?.says}`,
    properties: {
      ...properties,
      id: { type: 'string', minLength: 1, description: 'the same event has the same id, however often it comes' },
      source: { type: 'string', const: `/holdfast/${ownerOf(noun)}` },
      type: { type: 'string', const: type },
      dataschema: { type: 'string', format: 'uri', const: eventDataSchema(type) },
      subject: { type: 'string', minLength: 1, description: `name of the ${noun}` },
      time: { type: 'string', format: 'date-time' },
      data: schemaOf(dataSchemaOf(event)),
    },
  };
}

/** AsyncAPI 3.0 of the event stream, made from the contracts. */
export function asyncApiDocument(): Json {
  const channels: Json = {};
  const operations: Json = {};
  const messages: Json = {};
  const schemas: Json = {};
  for (const event of Object.keys(eventTypes).sort()) {
    const [noun = '', verb = ''] = event.split('.');
    const word = wordOf(event);
    channels[word] = {
      address: `evt.v1.${noun}.{name}.${verb}`,
      parameters: { name: { description: `name of the ${noun}` } },
      messages: { [word]: { $ref: `#/components/messages/${word}` } },
    };
    operations[word] = {
      action: 'send',
      channel: { $ref: `#/channels/${word}` },
      messages: [{ $ref: `#/channels/${word}/messages/${word}` }],
    };
    messages[word] = {
      name: `io.holdfast.${event}.v1`,
      title: event,
      summary: `${noun}: ${eventTypes[event]?.says}`,
      contentType: 'application/cloudevents+json',
      payload: { $ref: `#/components/schemas/${word}` },
    };
    schemas[word] = eventJsonSchema(event);
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Holdfast events',
      version: '1.0.0',
      description: `CloudEvents 1.0 on the JetStream stream ${eventStream.name}, and as server-sent events at `
        + '`GET /api/v1/events`. Each is delivered at least once, in the order of its subject.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels,
    operations,
    components: { messages, schemas },
  };
}

/** The table of docs/events.md. */
export function eventTable(): string {
  const rows = Object.entries(eventTypes).map(([event, { says, has, may }]) => {
    const [noun = '', verb = ''] = event.split('.');
    const data = [...has.map((name) => `\`${name}\``), ...may.map((name) => `\`${name}\`?`)].join(', ');
    return `| \`evt.v1.${noun}.NAME.${verb}\` | ${says} | ${data} | ${ownerOf(noun)} |`;
  });
  return ['| subject | says | data, besides the common | by |', '|---|---|---|---|', ...rows, ''].join('\n');
}
