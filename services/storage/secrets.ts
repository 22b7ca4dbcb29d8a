import { createHmac, randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { BusError, type Bus } from '@holdfast/bus';
import { secrets, type Holder, type SecretsRecord } from '@holdfast/contracts';
import { CompactEncrypt, importJWK } from 'jose';

const keyBytes = 32;
const passwordLength = 32;
/** A host keeps at most this many sealed passwords; those of targets long gone are dropped first. */
const maxSecretsPerHost = 2048;
const maxAttempts = 5;

/**
 * CHAP passwords of this node's targets. Each is derived from a key that never leaves the node, so a target opened
 * again after a restart has the same one, and nothing need be stored for each.
 */
export class ChapSecrets {
  private constructor(
    private readonly key: Buffer,
    private readonly bus: Bus,
  ) {}

  static async load(path: string, bus: Bus): Promise<ChapSecrets> {
    const known = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (known) return new ChapSecrets(known, bus);
    const key = randomBytes(keyBytes);
    await writeFile(path, key, { mode: 0o600, flag: 'wx' });
    await chmod(path, 0o600);
    return new ChapSecrets(key, bus);
  }

  password(iqn: string): string {
    return createHmac('sha256', this.key).update(iqn).digest('base64url').slice(0, passwordLength);
  }

  /**
   * Puts the holder's password, encrypted to its host's key, where only that host may read it. Passwords of targets
   * that are not live any more are dropped; that is asked anew at each attempt, as others are sealed at the same time.
   */
  async seal(holder: Holder, sealKey: string, isLive: (iqn: string) => boolean): Promise<void> {
    const sealed = await encrypt(this.password(holder.iqn), sealKey);
    await this.change(holder.host, sealKey, (before) => {
      if (before.secrets[holder.iqn] !== undefined) return null;
      const kept = Object.entries(before.secrets).filter(([iqn]) => isLive(iqn));
      const sealedNow = [...kept.slice(-maxSecretsPerHost), [holder.iqn, sealed]];
      return { ...before, secrets: Object.fromEntries(sealedNow) as SecretsRecord['secrets'] };
    });
  }

  /** With it this node signs its acknowledgements of a host's heartbeats; nobody else has it but the host. */
  ackKey(host: string): string {
    return createHmac('sha256', this.key).update(`heartbeat-ack/${host}`).digest('base64url');
  }

  async sealAckKey(host: string, sealKey: string): Promise<void> {
    const sealed = await encrypt(this.ackKey(host), sealKey);
    const { node } = this.bus;
    await this.change(host, sealKey, (before) =>
      before.ackKeys?.[node] === undefined ? { ...before, ackKeys: { ...before.ackKeys, [node]: sealed } } : null,
    );
  }

  /** What was sealed to another key is lost. `change` returns null when nothing is to be stored. */
  private async change(
    host: string,
    sealKey: string,
    change: (before: SecretsRecord) => SecretsRecord | null,
  ): Promise<void> {
    const bucket = this.bus.bucket(secrets);
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const known = await bucket.get(host);
      const isOfKey = known?.value.sealKey === sealKey;
      const record = change(isOfKey ? known.value : { host, sealKey, secrets: {} });
      if (record === null) return;
      const revision = known
        ? await bucket.update(host, record, known.revision)
        : await bucket.create(host, record);
      if (revision !== null) return;
    }
    throw new BusError('timeout', `the secrets of ${host} keep changing`);
  }
}

/** Compact JWE, ECDH-ES on X25519 with A256GCM (RFC 7516, RFC 8037). */
async function encrypt(secret: string, sealKey: string): Promise<string> {
  const key = await importJWK({ kty: 'OKP', crv: 'X25519', x: sealKey }, 'ECDH-ES');
  return await new CompactEncrypt(new TextEncoder().encode(secret))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
    .encrypt(key);
}
