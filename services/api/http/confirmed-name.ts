/** What is as grave as this is asked for by name twice. */
import { z } from 'zod';
import { Problem } from './problem.js';

export const confirmSchema = z.strictObject({
  confirm: z.string(),
  reason: z.string().trim().min(3, 'say why, in a few words').max(1000),
});

/** Throws a `Problem` when the name typed is not that of the host. */
export function confirmedName(host: string, confirm: string, when: string): void {
  if (confirm === host) return;
  throw new Problem('invalid', `confirm: this is not the name of the host, ${host}`, {
    field: 'confirm',
    remedy: `type ${host} in \`confirm\`, ${when}`,
  });
}
