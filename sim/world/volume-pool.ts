/** The disk of a storage node: its volumes, and what room is left. Survives everything. */
const sectorBytes = 512;

export class VolumePool {
  private readonly sizes = new Map<string, number>();
  private usedBytes = 0;

  constructor(readonly capacityBytes = 2 ** 50) {}

  get freeBytes(): number {
    return this.capacityBytes - this.usedBytes;
  }

  has(volume: string): boolean {
    return this.sizes.has(volume);
  }

  list(): { volume: string; sizeBytes: number }[] {
    return [...this.sizes].map(([volume, sizeBytes]) => ({ volume, sizeBytes }));
  }

  /** Idempotent for the same size, which is whole sectors. */
  create(volume: string, sizeBytes: number): 'done' | 'conflict' | 'no-space' {
    const existing = this.sizes.get(volume);
    if (existing !== undefined) return existing === sizeBytes ? 'done' : 'conflict';
    if (sizeBytes % sectorBytes !== 0) return 'conflict';
    if (sizeBytes > this.freeBytes) return 'no-space';
    this.sizes.set(volume, sizeBytes);
    this.usedBytes += sizeBytes;
    return 'done';
  }

  delete(volume: string): void {
    this.usedBytes -= this.sizes.get(volume) ?? 0;
    this.sizes.delete(volume);
  }
}
