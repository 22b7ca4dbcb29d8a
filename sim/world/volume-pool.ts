/** The disk of a storage node: its volumes, and what room is left. Survives everything. */
const sectorBytes = 512;

export class VolumePool {
  private readonly sizes = new Map<string, number>();
  /** Those of which a part is still missing: nobody may get to see one. */
  private readonly partial = new Set<string>();
  private usedBytes = 0;
  /** By the volume that is being made: the one that is copied into it. What copies is the storage service. */
  readonly copying = new Map<string, string>();
  /** How often each was written, or what it is a copy of had been. */
  readonly contents = new Map<string, number>();
  /** Planted bug: a volume is copied while somebody has it open. */
  copiesOpen = false;
  /** What volumes can be made from, with their sizes: an operator has put them there. */
  readonly images = new Map<string, number>();

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

  isWhole(volume: string): boolean {
    return !this.partial.has(volume);
  }

  isCopied(volume: string): boolean {
    return [...this.copying.values()].includes(volume);
  }

  written(volume: string): void {
    this.contents.set(volume, (this.contents.get(volume) ?? 0) + 1);
  }

  /** Planted bug: it is there before it is filled. */
  createPartial(volume: string, sizeBytes: number): void {
    if (!this.sizes.has(volume) && this.create(volume, sizeBytes, null) === 'done') this.partial.add(volume);
  }

  fill(volume: string): void {
    this.partial.delete(volume);
  }

  /** Whole at once, and idempotent for the same size, which is whole sectors. */
  create(
    volume: string,
    sizeBytes: number,
    image: string | null,
  ): 'done' | 'conflict' | 'no-space' | 'no-image' | 'too-small' {
    const from = this.copying.get(volume);
    const imageBytes = image === null ? 0 : this.images.get(image);
    if (imageBytes === undefined) return 'no-image';
    if (Math.max(imageBytes, this.sizes.get(from ?? '') ?? 0) > sizeBytes) return 'too-small';
    const existing = this.sizes.get(volume);
    if (existing !== undefined) return existing === sizeBytes ? 'done' : 'conflict';
    if (sizeBytes % sectorBytes !== 0) return 'conflict';
    if (sizeBytes > this.freeBytes) return 'no-space';
    this.sizes.set(volume, sizeBytes);
    this.contents.set(volume, this.contents.get(from ?? '') ?? 0);
    this.usedBytes += sizeBytes;
    return 'done';
  }

  delete(volume: string): void {
    this.usedBytes -= this.sizes.get(volume) ?? 0;
    this.sizes.delete(volume);
    this.contents.delete(volume);
    this.partial.delete(volume);
  }
}
