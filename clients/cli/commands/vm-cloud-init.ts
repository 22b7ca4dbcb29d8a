/** What a guest boots from, and is told at its first boot as cloud-init's NoCloud has it: options of a command. */
import { bootDevices, type BootOrder, type CloudInit } from '@holdfast/contracts';
import type { VmView } from '@holdfast/client';
import type { Command } from 'commander';
import { textOf } from '../text-file.js';
import { bootOrder } from './vm-boot.js';

export interface CloudInitFlags {
  userData?: string;
  metaData?: string;
  networkConfig?: string;
  cdrom?: string;
  boot?: BootOrder;
}

const options = { userData: '--user-data', metaData: '--meta-data', networkConfig: '--network-config' } as const;
const parts = ['userData', 'metaData', 'networkConfig'] as const;

export function withCloudInit(command: Command): Command {
  return command
    .option('--user-data <FILE>', 'what cloud-init does in the guest at its first boot: #cloud-config, a script')
    .option('--meta-data <FILE>', 'YAML for cloud-init; left out, it has the instance-id and the local-hostname')
    .option('--network-config <FILE>', "YAML for cloud-init: the guest's network")
    .option('--cdrom <ISO>', 'an image that hosts have, in a CD-ROM drive of its own')
    .option('--boot <ORDER>', `what its firmware tries: ${bootDevices.join(', ')}; left out: what its image has`,
      bootOrder);
}

interface Told {
  cloudInit?: CloudInit;
  cdrom?: string;
  boot?: BootOrder;
}

export async function cloudInitOf(flags: CloudInitFlags): Promise<Told> {
  const cloudInit: CloudInit = {};
  for (const part of parts) {
    const file = flags[part];
    if (file !== undefined) cloudInit[part] = await textOf(file, options[part]);
  }
  const { cdrom, boot } = flags;
  return {
    ...(Object.keys(cloudInit).length > 0 && { cloudInit }),
    ...(cdrom !== undefined && { cdrom }),
    ...(boot && { boot }),
  };
}

export function cloudInitFields({ cloudInit, cdrom, boot }: VmView['spec']): (readonly [string, string])[] {
  const told = parts.flatMap((part) => {
    const { bytes, sha256 } = cloudInit?.[part] ?? { bytes: 0, sha256: '' };
    return sha256 === '' ? [] : [`${options[part].slice(2)} ${bytes} bytes (sha256 ${sha256.slice(0, 12)})`];
  });
  return [
    ...(boot === undefined ? [] : [['boots from', boot.join(', ')] as const]),
    ...(cdrom === undefined ? [] : [['CD-ROM', cdrom ?? 'empty'] as const]),
    ...(told.length === 0 ? [] : [['cloud-init', told.join(', ')] as const]),
  ];
}
