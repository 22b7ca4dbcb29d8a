/**
 * VMs that come and go, in the shape of Alibaba's trace of 2023 (cluster-trace-gpu-v2023, published with Weng et al.,
 * Beware of Fragmentation, USENIX ATC 2023): sizes as often as there, and lifetimes with as long a tail; the same seed,
 * the same VMs. Its hosts of one kind have 96 CPUs and 384 GiB.
 */
import type { RuleRecord } from '@holdfast/contracts';
import { randomStream, type RandomStream } from '@holdfast/kernel';
import { ruleOf } from './place-cluster.js';

export const traceHost = { cpus: 96, memoryMiB: 384 * 1024 };

/** How often among pods 4256 to 4481; CPUs rounded up to whole ones, the largest (8 GPUs each) as often as in all. */
const sizes: readonly (readonly [often: number, cpus: number, memoryMiB: number])[] = [
  [58, 4, 5600], [46, 12, 48_128], [36, 12, 47_104], [26, 8, 30_517], [13, 4, 15_258], [9, 4, 22_888],
  [9, 19, 64_512], [9, 12, 24_576], [8, 8, 16_384], [6, 16, 80_896], [6, 16, 32_768], [5, 10, 41_560],
  [4, 12, 77_824], [3, 12, 18_432], [3, 9, 33_792], [3, 4, 24_576], [3, 6, 12_288], [2, 4, 31_250],
  [2, 15, 73_728], [2, 12, 32_768], [2, 12, 16_384], [1, 16, 65_536], [1, 1, 2048], [3, 88, 327_680],
];

/** Of their logarithm: half end within 22 minutes, one in a hundred stays for a day, none longer than three. */
const lifetime = { medianS: 1300, sigma: 1.8, longestS: 3 * 86_400 };
/** Of ten arrivals one starts a service: so many VMs of one size, kept apart. */
const services = { share: 0.1, least: 3, most: 8 };

export interface TraceVm {
  name: string;
  cpus: number;
  memoryMiB: number;
  /** Of the VMs that it is kept apart from; null when there are none. */
  service: number | null;
}

export interface Trace {
  comeCount: number;
  /** In order. */
  events: { atS: number; vm: TraceVm; isLeaving: boolean }[];
  rules: RuleRecord[];
  endsAtS: number;
}

/** `share`: of all CPUs, once as many leave as come. */
export function churnTrace(seed: string, hosts: number, share: number, lifetimes: number): Trace {
  const random = randomStream(`bench churn ${seed}`);
  const meanLifeS = meanOfMany(() => lifeOf(random));
  const meanCpus = meanOfMany(() => sizeOf(random).cpus);
  // As many are there as come in the time that one stays (Little, 1961).
  const everyS = (meanCpus * meanLifeS) / (share * hosts * traceHost.cpus);
  const endsAtS = lifetimes * meanLifeS;
  const events: Trace['events'] = [];
  let comeCount = 0;
  const rules: RuleRecord[] = [];
  let nowS = 0;
  while (nowS < endsAtS) {
    const isService = random.next() < services.share;
    const count = isService ? services.least + random.integer(services.most - services.least + 1) : 1;
    const { cpus, memoryMiB } = sizeOf(random);
    const members: string[] = [];
    for (let member = 0; member < count; member += 1) {
      nowS += -Math.log(1 - random.next()) * everyS;
      const name = `vm${comeCount}`;
      comeCount += 1;
      members.push(name);
      const vm = { name, cpus, memoryMiB, service: isService ? rules.length : null };
      events.push({ atS: nowS, vm, isLeaving: false }, { atS: nowS + lifeOf(random), vm, isLeaving: true });
    }
    if (isService) rules.push(ruleOf(`service${rules.length}`, { kind: 'vm-affinity', vms: members, together: false }));
  }
  const inTime = events.filter(({ atS }) => atS < endsAtS).sort((one, other) => one.atS - other.atS);
  return { comeCount, events: inTime, rules, endsAtS };
}

function meanOfMany(draw: () => number): number {
  const count = 200_000;
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += draw();
  return sum / count;
}

const often = sizes.reduce((sum, [count]) => sum + count, 0);

function sizeOf(random: RandomStream): { cpus: number; memoryMiB: number } {
  let left = random.integer(often);
  for (const [count, cpus, memoryMiB] of sizes) {
    if (left < count) return { cpus, memoryMiB };
    left -= count;
  }
  throw new Error('unreachable: drawn below the sum');
}

/** Log-normal, its normal deviate by Box and Muller, 1958. */
function lifeOf(random: RandomStream): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  const deviate = radius * Math.cos(2 * Math.PI * random.next());
  return Math.min(lifetime.longestS, lifetime.medianS * Math.exp(lifetime.sigma * deviate));
}
