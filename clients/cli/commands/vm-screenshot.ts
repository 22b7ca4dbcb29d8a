import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { UsageError } from '../failure.js';
import type { Session } from '../session.js';

export function registerVmScreenshot(group: Command, session: Session): void {
  group
    .command('screenshot')
    .description('what is on its screen, as a PNG')
    .argument('<NAME>', 'the VM')
    .option('--out <FILE>', 'where to (default: NAME.png)')
    .action(async (name: string, { out = `${name}.png` }: { out?: string }) => {
      const png = await session.client.screenshot(name);
      try {
        // It may show what is not for everyone.
        await writeFile(out, png, { mode: 0o600 });
      } catch (error) {
        const { code = 'unknown' } = error as NodeJS.ErrnoException;
        throw new UsageError(`--out: ${out} cannot be written (${code})`, 'name a file in a directory that is yours');
      }
      session.output.line(`${out}: ${png.length} bytes`);
    });
}
