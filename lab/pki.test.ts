import { execFileSync } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority, issueCertificate } from './pki.js';

let directory: string;
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'holdfast-pki-')); });
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });

const request = (name: string, over: object = {}) => ({
  commonName: name, dnsNames: [name, 'localhost'], ipAddresses: ['127.0.0.1', 'fd00::1'],
  directory: join(directory, name), client: true, server: true, ...over,
});
const read = (path: string) => readFileSync(path, 'utf8');
const modeOf = (path: string) => statSync(path).mode & 0o777;
const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

describe('the lab authority', () => {
  test('is loaded, not made anew, when its directory already has one', async () => {
    const first = await createAuthority(join(directory, 'ca'));
    const second = await createAuthority(join(directory, 'ca'));
    expect(second.certificatePem).toBe(first.certificatePem);
    const files = await issueCertificate(second, request('h1'));
    const leaf = new X509Certificate(read(files.certFile));
    expect(leaf.verify(new X509Certificate(first.certificatePem).publicKey)).toBe(true);
  });

  test('keeps its keys to its owner', async () => {
    const authority = await createAuthority(join(directory, 'ca'));
    const files = await issueCertificate(authority, request('h1'));
    expect(modeOf(join(directory, 'ca'))).toBe(0o700);
    expect(modeOf(join(directory, 'ca', 'ca-key.pem'))).toBe(0o600);
    expect(modeOf(join(directory, 'h1'))).toBe(0o700);
    expect(modeOf(files.keyFile)).toBe(0o600);
  });
});

describe('an issued certificate', () => {
  test('is accepted by openssl for both purposes, under each of its names only', async () => {
    const authority = await createAuthority(join(directory, 'ca'));
    const { caFile, certFile } = await issueCertificate(authority, request('h1'));
    const verify = (...more: string[]) =>
      openssl('verify', '-x509_strict', '-CAfile', caFile, ...more, certFile);
    expect(verify('-purpose', 'sslserver', '-verify_hostname', 'h1')).toContain('OK');
    expect(verify('-purpose', 'sslclient', '-verify_ip', 'fd00::1')).toContain('OK');
    expect(() => verify('-verify_hostname', 'h2')).toThrow();
    expect(() => verify('-verify_ip', '127.0.0.2')).toThrow();
  });

  test('holds its own key, names and issuer', async () => {
    const authority = await createAuthority(join(directory, 'ca'));
    const files = await issueCertificate(authority, request('h1'));
    const leaf = new X509Certificate(read(files.certFile));
    expect(leaf.checkPrivateKey(createPrivateKey(read(files.keyFile)))).toBe(true);
    expect(leaf.checkIssued(new X509Certificate(read(files.caFile)))).toBe(true);
    expect(leaf.subject).toBe('CN=h1');
    expect(leaf.checkHost('h1')).toBe('h1');
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.ca).toBe(false);
  });

  test('of a client only is refused as a server', async () => {
    const authority = await createAuthority(join(directory, 'ca'));
    const { caFile, certFile } =
      await issueCertificate(authority, request('c1', { server: false }));
    expect(() => openssl('verify', '-purpose', 'sslserver', '-CAfile', caFile, certFile)).toThrow();
  });

  test('of another authority is refused', async () => {
    const ours = await createAuthority(join(directory, 'ca'));
    const other = await createAuthority(join(directory, 'other'));
    const { certFile } = await issueCertificate(other, request('h1'));
    expect(() => openssl('verify', '-CAfile', ours.caFile, certFile)).toThrow();
  });

  test('serves mutual TLS between two Node processes', async () => {
    const authority = await createAuthority(join(directory, 'ca'));
    const at = await issueCertificate(authority, request('h1', { client: false }));
    const by = await issueCertificate(authority, request('h2', { server: false }));
    const ca = authority.certificatePem;
    const server = createServer({
      ca, cert: read(at.certFile), key: read(at.keyFile), requestCert: true,
    }, (socket) => {
      socket.end(String(socket.getPeerCertificate().subject.CN));
    }).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const socket = connect({
        port: (server.address() as AddressInfo).port, host: '127.0.0.1', ca,
        cert: read(by.certFile), key: read(by.keyFile), servername: 'h1',
      });
      const [data] = await once(socket, 'data') as [Buffer];
      expect(data.toString()).toBe('h2');
      socket.destroy();
    } finally {
      server.close();
    }
  });

  test('needs a purpose and, for a server, a name', async () => {
    const authority = await createAuthority(join(directory, 'ca'));
    await expect(issueCertificate(authority, request('x', { client: false, server: false })))
      .rejects.toThrow(/server or a client/);
    await expect(issueCertificate(authority, request('x', { dnsNames: [], ipAddresses: [] })))
      .rejects.toThrow(/name or address/);
  });
});
