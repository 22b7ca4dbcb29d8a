import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { DiskAccess } from '@holdfast/contracts';
import { secrets } from '@holdfast/contracts';
import type { Clock, Projection } from '@holdfast/runtime';
import { compactDecrypt, importJWK, type JWK } from 'jose';
import type { SecretValue } from './ports.js';

type SecretsProjection = Projection<typeof secrets.schema._output>;

const awaitedWithinMs = 5000;
const lookEveryMs = 20;

/** This host's X25519 key, and with it the CHAP passwords and keys that storage has sealed to it. */
export class HostSecrets {
  private readonly ackKeys = new Map<string, { jwe: string; key: string }>();

  private constructor(
    private readonly key: JWK,
    private readonly sealed: SecretsProjection,
    private readonly host: string,
  ) {}

  /** Makes the key at the first start; it never leaves the host. */
  static async load(path: string, sealed: SecretsProjection, host: string): Promise<HostSecrets> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text !== null) return new HostSecrets(JSON.parse(text) as JWK, sealed, host);
    const key = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' }) as JWK;
    await writeFile(path, JSON.stringify(key), { mode: 0o600, flag: 'wx' });
    return new HostSecrets(key, sealed, host);
  }

  get publicKey(): string {
    return this.key.x ?? '';
  }

  /** Storage seals them before it opens the target, so they are here or on their way; null when one did not come. */
  async await(disks: DiskAccess[], clock: Clock): Promise<SecretValue[] | null> {
    const deadlineMs = clock.nowMs() + awaitedWithinMs;
    for (;;) {
      const values = await this.open(disks);
      if (values || clock.nowMs() >= deadlineMs) return values;
      await new Promise<void>((resolve) => void clock.after(lookEveryMs, resolve));
    }
  }

  /** The passwords of these disks, or null while one has not arrived yet. */
  async open(disks: DiskAccess[]): Promise<SecretValue[] | null> {
    const record = this.sealed.value(this.host);
    if (record?.sealKey !== this.publicKey && disks.length > 0) return null;
    const values: SecretValue[] = [];
    for (const { volume, iqn } of disks) {
      const jwe = record?.secrets[iqn];
      if (jwe === undefined) return null;
      values.push({ volume, password: await this.decrypted(jwe) });
    }
    return values;
  }

  /** The key with which that storage node signs its acknowledgements, or null while it has not arrived. */
  async ackKey(node: string): Promise<string | null> {
    const jwe = this.sealed.value(this.host)?.ackKeys?.[node];
    if (jwe === undefined) return null;
    const known = this.ackKeys.get(node);
    if (known?.jwe === jwe) return known.key;
    // Sealed to a key that this host had before: another will come.
    const key = await this.decrypted(jwe).catch(() => null);
    if (key !== null) this.ackKeys.set(node, { jwe, key });
    return key;
  }

  private async decrypted(jwe: string): Promise<string> {
    const { plaintext } = await compactDecrypt(jwe, await importJWK(this.key, 'ECDH-ES'));
    return new TextDecoder().decode(plaintext);
  }
}
