import type { SeedFiles, SeedImages } from '../ports.js';

/** Of a host whose guests read nothing. */
export class SimulatedSeedImages implements SeedImages {
  readonly files = new Map<string, SeedFiles>();

  path(uid: string): string {
    return `/seeds/${uid}.iso`;
  }

  async put(uid: string, files: SeedFiles): Promise<void> {
    this.files.set(uid, files);
  }

  keepOnly(isWanted: (uid: string) => boolean): void {
    for (const uid of this.files.keys()) if (!isWanted(uid)) this.files.delete(uid);
  }
}
