import type { VmSpec } from '@holdfast/contracts';
import type { Candidate } from './candidate.js';

/** Share of the host's scarcer resource left after the placement, 0 to 1: more left is better (balanced). */
export function scoreOf(candidate: Candidate, spec: Pick<VmSpec, 'cpus' | 'memoryMiB'>, cpuRatio: number): number {
  const memoryLeft = 1 - (candidate.usedMemoryMiB + spec.memoryMiB) / candidate.memoryMiB;
  const cpusLeft = 1 - (candidate.usedCpus + spec.cpus) / (candidate.cpus * cpuRatio);
  return Math.min(memoryLeft, cpusLeft);
}
