import type { TimelineEntry } from '@holdfast/client';
import type { CloudEvent, IncidentLedger } from '@holdfast/contracts';

const proofSays = {
  asked: 'asked for',
  obtained: 'obtained',
  failed: 'failed',
  voided: 'void, contradicted by a later sign of life',
};

type Entry = Omit<TimelineEntry, 'sinceHeardMs'>;

function ledgerEntries(ledger: IncidentLedger): Entry[] {
  const { host } = ledger;
  const milestone = (atMs: number | null, text: string): Entry[] =>
    atMs === null ? [] : [{ atMs, subject: host, text }];
  return [
    ...milestone(ledger.lastHeardAtMs, 'last heard'),
    ...milestone(ledger.openedAtMs, 'suspected'),
    ...ledger.views.map(({ view, says, atMs }) => ({ atMs, subject: view, text: says })),
    ...ledger.decisions.map(({ atMs, text }) => ({ atMs, subject: host, text })),
    ...milestone(ledger.fencingAtMs, `fencing, epoch ${ledger.epoch}`),
    ...ledger.proofs.map(({ kind, from, status, atMs, detail }) => ({
      atMs,
      subject: from,
      text: `proof ${kind} ${proofSays[status]}${detail === '' ? '' : `: ${detail}`}`,
    })),
    ...milestone(ledger.provenAtMs, 'proven: its VMs cannot write any more'),
    ...milestone(ledger.closedAtMs, 'closed'),
  ];
}

/**
 * An incident as a report: everything that was seen, decided, proven and done, in the order of
 * time.
 */
export function timelineOf(ledger: IncidentLedger, events: readonly CloudEvent[]): TimelineEntry[] {
  const moved = events.map(({ subject, data }) => ({ atMs: data.atMs, subject, text: data.text }));
  return [...ledgerEntries(ledger), ...moved]
    .map((entry) => ({ ...entry, sinceHeardMs: entry.atMs - ledger.lastHeardAtMs }))
    .sort((a, b) => a.atMs - b.atMs);
}
