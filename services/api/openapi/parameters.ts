/** What parameters of queries mean, wherever they are taken. */
export const parameterTexts: Readonly<Record<string, string>> = {
  limit: 'How many items at most.',
  after: 'The `next` of the page before.',
  sort: 'One column, with `-` before it for the largest first.',
  filter: 'Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. ' +
    'Of events: a noun, optionally with a name and a verb: `vm.web1`.',
  fields: 'Only these fields of each item, with commas between them: `name,spec.cpus`.',
  waitMs: 'Answer when it has ended, or after so many milliseconds.',
  bytes: 'How many bytes at most.',
  since: 'The first place in the stream that is wanted; left out: only what happens from now on.',
  from: 'From this moment on, as 2026-01-31T12:00:00Z.',
  month: 'In UTC; left out: this month, until now.',
  until: 'Before this moment.',
  lose: 'A host, LABEL=VALUE for all hosts with it, or a number for any so many hosts; left out: any one.',
  port: 'Where the guests serve their metrics.',
  known: 'The `end` of an earlier verification: shows a log that was cut short or made anew.',
  away: 'Hosts with commas between them that are emptied before.',
};

/** What requests may carry beside their own. */
export const sharedParameters = {
  DryRun: {
    name: 'dryRun',
    in: 'query',
    required: false,
    description: 'Change nothing: answer with what would come of it.',
    schema: { type: 'boolean' },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The `ETag` of the answer that this change rests on; 412 when it has changed since.',
    schema: { type: 'string' },
  },
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    required: false,
    description: 'An id for this request; left out, or not of this form, it gets one.',
    schema: { type: 'string', pattern: '^[\\w.-]{1,64}$' },
  },
  Traceparent: {
    name: 'traceparent',
    in: 'header',
    required: false,
    description: 'W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one.',
    schema: { type: 'string', pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'The same key and the same request are one operation, however often they are sent.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
  },
};
