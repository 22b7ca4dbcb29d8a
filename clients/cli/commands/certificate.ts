import { stateDirectory } from '../connection.js';
import { clockText, spanText } from '../output.js';
import { withJson, type JsonFlag, type Register } from '../session.js';

const warnBeforeMs = 30 * 86_400_000;

/** `certificate`: of the APIs that run on this machine, and of the authority that signed them. */
export const registerCertificate: Register = (program, session) => {
  const { output, io } = session;
  const group = program.command('certificate').description('certificates of the APIs that `up` started here');
  withJson(group.command('list'))
    .description('each with when it ends')
    .action(async ({ json }: JsonFlag) => {
      const { certificatesOf } = await import('@holdfast/lab');
      const all = await certificatesOf(stateDirectory(io.env));
      if (json) output.json({ items: all });
      else {
        const nowMs = Date.now();
        output.list(
          [
            { heading: 'OF', of: ({ of }) => of },
            { heading: 'ENDS', of: ({ endsAtMs }) => clockText(endsAtMs) },
            {
              heading: 'IN',
              of: ({ endsAtMs }) =>
                output.tone(spanText(endsAtMs - nowMs), endsAtMs - nowMs < warnBeforeMs ? 'bad' : 'plain'),
            },
            { heading: 'FILE', of: ({ file }) => file },
          ],
          all,
          '',
        );
      }
    });
  withJson(group.command('renew'))
    .description('new ones, with new keys, from the same authority; each API shows its own within a minute')
    .action(async ({ json }: JsonFlag) => {
      const { certificatesOf, renewCertificates } = await import('@holdfast/lab');
      const directory = stateDirectory(io.env);
      await renewCertificates(directory);
      if (json) output.json({ items: await certificatesOf(directory) });
      else output.line('renewed; each API shows its new certificate within a minute, without a pause');
    });
};
