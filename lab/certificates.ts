/** The certificates of the APIs that `up` started here: what they are, and new ones in their place. */
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './errors.js';
import { createAuthority, issueCertificate, type Authority, type CertificateFiles } from './pki.js';
import { openLab } from './up.js';

export interface CertificateState {
  /** Whose it is: a control node, or `authority`. */
  of: string;
  file: string;
  endsAtMs: number;
}

/** Of an API that people reach on this machine. */
export function issueApiCertificate(authority: Authority, directory: string): Promise<CertificateFiles> {
  return issueCertificate(authority, {
    commonName: 'holdfast-api',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
    directory,
    server: true,
    client: false,
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

async function apiDirectories(stateDirectory: string): Promise<{ of: string; directory: string }[]> {
  const simulated = join(stateDirectory, 'local', 'pki');
  if (existsSync(join(simulated, 'cert.pem'))) return [{ of: 'local', directory: simulated }];
  const lab = await openLab(stateDirectory);
  const directories = (lab?.nodes ?? [])
    .map(({ name, fileDirectory }) => ({ of: name, directory: join(fileDirectory, 'api', 'pki') }))
    .filter(({ directory }) => existsSync(join(directory, 'cert.pem')));
  if (directories.length > 0) return directories;
  throw new LabError('failed', 'no API that `up` started runs here; remedy: ./holdfast up');
}
