/**
 * The floors of safety rule 3 in one small file, durable before anything is deleted because of
 * them.
 */
import type { Floors, FloorStore } from '../ports.js';
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
    const floors = stored === null ? { volumes: {}, hosts: {} } : stored;
    if (!isFloors(floors)) throw new SealedFileError(`${this.path} is damaged: it holds no floors`);
    this.known = floors;
    return floors;
  }
}

/** The floors after `change`; the same object when nothing grew. */
export function raiseFloors(floors: Floors, change: Partial<Floors>): Floors {
  const volumes = raiseAll(floors.volumes, change.volumes ?? {});
  const hosts = raiseAll(floors.hosts, change.hosts ?? {});
  return volumes === floors.volumes && hosts === floors.hosts ? floors : { volumes, hosts };
}

export function copyFloors(floors: Floors): Floors {
  return { volumes: { ...floors.volumes }, hosts: { ...floors.hosts } };
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
  if (typeof value !== 'object' || value === null || !('volumes' in value) || !('hosts' in value))
    return false;
  return [value.volumes, value.hosts].every(
    (part) =>
      typeof part === 'object' &&
      part !== null &&
      !Array.isArray(part) &&
      Object.values(part).every(isFloor),
  );
}
