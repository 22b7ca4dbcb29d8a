/** The certificates of the APIs that `up` started here: what they are, and new ones in their place. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './errors.js';
import { nodeDirectory, readInstance } from './instance.js';
import { createAuthority, issueCertificate, type Authority, type CertificateFiles } from './pki.js';

export interface CertificateState {
  /** Whose it is: a control node, or `authority`. */
  of: string;
  file: string;
  endsAtMs: number;
}

const dayMs = 86_400_000;
const apiValidDays = 90;
/** Half their time, so that the warnings, from 30 days before the end, are of renewals that did not happen. */
const renewBeforeMs = (apiValidDays / 2) * dayMs;

/** Of an API that people reach on this machine. */
export function issueApiCertificate(
  authority: Authority, directory: string, validDays = apiValidDays,
): Promise<CertificateFiles> {
  return issueCertificate(authority, {
    commonName: 'holdfast-api',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
    directory,
    server: true,
    client: false,
    validDays,
  });
}

/** The authority's first. */
export async function certificatesOf(stateDirectory: string): Promise<CertificateState[]> {
  const files: (readonly [string, string])[] = [
    ['authority', join(stateDirectory, 'pki', 'ca-cert.pem')],
    ...(await apiDirectories(stateDirectory)).map(({ of, directory }) => [of, join(directory, 'cert.pem')] as const),
  ];
  return Promise.all(files.map(async ([of, file]) => {
    const { validToDate } = new X509Certificate(await readFile(file, 'utf8'));
    return { of, file, endsAtMs: validToDate.getTime() };
  }));
}

/** Each API shows its new one within a minute, and goes on serving meanwhile. */
export async function renewCertificates(stateDirectory: string): Promise<void> {
  const directories = await apiDirectories(stateDirectory);
  const authority = await createAuthority(join(stateDirectory, 'pki'));
  for (const { directory } of directories) await issueApiCertificate(authority, directory);
}

/**
 * Only those of our authority whose time is half over, or whose renewal was cut off. What somebody has put there from
 * another authority is theirs to renew.
 * @returns whose they were.
 */
export async function renewDueCertificates(stateDirectory: string, nowMs: number): Promise<string[]> {
  const authority = await createAuthority(join(stateDirectory, 'pki'));
  const { publicKey } = new X509Certificate(authority.certificatePem);
  const renewed: string[] = [];
  for (const { of, directory } of await apiDirectories(stateDirectory)) {
    const certificate = new X509Certificate(await readFile(join(directory, 'cert.pem')));
    const key = createPrivateKey(await readFile(join(directory, 'key.pem')));
    const isDue = certificate.validToDate.getTime() - nowMs < renewBeforeMs || !certificate.checkPrivateKey(key);
    if (!certificate.verify(publicKey) || !isDue) continue;
    await issueApiCertificate(authority, directory);
    renewed.push(of);
  }
  return renewed;
}

async function apiDirectories(stateDirectory: string): Promise<{ of: string; directory: string }[]> {
  const instance = await readInstance(stateDirectory);
  const directories = [
    { of: 'local', directory: join(stateDirectory, 'local', 'pki') },
    ...(instance?.nodes ?? []).map(({ name }) =>
      ({ of: name, directory: join(nodeDirectory(stateDirectory, name), 'api', 'pki') })),
  ].filter(({ directory }) => existsSync(join(directory, 'cert.pem')));
  if (directories.length > 0) return directories;
  throw new LabError('failed', 'no API that `up` started runs here; remedy: ./holdfast up');
}
