import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificatesOf, issueApiCertificate, renewDueCertificates } from './certificates.js';
import { createAuthority, issueCertificate } from './pki.js';

const dayMs = 86_400_000;
let state: string;
const directory = (): string => join(state, 'local', 'pki');
const shown = (): string => readFileSync(join(directory(), 'cert.pem'), 'utf8');
const inDays = (days: number): number => Date.now() + days * dayMs;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'holdfast-certificates-'));
});
afterEach(() => {
  rmSync(state, { recursive: true, force: true });
});

describe('the certificate of an API', () => {
  it('lives 90 days, and is renewed by the same authority once half of them are over', async () => {
    const authority = await createAuthority(join(state, 'pki'));
    await issueApiCertificate(authority, directory());
    const [, first] = await certificatesOf(state);
    expect(first?.endsAtMs).toBeGreaterThan(inDays(88));
    expect(first?.endsAtMs).toBeLessThan(inDays(91));
    const before = shown();
    expect(await renewDueCertificates(state, inDays(43))).toEqual([]);
    expect(shown()).toBe(before);
    expect(await renewDueCertificates(state, inDays(46))).toEqual(['local']);
    expect(shown()).not.toBe(before);
    expect(new X509Certificate(shown()).verify(new X509Certificate(authority.certificatePem).publicKey)).toBe(true);
  });

  it('is renewed when its key was, and it was not', async () => {
    const authority = await createAuthority(join(state, 'pki'));
    const { keyFile } = await issueApiCertificate(authority, join(state, 'other'));
    const files = await issueApiCertificate(authority, directory());
    copyFileSync(keyFile, files.keyFile);
    expect(await renewDueCertificates(state, Date.now())).toEqual(['local']);
  });

  it('of another authority is left to who put it there', async () => {
    await createAuthority(join(state, 'pki'));
    const foreign = await createAuthority(join(state, 'foreign'));
    await issueCertificate(foreign, {
      commonName: 'api', dnsNames: ['localhost'], ipAddresses: [], directory: directory(), server: true, client: false,
      validDays: 10,
    });
    const before = shown();
    expect(await renewDueCertificates(state, Date.now())).toEqual([]);
    expect(shown()).toBe(before);
  });
});
