/**
 * Live migration, peer to peer: the source's libvirtd talks to the destination's, and QEMU to QEMU,
 * both in TLS.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HypervisorError, type DomainSpec, type MigrationResult } from '../ports.js';
import { destinationXml, type DomainXmlOptions } from './domain-xml.js';
import { isLibvirtError, toHypervisorError } from './libvirt-errors.js';
import type { LibvirtConnection } from './libvirt-rpc/connection.js';
import { errorCode, flag, procedures, type DomainRef } from './libvirt-rpc/procedures.js';
import type { TypedParameter } from './libvirt-rpc/xdr.js';

export interface MigrationOptions {
  /**
   * Encrypts the guest's memory on its way; needs QEMU's certificates on both hosts
   * (`default_tls_x509_cert_dir`).
   */
  migrationTls: boolean;
  /**
   * Directory of this host's client certificate for the other libvirtd; null for libvirt's own,
   * /etc/pki.
   */
  pkiPath: string | null;
}

const shortCallMs = 5_000;
/** How long an aborted migration may take to give the guest back. */
const abortGraceMs = 10_000;
/** How long to wait for the statistics after the migration itself was done. */
const statisticsWaitMs = 1_000;
/** `virDomainJobOperation`: receiving, sending. */
const jobMigrationIn = 4;
const jobMigrationOut = 5;

/**
 * The guest is sent paused: libvirt lets it run on at the source when the answer of the destination's last step is
 * lost, so nobody may let it go on there before it is known which half is the guest (ADR 0014).
 * `downtime` is told by libvirt in an event: a transient domain's statistics are gone with it.
 * Should the event be lost, the result holds the whole duration, an upper bound.
 * After an error the guest is normally still here, but only a look at both hosts tells: the last
 * word between them may have been lost.
 * @throws HypervisorError, LibvirtError, RpcError
 */
export async function migrateAway(
  connection: LibvirtConnection,
  domain: DomainRef,
  destination: { spec: DomainSpec; address: string },
  timeoutMs: number,
  options: DomainXmlOptions & MigrationOptions,
  downtime: Promise<number>,
): Promise<MigrationResult> {
  const live = await connection.call(
    procedures.domainXml,
    { domain, flags: flag.xmlMigratable },
    shortCallMs,
  );
  const beganMs = performance.now();
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    void abortJob(connection, domain, shortCallMs).catch(() => undefined);
  }, timeoutMs);
  try {
    await connection.callLong(
      procedures.domainMigratePerform,
      {
        domain,
        destinationUri: destinationUri(destination.address, options.pkiPath),
        parameters: [
          text('migrate_uri', `tcp://${bracketed(destination.address)}`),
          text('destination_xml', destinationXml(live, destination.spec, options)),
        ],
        flags:
          flag.migrateLive |
          flag.migratePeerToPeer |
          flag.migratePaused |
          flag.migrateAbortOnError |
          flag.migrateAutoConverge |
          (options.migrationTls ? flag.migrateTls : 0),
      },
      timeoutMs + abortGraceMs,
    );
  } catch (error) {
    if (!expired) throw error;
    throw new HypervisorError(
      'timeout',
      `migration of ${domain.name} took more than ${timeoutMs} ms`,
      {
        cause: toHypervisorError(error),
      },
    );
  } finally {
    clearTimeout(timer);
  }
  const durationMs = performance.now() - beganMs;
  const downtimeMs = await Promise.race([downtime, sleep(statisticsWaitMs, null, { ref: false })]);
  return { durationMs, downtimeMs: downtimeMs ?? durationMs };
}

/** Ends the migration (or other job) that runs for the domain; nothing to do when none does. */
export async function abortJob(
  connection: LibvirtConnection,
  domain: DomainRef,
  timeoutMs: number,
): Promise<void> {
  try {
    await connection.call(procedures.domainAbortJob, { domain }, timeoutMs);
  } catch (error) {
    if (!isLibvirtError(error, errorCode.operationInvalid, errorCode.noDomain)) throw error;
  }
}

/** Guest downtime in the statistics of a completed job; null if that was no outgoing migration. */
export function downtimeOf(parameters: TypedParameter[]): number | null {
  const value = (field: string): number =>
    Number(parameters.find((entry) => entry.field === field)?.value.value);
  const downtimeMs = value('downtime');
  return value('operation') === jobMigrationOut && Number.isFinite(downtimeMs) ? downtimeMs : null;
}

/**
 * Whether a paused domain is the receiving half of a migration. Libvirt has its statistics at the
 * source only.
 */
export async function isReceiving(
  connection: LibvirtConnection,
  domain: DomainRef,
  timeoutMs: number,
): Promise<boolean> {
  try {
    const { parameters } = await connection.call(
      procedures.domainJobStats,
      { domain, flags: 0 },
      timeoutMs,
    );
    return parameters.some(
      (entry) => entry.field === 'operation' && entry.value.value === jobMigrationIn,
    );
  } catch (error) {
    if (isLibvirtError(error, errorCode.operationUnsupported)) return true;
    throw error;
  }
}

function destinationUri(address: string, pkiPath: string | null): string {
  const query = pkiPath === null ? '' : `?pkipath=${encodeURIComponent(pkiPath)}`;
  return `qemu+tls://${bracketed(address)}/system${query}`;
}

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

const text = (field: string, value: string): TypedParameter => ({
  field,
  value: { type: 'string', value },
});
