/**
 * Stores a guest's memory on a disk of its own, and lets it go on from there: libvirt saves to a file, which is copied.
 * The file stays until the copy is whole, so a guest whose memory cannot be stored goes on where it is.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HypervisorError, type DiskSource, type DomainIdentity, type DomainSpec, type SecretValue } from '../ports.js';
import { destinationXml, initiatorOf, type DomainXmlOptions } from './domain-xml.js';
import { readIscsi, writeIscsi, type IscsiImage } from './iscsi-image.js';
import type { LibvirtConnection } from './libvirt-rpc/connection.js';
import { flag, procedures, type DomainRef } from './libvirt-rpc/procedures.js';
import { defineSecrets, forgetSecrets } from './libvirt-secrets.js';

/** Of what libvirt reads or writes at the speed of the host's own disk. */
const savedWithinMs = 600_000;

export interface MemoryOptions extends DomainXmlOptions {
  /** Limit of one short call: a query, a power button. */
  callTimeoutMs: number;
  /** Has room for the largest guest's memory while that is stored or read, and nothing in it outlives that. */
  memoryDirectory: string;
}

export class LibvirtMemory {
  constructor(
    private readonly connection: LibvirtConnection,
    private readonly options: MemoryOptions,
  ) {}

  /** The guest ends, its memory in a file. */
  async save(domain: DomainRef, { uid }: DomainIdentity): Promise<void> {
    await mkdir(this.options.memoryDirectory, { recursive: true, mode: 0o700 });
    await this.forget(uid);
    const saving = { domain, path: this.file(uid), flags: flag.saveRunning };
    await this.connection.callLong(procedures.domainSave, saving, savedWithinMs);
  }

  /** What was saved is copied to that disk. */
  async copyOut(identity: DomainIdentity, disk: DiskSource, secrets: SecretValue[], sizeMiB: number): Promise<void> {
    await writeIscsi(this.image(identity, disk, secrets, sizeMiB));
    await this.forget(identity.uid);
  }

  /** The guest goes on where it was, from the file. */
  async goOn({ uid }: DomainIdentity, disks: DiskSource[], secrets: SecretValue[]): Promise<void> {
    await this.restore(uid, null, disks, secrets);
  }

  /** The guest goes on here, from what is on that disk. */
  async start(spec: DomainSpec, secrets: SecretValue[], memory: DiskSource): Promise<void> {
    const { identity, disks } = spec;
    await mkdir(this.options.memoryDirectory, { recursive: true, mode: 0o700 });
    await this.forget(identity.uid);
    try {
      await readIscsi(this.image(identity, memory, secrets, spec.memoryMiB));
      const asked = { path: this.file(identity.uid), flags: 0 };
      const saved = await this.connection.callLong(procedures.savedXml, asked, this.options.callTimeoutMs);
      await this.restore(identity.uid, destinationXml(saved, spec, this.options), disks, secrets);
    } finally {
      await this.forget(identity.uid);
    }
  }

  async forget(uid: string): Promise<void> {
    await rm(this.file(uid), { force: true });
  }

  private async restore(uid: string, xml: string | null, disks: DiskSource[], secrets: SecretValue[]): Promise<void> {
    const { callTimeoutMs } = this.options;
    await defineSecrets(this.connection, disks, secrets, callTimeoutMs);
    try {
      const restoring = { path: this.file(uid), xml, flags: flag.saveRunning };
      await this.connection.callLong(procedures.domainRestore, restoring, savedWithinMs);
    } finally {
      await forgetSecrets(this.connection, disks.map(({ volume }) => volume), callTimeoutMs);
    }
    await this.forget(uid);
  }

  private image(identity: DomainIdentity, disk: DiskSource, secrets: SecretValue[], sizeMiB: number): IscsiImage {
    const password = secrets.find(({ volume }) => volume === disk.volume)?.password;
    if (password === undefined) throw new HypervisorError('refused', `no CHAP password for volume ${disk.volume}`);
    const initiatorName = initiatorOf(identity, this.options.host);
    return { disk, initiatorName, password, sizeMiB, file: this.file(identity.uid) };
  }

  private file(uid: string): string {
    return join(this.options.memoryDirectory, `${uid}.memory`);
  }
}
