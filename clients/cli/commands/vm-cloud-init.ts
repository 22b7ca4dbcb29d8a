/** What a guest is told at its first boot, as options of a command: files, as cloud-init's NoCloud has them. */
import type { CloudInit } from '@holdfast/contracts';
import type { VmView } from '@holdfast/client';
import type { Command } from 'commander';
import { textOf } from '../text-file.js';

export interface CloudInitFlags {
  userData?: string;
  metaData?: string;
  networkConfig?: string;
  cdrom?: string;
}

const options = { userData: '--user-data', metaData: '--meta-data', networkConfig: '--network-config' } as const;
const parts = ['userData', 'metaData', 'networkConfig'] as const;

export function withCloudInit(command: Command): Command {
  return command
    .option('--user-data <FILE>', 'what cloud-init does in the guest at its first boot: #cloud-config, a script')
    .option('--meta-data <FILE>', 'YAML for cloud-init; left out, it has the instance-id and the local-hostname')
    .option('--network-config <FILE>', "YAML for cloud-init: the guest's network")
    .option('--cdrom <ISO>', 'an image that hosts have, in a CD-ROM drive of its own');
}

export async function cloudInitOf(flags: CloudInitFlags): Promise<{ cloudInit?: CloudInit; cdrom?: string }> {
  const cloudInit: CloudInit = {};
  for (const part of parts) {
    const file = flags[part];
    if (file !== undefined) cloudInit[part] = await textOf(file, options[part]);
  }
  const { cdrom } = flags;
  return { ...(Object.keys(cloudInit).length > 0 && { cloudInit }), ...(cdrom !== undefined && { cdrom }) };
}

export function cloudInitFields({ cloudInit, cdrom }: VmView['spec']): (readonly [string, string])[] {
  const told = parts.flatMap((part) => {
    const { bytes, sha256 } = cloudInit?.[part] ?? { bytes: 0, sha256: '' };
    return sha256 === '' ? [] : [`${options[part].slice(2)} ${bytes} bytes (sha256 ${sha256.slice(0, 12)})`];
  });
  return [
    ...(cdrom === undefined ? [] : [['CD-ROM', cdrom ?? 'empty'] as const]),
    ...(told.length === 0 ? [] : [['cloud-init', told.join(', ')] as const]),
  ];
}
