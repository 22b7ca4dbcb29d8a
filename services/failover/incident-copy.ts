import { BusError, type Bus } from '@holdfast/bus';
import { incidents, type IncidentLedger } from '@holdfast/contracts';
import { saysMore } from './core/index.js';

const maxAttempts = 8;

/** `incidents` holds a copy of the ledger for history; an older copy never replaces a newer one. */
export async function recordIncident(bus: Bus, ledger: IncidentLedger | null): Promise<void> {
  if (!ledger) return;
  const bucket = bus.bucket(incidents);
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const known = await bucket.get(ledger.id);
    if (known && !saysMore(ledger, known.value)) return;
    const revision = known
      ? await bucket.update(ledger.id, ledger, known.revision)
      : await bucket.create(ledger.id, ledger);
    if (revision !== null) return;
  }
  throw new BusError('timeout', `the record of incident ${ledger.id} keeps changing`);
}
