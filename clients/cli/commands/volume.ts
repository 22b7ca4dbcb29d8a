import type { VolumeView } from '@holdfast/client';
import { memoryText } from '../output.js';
import { emptyText, withList, type ListFlags, type Register } from '../session.js';

function holders({ attachment }: VolumeView): string {
  if (!attachment || attachment.holders.length === 0) return 'nobody';
  return attachment.holders
    .map(
      ({ host, generation, phase }) =>
        `${host} g${generation}${phase === 'open' ? '' : ` ${phase}`}`,
    )
    .join(', ');
}

export const registerVolume: Register = (program, session) => {
  const group = program
    .command('volume')
    .description('volumes: the disks of VMs, on the storage nodes');
  withList(group.command('list'), 'state=ready,sizeMiB>=1024')
    .description('all volumes, and which host may write each, at which generation')
    .action(async (flags: ListFlags) => {
      const { client, output } = session;
      const volumes = await client.all<VolumeView>((page) => client.volumes(page), flags);
      if (flags.json) output.json({ items: volumes });
      else {
        output.table(
          ['VOLUME', 'VM', 'PROJECT', 'SIZE', 'STATE', 'POOL', 'NODE', 'HELD BY', 'REASON'],
          volumes.map((volume) => [
            volume.volume,
            volume.vm,
            volume.project ?? '-',
            memoryText(volume.sizeMiB),
            volume.state,
            volume.pool,
            volume.node,
            holders(volume),
            volume.reason,
          ]),
          emptyText(flags, 'there is no volume yet'),
        );
      }
    });
};
