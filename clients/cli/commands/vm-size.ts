/** The size of a VM: given, changed and shown. */
import type { NewVm, VmResize, VmView } from '@holdfast/client';
import type { Command } from 'commander';
import { parseInteger, parseSize } from '../arguments.js';
import { UsageError } from '../failure.js';
import { memoryText } from '../output.js';
import { withWait, type Session, type WaitFlags } from '../session.js';

const defaultMemoryMiB = 128;

export interface SizeFlags {
  cpus?: number;
  memory?: number;
  maxCpus?: number;
  maxMemory?: number;
}

export function withSize(command: Command): Command {
  return command
    .option('--cpus <N>', 'CPUs', parseInteger)
    .option('--memory <SIZE>', 'memory, for example 128MiB or 2GiB', parseSize)
    .option('--max-cpus <N>', 'CPUs that it can be given while it runs', parseInteger)
    .option('--max-memory <SIZE>', 'memory that it can be given while it runs', parseSize);
}

export function newSizeOf(flags: SizeFlags): Pick<NewVm, 'cpus' | 'memoryMiB' | 'maxCpus' | 'maxMemoryMiB'> {
  const { cpus = 1, memoryMiB = defaultMemoryMiB, ...most } = sizeOf(flags);
  return { cpus, memoryMiB, ...most };
}

type Sizes = Partial<Record<keyof NewVm & keyof VmResize, number>>;

export function sizeOf({ cpus, memory, maxCpus, maxMemory }: SizeFlags): Sizes {
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memoryMiB: memory }),
    ...(maxCpus === undefined ? {} : { maxCpus }),
    ...(maxMemory === undefined ? {} : { maxMemoryMiB: maxMemory }),
  };
}

type CarryOut = (flags: WaitFlags, change: ReturnType<Session['client']['resizeVm']>) => Promise<void>;

export function registerResize(group: Command, session: Session, carryOut: CarryOut): void {
  withWait(withSize(group.command('resize')))
    .description('give it another size: more while it runs, within its maximum; any while it does not')
    .argument('<NAME>', 'the VM')
    .option('--at-next-start', 'leave it as it is until it has stopped')
    .addHelpText('after', `
Examples:
  holdfast vm resize db1 --cpus 4 --memory 8GiB
  holdfast vm resize db1 --memory 2GiB --max-memory 16GiB --at-next-start

While it runs, nothing is taken from it, and memory grows in blocks of 128 MiB.`)
    .action((name: string, flags: WaitFlags & SizeFlags & { atNextStart?: boolean }) => {
      const size = sizeOf(flags);
      if (Object.keys(size).length === 0) throw new UsageError('no size is given', 'say --cpus N or --memory SIZE');
      const change = session.client.resizeVm(name, { ...size, atNextStart: flags.atNextStart === true });
      return carryOut(flags, change);
    });
}

/** As it was then found, in a sentence. */
export function nowSizeText({ name, spec, nextSize }: VmView): string {
  return `${name} has ${textOf(spec)}${nextSize ? `; once stopped: ${textOf(nextSize)}` : ''}`;
}

/** For people, a line each. */
export function sizeLines({ spec, resizing, nextSize }: VmView): [label: string, text: string][] {
  const { cpus, memoryMiB, maxCpus, maxMemoryMiB } = spec;
  const upTo = (most: string | null): string => (most === null ? '' : ` (up to ${most} while it runs)`);
  const lines: [string, string][] = [
    ['CPUs', `${cpus}${upTo(maxCpus === undefined ? null : String(maxCpus))}`],
    ['memory', `${memoryText(memoryMiB)}${upTo(maxMemoryMiB === undefined ? null : memoryText(maxMemoryMiB))}`],
  ];
  if (resizing) lines.push(['growing from', textOf(resizing)]);
  if (nextSize) lines.push(['once stopped', textOf(nextSize)]);
  return lines;
}

function textOf({ cpus, memoryMiB }: { cpus: number; memoryMiB: number }): string {
  return `${cpus} CPU${cpus === 1 ? '' : 's'} and ${memoryText(memoryMiB)}`;
}
