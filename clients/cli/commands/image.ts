import type { ImageView } from '@holdfast/client';
import { memoryText } from '../output.js';
import { emptyText, withList, type ListFlags, type Register } from '../session.js';

export const registerImage: Register = (program, session) => {
  const group = program.command('image').description('images: what new VMs are made from');
  withList(group.command('list'), 'kind=disk,sizeMiB<=4096')
    .description('disks that storage nodes copy for a VM, and kernels that hosts start beside an empty disk')
    .addHelpText(
      'after',
      `
A disk is a file NAME.qcow2 or NAME.raw in the directory of images of a storage node: copy it there under another
name, then rename it. It is seen within seconds, and only ever read.`,
    )
    .action(async (flags: ListFlags) => {
      const { client, output } = session;
      const images = await client.all<ImageView>((page) => client.images(page), flags);
      if (flags.json) output.json({ items: images });
      else {
        output.table(
          ['IMAGE', 'KIND', 'SIZE', 'FORMAT', 'POOLS', 'ON', 'CANNOT BE USED'],
          images.map(({ name, kind, sizeMiB, format, pools, nodes, unusable }) => [
            name,
            kind,
            sizeMiB === null ? '-' : memoryText(sizeMiB),
            format ?? '-',
            pools.length === 0 ? '-' : pools.join(','),
            nodes.join(','),
            unusable ?? '',
          ]),
          emptyText(flags, 'there is no image yet'),
        );
      }
    });
};
