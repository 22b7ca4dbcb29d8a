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
    const bucket = this.bus.bucket(secrets);
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const known = await bucket.get(holder.host);
      if (known?.value.sealKey === sealKey && known.value.secrets[holder.iqn] !== undefined) return;
      const before = known?.value.sealKey === sealKey ? known.value.secrets : {};
      const kept = Object.entries(before).filter(([iqn]) => isLive(iqn));
      const record: SecretsRecord = {
        host: holder.host,
        sealKey,
        secrets: Object.fromEntries([...kept.slice(-maxSecretsPerHost), [holder.iqn, sealed]]),
      };
      const revision = known
        ? await bucket.update(holder.host, record, known.revision)
        : await bucket.create(holder.host, record);
      if (revision !== null) return;
    }
    throw new BusError('timeout', `the secrets of ${holder.host} keep changing`);
  }
}

/** Compact JWE, ECDH-ES on X25519 with A256GCM (RFC 7516, RFC 8037). */
async function encrypt(password: string, sealKey: string): Promise<string> {
  const key = await importJWK({ kty: 'OKP', crv: 'X25519', x: sealKey }, 'ECDH-ES');
  return await new CompactEncrypt(new TextEncoder().encode(password))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
    .encrypt(key);
}
