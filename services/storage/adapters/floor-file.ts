/**
 * The floors of safety rule 3 in one small file, durable before anything is deleted because of
 * them.
 */
import { noFloors, type Floors, type FloorStore } from '../ports.js';
import { readSealed, SealedFileError, SerialQueue, writeSealed } from '@holdfast/runtime';

/** A `FloorStore` in the file `path`; its directory must exist. One instance for each file. */
export class FloorFile implements FloorStore {
  private known: Floors | null = null;
  private readonly queue = new SerialQueue();

  constructor(private readonly path: string) {}

  /** Throws `SealedFileError` when the file is there but cannot be trusted. */
  load(): Promise<Floors> {
    return this.queue.run('floors', async () => copyFloors(await this.loadOnce()));
  }

  /**
   * Writes only when a floor really grows. Throws `SealedFileError` or, for what is no floor,
   * `RangeError`.
   */
  raise(change: Partial<Floors>): Promise<Floors> {
    return this.queue.run('floors', async () => {
      const before = await this.loadOnce();
      const after = raiseFloors(before, change);
      if (after !== before) {
        await writeSealed(this.path, after);
        this.known = after;
      }
      return copyFloors(after);
    });
  }

  private async loadOnce(): Promise<Floors> {
    if (this.known) return this.known;
    const stored = await readSealed(this.path);
    if (stored === null) return (this.known = noFloors);
    const floors: unknown = typeof stored === 'object' ? { ...noFloors, ...stored } : stored;
    if (!isFloors(floors)) throw new SealedFileError(`${this.path} is damaged: it holds no floors`);
    this.known = floors;
    return floors;
  }
}

const parts = Object.keys(noFloors) as (keyof Floors)[];

/** The floors after `change`; the same object when nothing grew. */
export function raiseFloors(floors: Floors, change: Partial<Floors>): Floors {
  const raised = { ...floors };
  for (const part of parts) raised[part] = raiseAll(floors[part], change[part] ?? {});
  return parts.every((part) => raised[part] === floors[part]) ? floors : raised;
}

export function copyFloors(floors: Floors): Floors {
  const copy = { ...floors };
  for (const part of parts) copy[part] = { ...floors[part] };
  return copy;
}

function raiseAll(
  floors: Record<string, number>,
  change: Record<string, number>,
): Record<string, number> {
  const merged = new Map(Object.entries(floors));
  let grew = false;
  for (const [name, floor] of Object.entries(change)) {
    if (!isFloor(floor))
      throw new RangeError(`the floor of ${name} is not a whole number: ${floor}`);
    if (floor <= (merged.get(name) ?? -1)) continue;
    merged.set(name, floor);
    grew = true;
  }
  return grew ? Object.fromEntries(merged) : floors;
}

function isFloor(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isFloors(value: unknown): value is Floors {
  if (typeof value !== 'object' || value === null) return false;
  return parts.every((name) => {
    const part = (value as Record<string, unknown>)[name];
    const isObject = typeof part === 'object' && part !== null && !Array.isArray(part);
    return isObject && Object.values(part).every(isFloor);
  });
}
