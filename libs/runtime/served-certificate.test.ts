import { X509Certificate } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAuthority, issueCertificate, type Authority } from '../../lab/pki.js';
import type { Clock } from './clock.js';
import { Metrics } from './metrics.js';
import { ServedCertificate, type TlsServer } from './served-certificate.js';

let directory: string;
let authority: Authority;
let due: () => void;
let nowMs: number;
let certificate: ServedCertificate;
let told: string[];
let shown: string[];
let metrics: Metrics;

const dayMs = 86_400_000;
const pair = (): { certFile: string; keyFile: string } => ({
  certFile: join(directory, 'api', 'cert.pem'),
  keyFile: join(directory, 'api', 'key.pem'),
});
const issue = async (name: string): Promise<{ certFile: string; keyFile: string }> =>
  issueCertificate(authority, {
    commonName: 'api', dnsNames: ['localhost'], ipAddresses: [], directory: join(directory, name),
    server: true, client: false,
  });
const clock: Clock = { nowMs: () => nowMs, after: (_ms, then) => ((due = then), () => (due = () => {})) };
const server: TlsServer = { setSecureContext: ({ cert }) => void shown.push(String(cert)) };
/** The next look has been taken when it has asked for the one after it. */
async function look(): Promise<void> {
  const before = due;
  due();
  await vi.waitFor(() => expect(due).not.toBe(before));
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-certificate-'));
  authority = await createAuthority(join(directory, 'ca'));
  await issue('api');
  [told, shown, nowMs] = [[], [], Date.now()];
  certificate = await ServedCertificate.load(pair());
  metrics = new Metrics({ service: 'api', node: 'c1' });
  const tell = (_: object, text: string): void => void told.push(text);
  due = () => certificate.watch(server, { clock, log: { info: tell, warn: tell }, metrics });
  await look();
});
afterEach(async () => {
  certificate.stop();
  await rm(directory, { recursive: true });
});

describe('a served certificate', () => {
  test('is shown anew when its files have changed, and only then', async () => {
    await look();
    expect(shown).toEqual([]);
    const { certFile } = await issue('api');
    await look();
    await look();
    expect(shown).toEqual([await readFile(certFile, 'utf8')]);
    expect(certificate.options.cert).toBe(shown[0]);
    const endsAtSeconds = new X509Certificate(certificate.options.cert).validToDate.getTime() / 1000;
    expect(await metrics.scrape()).toMatch(new RegExp(`holdfast_certificate_ends_seconds.* ${endsAtSeconds}\n`));
  });

  test('stays while its files make no pair, which is told once', async () => {
    const { cert } = certificate.options;
    const other = await issue('other');
    await copyFile(other.certFile, pair().certFile);
    await look();
    await look();
    await writeFile(pair().certFile, 'nonsense');
    await look();
    expect(shown).toEqual([]);
    expect(certificate.options.cert).toBe(cert);
    expect(told).toHaveLength(2);
    await copyFile(other.certFile, pair().certFile);
    await copyFile(other.keyFile, pair().keyFile);
    await look();
    expect(shown).toHaveLength(1);
  });

  test('is told of daily from 30 days before it ends', async () => {
    const endsAtMs = new X509Certificate(certificate.options.cert).validToDate.getTime();
    nowMs = endsAtMs - 31 * dayMs;
    await look();
    expect(told).toEqual([]);
    nowMs = endsAtMs - 29 * dayMs;
    await look();
    nowMs += dayMs / 2;
    await look();
    expect(told).toEqual(['the certificate ends soon']);
    nowMs += dayMs;
    await look();
    nowMs = endsAtMs + 1;
    await look();
    expect(told.slice(1)).toEqual(['the certificate ends soon', 'the certificate has ended: clients refuse it']);
  });

  test('that is none is refused at the start, with the file that is wrong', async () => {
    const other = await issue('other');
    const mixed = { certFile: other.certFile, keyFile: pair().keyFile };
    await expect(ServedCertificate.load(mixed)).rejects.toThrow(other.certFile);
  });
});
