/** Share of the host's scarcer resource left after the placement, 0 to 1: more left is better (balanced). */
export function scoreOf(memoryLeft: number, vcpusLeft: number): number {
  return Math.min(memoryLeft, vcpusLeft);
}
