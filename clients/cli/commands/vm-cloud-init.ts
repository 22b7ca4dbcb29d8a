/** What a guest is told at its first boot, as options of a command: files, as cloud-init's NoCloud has them. */
import { readFile } from 'node:fs/promises';
import type { CloudInit } from '@holdfast/contracts';
import type { VmView } from '@holdfast/client';
import type { Command } from 'commander';
import { UsageError } from '../failure.js';

export interface CloudInitFlags {
  userData?: string;
  metaData?: string;
  networkConfig?: string;
}

const options = { userData: '--user-data', metaData: '--meta-data', networkConfig: '--network-config' } as const;
const parts = ['userData', 'metaData', 'networkConfig'] as const;
/** More is refused anyway, and is not read: it may be no file of text at all. */
const maxFileBytes = 128 * 1024;

export function withCloudInit(command: Command): Command {
  return command
    .option('--user-data <FILE>', 'what cloud-init does in the guest at its first boot: #cloud-config, a script')
    .option('--meta-data <FILE>', 'YAML for cloud-init; left out, it has the instance-id and the local-hostname')
    .option('--network-config <FILE>', "YAML for cloud-init: the guest's network");
}

export async function cloudInitOf(flags: CloudInitFlags): Promise<{ cloudInit?: CloudInit }> {
  const cloudInit: CloudInit = {};
  for (const part of parts) {
    const file = flags[part];
    if (file !== undefined) cloudInit[part] = await textOf(file, options[part]);
  }
  return Object.keys(cloudInit).length === 0 ? {} : { cloudInit };
}

async function textOf(file: string, option: string): Promise<string> {
  try {
    const content = await readFile(file);
    if (content.length > maxFileBytes) throw new UsageError(`${option}: ${file} is too large`, 'give a shorter file');
    return content.toString('utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new UsageError(`${option}: ${file} cannot be read (${code})`, 'give a file of text');
  }
}

export function cloudInitFields({ cloudInit }: VmView['spec']): (readonly [string, string])[] {
  const told = parts.flatMap((part) => {
    const { bytes, sha256 } = cloudInit?.[part] ?? { bytes: 0, sha256: '' };
    return sha256 === '' ? [] : [`${options[part].slice(2)} ${bytes} bytes (sha256 ${sha256.slice(0, 12)})`];
  });
  return told.length === 0 ? [] : [['cloud-init', told.join(', ')]];
}
