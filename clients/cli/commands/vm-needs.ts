/** What a VM asks of its host besides CPUs and memory, as options of a command. */
import type { VmNeeds } from '@holdfast/contracts';
import { Option, type Command } from 'commander';
import { parseInteger } from '../arguments.js';

export interface NeedFlags {
  cpu?: string;
  network?: string;
  nic?: string[];
  hugepages?: '2M' | '1G';
  numa?: 'single';
  netMbits?: number;
  diskMbs?: number;
}

export function withNeeds(command: Command): Command {
  return command
    .option('--cpu <MODEL[,+FEATURE...]>', 'the CPU that its guest sees, only on hosts that offer it: Nehalem,+aes')
    .option('--network <NAME>', 'the guest network that it joins, only on hosts that reach it (default: guest)')
    .option('--nic <NETWORK...>', 'more NICs, each on a guest network')
    .addOption(new Option('--hugepages <SIZE>', 'its memory is made of huge pages of that size').choices(['2M', '1G']))
    .addOption(new Option('--numa <FIT>', 'only hosts of which one NUMA node is large enough').choices(['single']))
    .option('--net-mbits <N>', 'bandwidth of its NIC, kept free for it and its limit', parseInteger)
    .option('--disk-mbs <N>', 'MB/s of all its disks, kept free for it and their limit', parseInteger);
}

type Needs = { [K in keyof VmNeeds]: Exclude<VmNeeds[K], null> };

export function needsOf({ cpu, network, nic, hugepages, numa, netMbits, diskMbs }: NeedFlags): Needs {
  return {
    ...(cpu === undefined ? {} : { cpuModel: cpu }),
    ...(network === undefined ? {} : { network }),
    ...(nic === undefined ? {} : { nics: nic.map((each, index) => ({ nic: index + 1, network: each })) }),
    ...(hugepages === undefined ? {} : { hugePages: hugepages }),
    ...(numa === undefined ? {} : { numa }),
    ...(netMbits === undefined ? {} : { netMbits }),
    ...(diskMbs === undefined ? {} : { diskMBs: diskMbs }),
  };
}

/** Of what was asked for, in `vm show`. */
export function needFields({ cpuModel, hugePages, numa, netMbits, diskMBs }: VmNeeds): (readonly [string, string])[] {
  return [
    ...(cpuModel === undefined ? [] : [['CPU', cpuModel] as const]),
    ...(hugePages === undefined ? [] : [['huge pages', hugePages] as const]),
    ...(numa === undefined ? [] : [['NUMA', `${numa} node`] as const]),
    ...(netMbits === undefined ? [] : [['network share', `${netMbits} Mbit/s`] as const]),
    ...(diskMBs === undefined ? [] : [['disk share', `${diskMBs} MB/s`] as const]),
  ];
}
