import type { Clock } from '@holdfast/runtime';

/** True once the condition holds, false when the time is over; looks at every change of these records. */
export async function seenWithin(
  timeoutMs: number,
  condition: () => boolean,
  records: { onChange(listener: () => void): () => void },
  clock: Clock,
): Promise<boolean> {
  if (condition()) return true;
  return await new Promise<boolean>((resolve) => {
    const done = (held: boolean): void => {
      cancel();
      unsubscribe();
      resolve(held);
    };
    const cancel = clock.after(timeoutMs, () => done(false));
    const unsubscribe = records.onChange(() => {
      if (condition()) done(true);
    });
  });
}
