import type { IncidentView } from '@holdfast/client';
import { clockText, type Output } from '../output.js';
import { emptyText, withJson, withList, type JsonFlag, type ListFlags, type Register } from '../session.js';

function sinceText(fromMs: number, toMs: number | null): string {
  return toMs === null ? '-' : `${toMs - fromMs} ms`;
}

function show(output: Output, incident: IncidentView): void {
  const { lastHeardAtMs } = incident;
  output.heading(`Incident ${incident.id}: host ${incident.host}, ${incident.verdict}`);
  output.fields([
    ['state', incident.state],
    ['last heard', clockText(lastHeardAtMs)],
    ['suspected after', sinceText(lastHeardAtMs, incident.openedAtMs)],
    ['fencing after', sinceText(lastHeardAtMs, incident.fencingAtMs)],
    ['proven after', sinceText(lastHeardAtMs, incident.provenAtMs)],
    [
      'proofs',
      incident.proofs
        .filter(({ status }) => status === 'obtained')
        .map(({ kind, from }) => `${kind} from ${from}`)
        .join(', ') || 'none',
    ],
  ]);
  output.line();
  const width = Math.max(
    1,
    ...incident.timeline.map(({ sinceHeardMs }) => String(sinceHeardMs).length),
  );
  output.table(
    ['MS SINCE HEARD', 'WHO', 'WHAT'],
    incident.timeline.map(({ sinceHeardMs, subject, text }) => [
      String(sinceHeardMs).padStart(width),
      subject,
      text,
    ]),
    'nothing is known of it yet',
  );
}

export const registerIncident: Register = (program, session) => {
  const group = program
    .command('incident')
    .description('incidents: hosts that failed, and what was done');
  withList(group.command('list'), 'state!=closed,host=h1')
    .description('all incidents, newest first')
    .action(async (flags: ListFlags) => {
      const { client, output } = session;
      const incidents = await client.all<IncidentView>((page) => client.incidents(page), flags);
      if (flags.json) output.json({ items: incidents });
      else {
        output.table(
          ['INCIDENT', 'HOST', 'VERDICT', 'STATE', 'OPENED', 'PROVEN AFTER'],
          incidents.map((incident) => [
            incident.id,
            incident.host,
            incident.verdict,
            incident.state,
            clockText(incident.openedAtMs),
            sinceText(incident.lastHeardAtMs, incident.provenAtMs),
          ]),
          emptyText(flags, 'no host has failed yet'),
        );
      }
    });
  withJson(group.command('show'))
    .description('one incident as a report: milliseconds since the host was last heard')
    .argument('<ID>', 'the incident, as `incident list` shows it')
    .action(async (id: string, { json }: JsonFlag) => {
      const incident = await session.client.incident(id);
      if (json) session.output.json(incident);
      else show(session.output, incident);
    });
  withJson(group.command('resume'))
    .description('release the brake: let failover go on with a host that is held because many are silent at once')
    .argument('<ID>', 'the incident, as `incident list` shows it')
    .requiredOption('--reason <TEXT>', 'what you have seen')
    .action(async (id: string, { json, reason }: JsonFlag & { reason: string }) => {
      const resumed = await session.client.resumeIncident(id, { reason });
      if (json) session.output.json(resumed);
      else session.output.line(`${resumed.host} is judged by itself now; see \`incident show ${resumed.incident}\``);
    });
};
