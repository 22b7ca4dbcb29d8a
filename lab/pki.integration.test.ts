import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAuthority, issueCertificate, type CertificateFiles } from './pki.js';

/** QEMU looks certificates up by its own file names. */
function asQemuWantsThem(files: CertificateFiles, directory: string, end: 'server' | 'client') {
  mkdirSync(directory, { recursive: true });
  copyFileSync(files.caFile, join(directory, 'ca-cert.pem'));
  copyFileSync(files.certFile, join(directory, `${end}-cert.pem`));
  copyFileSync(files.keyFile, join(directory, `${end}-key.pem`));
  return `tls-creds-x509,id=tls0,dir=${directory},endpoint=${end},verify-peer=on`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('QEMU with GnuTLS accepts the certificates at both ends of a connection', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-pki-'));
  const authority = await createAuthority(join(directory, 'ca'));
  const issue = (name: string) => issueCertificate(authority, {
    commonName: name, dnsNames: [name], ipAddresses: ['127.0.0.1'],
    directory: join(directory, name), server: true, client: true,
  });
  const served = asQemuWantsThem(await issue('h1'), join(directory, 'served'), 'server');
  const asked = asQemuWantsThem(await issue('h2'), join(directory, 'asked'), 'client');
  const image = join(directory, 'disk.raw');
  writeFileSync(image, Buffer.alloc(1 << 20));
  const port = await freePort();
  const server = spawn('qemu-nbd', ['--object', served, '--tls-creds', 'tls0', '-f', 'raw',
    '-b', '127.0.0.1', '-p', String(port), '--persistent', image], { stdio: 'ignore' });
  try {
    const ask = () => execFileSync('qemu-img', ['info', '--output=json', '--object', asked,
      '--image-opts', `driver=nbd,host=127.0.0.1,port=${port},tls-creds=tls0`,
    ], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    await expect.poll(ask, { timeout: 20_000 }).toContain(`"virtual-size": ${1 << 20}`);
  } finally {
    server.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}, 30_000);
