import { z } from 'zod';

/**
 * W3C Trace Context: version, trace, the step of it that caused this, flags. The trace is the same in all that one
 * request at the system's edge has caused.
 */
export const traceparentSchema = z
  .string()
  .regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/, 'no traceparent of W3C Trace Context');

/** The trace of it, which is what people search for. */
export function traceIdOf(traceparent: string | undefined): string | null {
  return traceparent?.split('-')[1] ?? null;
}
