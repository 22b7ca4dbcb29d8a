import { randomBytes, webcrypto } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** A certificate authority that lives in one directory: `ca-cert.pem` and `ca-key.pem` (mode 600). */
export interface Authority {
  readonly directory: string;
  readonly caFile: string;
  readonly certificatePem: string;
  readonly certificate: x509.X509Certificate;
  readonly privateKey: webcrypto.CryptoKey;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** Created with mode 700 if it is not there. */
  readonly directory: string;
  /** Whether the holder may prove itself as a TLS server, a TLS client, or both. */
  readonly server: boolean;
  readonly client: boolean;
  /** Default ten years, as the authority itself. */
  readonly validDays?: number;
}

export interface CertificateFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const DAY_MS = 86_400_000;
const VALID_DAYS = 3650;

/** Loads the authority of a directory, or makes a new one (EC P-256, ten years) if there is none. */
export async function createAuthority(directory: string): Promise<Authority> {
  const caFile = join(directory, 'ca-cert.pem');
  const keyFile = join(directory, 'ca-key.pem');
  await makePrivateDirectory(directory);
  if (existsSync(caFile) && existsSync(keyFile)) return loadAuthority(directory, caFile, keyFile);

  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    serialNumber: serialNumber(),
    // A name of its own for each authority: TLS libraries look an issuer up by name, and a
    // client that meets two authorities of one name may try the wrong one.
    name: `CN=Holdfast lab authority ${randomBytes(4).toString('hex')}`,
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  // The certificate comes last: an authority cut off half-made is made again, not half loaded.
  await writeWhole(keyFile, await privateKeyPem(keys.privateKey), 0o600);
  await writeWhole(caFile, pem(certificate), 0o644);
  return {
    directory, caFile, certificatePem: pem(certificate), certificate, privateKey: keys.privateKey,
  };
}

/**
 * Issues a certificate with a new key and writes `ca-cert.pem`, `cert.pem` and `key.pem`
 * (mode 600) into the request's directory; files of an earlier certificate are replaced.
 * @throws RangeError if nothing is named, or if it would be for neither server nor client.
 */
export async function issueCertificate(
  authority: Authority, request: CertificateRequest,
): Promise<CertificateFiles> {
  if (!request.server && !request.client) {
    throw new RangeError(`certificate ${request.commonName}: must be for a server or a client`);
  }
  const names: x509.JsonGeneralNames = [
    ...request.dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...request.ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  if (request.server && names.length === 0) {
    throw new RangeError(`certificate ${request.commonName}: a server needs a name or address`);
  }
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(request.validDays),
    serialNumber: serialNumber(),
    subject: [{ CN: [request.commonName] }],
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      // An EC key never enciphers a key, but libvirt 9 and QEMU 7 refuse a certificate without.
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(purposes(request)),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  const files = {
    caFile: join(request.directory, 'ca-cert.pem'),
    certFile: join(request.directory, 'cert.pem'),
    keyFile: join(request.directory, 'key.pem'),
  };
  await makePrivateDirectory(request.directory);
  // An authority may issue into its own directory, where its certificate already is.
  if (files.caFile !== authority.caFile) {
    await writeWhole(files.caFile, authority.certificatePem, 0o644);
  }
  await writeWhole(files.keyFile, await privateKeyPem(keys.privateKey), 0o600);
  await writeWhole(files.certFile, pem(certificate), 0o644);
  return files;
}

async function loadAuthority(
  directory: string, caFile: string, keyFile: string,
): Promise<Authority> {
  const certificate = new x509.X509Certificate(await readFile(caFile, 'utf8'));
  const [der] = x509.PemConverter.decode(await readFile(keyFile, 'utf8'));
  if (der === undefined) throw new Error(`${keyFile} holds no private key: remove ${directory}`);
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, KEY, false, ['sign']);
  return { directory, caFile, certificatePem: pem(certificate), certificate, privateKey };
}

function purposes(request: CertificateRequest): string[] {
  const purposes: string[] = [];
  if (request.server) purposes.push(x509.ExtendedKeyUsage.serverAuth);
  if (request.client) purposes.push(x509.ExtendedKeyUsage.clientAuth);
  return purposes;
}

function validity(days = VALID_DAYS): { notBefore: Date; notAfter: Date } {
  // A day back, so that a machine whose clock is a little behind accepts it too.
  const notBefore = new Date(Date.now() - DAY_MS);
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * DAY_MS) };
}

function serialNumber(): string {
  const bytes = randomBytes(16);
  // Serial numbers are positive, and without a leading zero byte.
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`;
}

async function makePrivateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
}

/** Whole or not at all, and never readable by others even for an instant. */
async function writeWhole(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(temporary, mode);
  await rename(temporary, path);
}
