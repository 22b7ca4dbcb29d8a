import { z } from 'zod';

export const refusalCodes = [
  'invalid', // the request itself is wrong
  'not-found',
  'exists',
  'conflict', // the thing is in a state that does not allow it
  'stale', // an older generation, epoch, revision or incarnation
  'no-capacity',
  'unavailable', // try again later
  'forbidden',
] as const;

/** Why something was not done, and what to do about it. A value, never an exception. */
export const refusalSchema = z.object({
  code: z.enum(refusalCodes),
  message: z.string().max(2000),
  /** Path of the offending field, for example `disks[0].sizeMiB`. */
  field: z.string().max(200).optional(),
  remedy: z.string().max(1000).optional(),
});
export type Refusal = z.infer<typeof refusalSchema>;

export type Reply<Value> = { ok: true; value: Value } | { ok: false; refusal: Refusal };

export function accepted<Value>(value: Value): Reply<Value> {
  return { ok: true, value };
}

export function refused<Value = never>(
  code: Refusal['code'],
  message: string,
  more: { field?: string; remedy?: string } = {},
): Reply<Value> {
  return { ok: false, refusal: { code, message, ...more } };
}

/** The first problem of a failed validation as a refusal: `disks[0].sizeMiB: ...`. */
export function refusalOf(error: z.ZodError): Refusal {
  const issue = error.issues[0];
  if (!issue) return { code: 'invalid', message: 'the request is not valid' };
  const field = issue.path.reduce<string>(
    (path, part) =>
      typeof part === 'number' ? `${path}[${part}]` : path === '' ? String(part) : `${path}.${String(part)}`,
    '',
  );
  const unknownKeys = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : null;
  const where = field === '' ? (unknownKeys ?? 'request') : field;
  return { code: 'invalid', field: where, message: `${where}: ${issue.message}` };
}
