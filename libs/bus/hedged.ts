/**
 * Asks, and while nobody has answered asks again: for seconds after a server is gone a read may still be sent to it,
 * or over a connection to it. Settles with what comes first, an answer or an error. For what may be asked twice.
 */
export function hedged<T>(ask: () => Promise<T>, { everyMs, most }: { everyMs: number; most: number }): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let asked = 0;
    const settled = <V>(settle: (value: V) => void) => (value: V): void => {
      clearTimeout(timer);
      asked = most;
      settle(value);
    };
    const again = (): void => {
      asked += 1;
      if (asked < most) timer = setTimeout(again, everyMs);
      ask().then(settled(resolve), settled(reject));
    };
    again();
  });
}
