/** What a VM asks of its host besides CPUs and memory, as options of a command. */
import { type VmNeeds } from '@holdfast/contracts';
import type { Command } from 'commander';

export interface NeedFlags {
  cpu?: string;
  network?: string;
}

export function withNeeds(command: Command): Command {
  return command
    .option('--cpu <MODEL[,+FEATURE...]>', 'the CPU that its guest sees, only on hosts that offer it: Nehalem,+aes')
    .option('--network <NAME>', 'the guest network that it joins, only on hosts that reach it (default: guest)');
}

export function needsOf({ cpu, network }: NeedFlags): { [K in keyof VmNeeds]: Exclude<VmNeeds[K], null> } {
  return {
    ...(cpu === undefined ? {} : { cpuModel: cpu }),
    ...(network === undefined ? {} : { network }),
  };
}

/** Of what was asked for, in `vm show`. */
export function needFields({ cpuModel }: VmNeeds): (readonly [string, string])[] {
  return cpuModel === undefined ? [] : [['CPU', cpuModel]];
}
