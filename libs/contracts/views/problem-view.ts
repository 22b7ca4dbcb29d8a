import { z } from 'zod';
import { refusalCodes } from '../refusal.js';

export const problemCodes = [
  ...refusalCodes,
  'unauthorized',
  'unsupported-media-type',
  'precondition-failed',
  'over-quota',
  'too-large',
  'unknown-route',
  'too-many-requests',
  'internal',
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/** An error as the API gives it: RFC 9457, with a code for programs and a remedy for people. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int().min(400).max(599),
  detail: z.string(),
  instance: z.string(),
  code: z.enum(problemCodes),
  field: z.string().optional().describe('Path of the offending field, for example `disks[0].sizeMiB`.'),
  remedy: z.string().optional().describe('What to do about it.'),
  near: z.array(z.string()).optional().describe('Names like the one that was not found.'),
  requestId: z.string(),
});
export type ProblemDetails = z.infer<typeof problemSchema>;
