import { traceIdOf } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { contextOfRequest } from './request-context.js';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const step = '00f067aa0ba902b7';

describe('a request that arrives', () => {
  test('goes on with the trace of its caller, as a step of its own', () => {
    const { requestId, traceparent } = contextOfRequest({ traceparent: `00-${trace}-${step}-01` });
    expect(requestId).toBe(trace);
    expect(traceparent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    expect(traceparent).not.toContain(step);
  });

  test('keeps the id that its caller gave, beside the trace', () => {
    const context = contextOfRequest({ 'x-request-id': 'r-42', traceparent: `00-${trace}-${step}-00` });
    expect([context.requestId, traceIdOf(context.traceparent)]).toEqual(['r-42', trace]);
  });

  test('whose id is a UUID has it as its trace', () => {
    const context = contextOfRequest({ 'x-request-id': '4BF92F35-77B3-4DA6-A3CE-929D0E0E4736' });
    expect(traceIdOf(context.traceparent)).toBe(trace);
  });

  test('of a later version of the standard is understood as far as this one goes', () => {
    expect(contextOfRequest({ traceparent: `01-${trace}-${step}-03-more` }).traceparent).toContain(`00-${trace}-`);
  });

  test.each([
    ['none', undefined],
    ['in capitals', `00-${trace.toUpperCase()}-${step}-00`],
    ['of zeros', `00-${'0'.repeat(32)}-${step}-00`],
    ['with a step of zeros', `00-${trace}-${'0'.repeat(16)}-00`],
    ['of a version that cannot be', `ff-${trace}-${step}-00`],
    ['with more than its version has', `00-${trace}-${step}-00-more`],
    ['sent twice', `00-${trace}-${step}-00, 00-${trace}-${step}-00`],
    ['with a line in it', `00-${trace}-${step}-00\r\nset-cookie: a=b`],
    ['without end', `01-${trace}-${step}-00-${'x'.repeat(10_000)}`],
  ])('with a traceparent %s begins a trace', (_what, traceparent) => {
    const context = contextOfRequest(traceparent === undefined ? {} : { traceparent });
    expect(context.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(context.traceparent).not.toContain(trace);
    expect(context.requestId).toBe(traceIdOf(context.traceparent));
  });
});
