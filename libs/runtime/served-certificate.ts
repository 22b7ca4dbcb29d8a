import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';
import type { Clock } from './clock.js';
import type { RunnerLog } from './log-port.js';
import type { Metrics } from './metrics.js';

export interface CertificateFiles {
  /** PEM. */
  certFile: string;
  keyFile: string;
}

/** What of a TLS server is needed to show it another certificate; connections that are open keep theirs. */
export interface TlsServer {
  setSecureContext(options: SecureContextOptions): void;
}

interface Pair {
  cert: string;
  key: string;
  endsAtMs: number;
}

const lookEveryMs = 60_000;
const dayMs = 86_400_000;
const warnBeforeMs = 30 * dayMs;

/** Throws what is wrong with the files: not there, no PEM, not of each other. */
async function readPair({ certFile, keyFile }: CertificateFiles): Promise<Pair> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  const certificate = new X509Certificate(cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
    throw new Error(`the certificate in ${certFile} is not that of the key in ${keyFile}`);
  }
  return { cert, key, endsAtMs: certificate.validToDate.getTime() };
}

/**
 * The certificate that a server shows: looked at each minute, shown anew when its files have changed, and told of daily
 * from 30 days before it ends. Files that make no pair, as one that is replaced before the other, change nothing.
 */
export class ServedCertificate {
  private cancel: () => void = () => {};
  private isStopped = false;
  private warnedAtMs = -Infinity;
  private refused = '';

  private constructor(
    private readonly files: CertificateFiles,
    private pair: Pair,
  ) {}

  static async load(files: CertificateFiles): Promise<ServedCertificate> {
    return new ServedCertificate(files, await readPair(files));
  }

  get options(): { cert: string; key: string } {
    const { cert, key } = this.pair;
    return { cert, key };
  }

  /** From now on, until `stop`. */
  watch(server: TlsServer, { clock, log, metrics }: { clock: Clock; log: RunnerLog; metrics: Metrics }): void {
    const ends = metrics.gauge('holdfast_certificate_ends_seconds', 'When the served certificate ends, in Unix time');
    const look = async (): Promise<void> => {
      await this.renew(server, log);
      if (this.isStopped) return;
      ends.set(this.pair.endsAtMs / 1000);
      this.warn(clock.nowMs(), log);
      this.cancel = clock.after(lookEveryMs, () => void look());
    };
    void look();
  }

  stop(): void {
    this.isStopped = true;
    this.cancel();
  }

  private async renew(server: TlsServer, log: RunnerLog): Promise<void> {
    const { certFile } = this.files;
    try {
      const pair = await readPair(this.files);
      this.refused = '';
      if (pair.cert === this.pair.cert && pair.key === this.pair.key) return;
      server.setSecureContext({ cert: pair.cert, key: pair.key });
      this.pair = pair;
      this.warnedAtMs = -Infinity;
      log.info({ certFile, endsAt: new Date(pair.endsAtMs).toISOString() }, 'shows a new certificate');
    } catch (error) {
      const refused = error instanceof Error ? error.message : String(error);
      if (refused !== this.refused) log.warn({ certFile, err: error }, 'the files make no pair: keeps its certificate');
      this.refused = refused;
    }
  }

  private warn(nowMs: number, log: RunnerLog): void {
    const leftMs = this.pair.endsAtMs - nowMs;
    if (leftMs > warnBeforeMs || nowMs - this.warnedAtMs < dayMs) return;
    this.warnedAtMs = nowMs;
    const { certFile } = this.files;
    const text = leftMs <= 0 ? 'the certificate has ended: clients refuse it' : 'the certificate ends soon';
    log.warn({ certFile, daysLeft: Math.floor(leftMs / dayMs), remedy: 'holdfast certificate renew' }, text);
  }
}
