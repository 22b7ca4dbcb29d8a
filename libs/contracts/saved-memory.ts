import { z } from 'zod';
import { generationSchema, idSchema } from './names.js';

/** What its agent says of a copy that has ended because its memory is stored. */
export const suspendedReason = 'suspended';

/**
 * One of its volumes is for its memory: `storing` while its host writes it there, `kept` once it is there whole and no
 * copy runs. The first generation after that may go on from it, and no other ever: then it is `spent`, for the disks
 * have moved on.
 */
export const savedMemorySchema = z.object({
  volume: idSchema,
  state: z.enum(['storing', 'kept', 'spent']),
  /** The one that goes on from it; 0 for none. */
  generation: generationSchema.optional(),
});

export type SavedMemory = z.infer<typeof savedMemorySchema>;

/** Nothing of it runs, and its next start goes on from its stored memory. */
export function isSuspended({ phase, savedMemory }: { phase: string; savedMemory?: SavedMemory | undefined }): boolean {
  return phase === 'stopped' && savedMemory?.state === 'kept';
}
