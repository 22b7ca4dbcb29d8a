import type { TwinProjection } from './projection.js';

/** Values of a projection by what they name: whoever looks at one host need not pass over every VM there is. */
export class ProjectionIndex<T> {
  private readonly keys = new Map<string, Set<string>>();

  /** To be made before anybody else listens to the projection, so that it is never behind. */
  constructor(
    private readonly projection: TwinProjection<T>,
    private readonly namesOf: (value: T) => readonly (string | null | undefined)[],
  ) {
    projection.onChange((key, entry, before) => {
      if (before !== null) this.remove(key, before);
      if (entry) this.add(key, entry.value);
    });
  }

  *values(name: string): Generator<T> {
    for (const key of this.keys.get(name) ?? []) {
      const value = this.projection.value(key);
      if (value !== null) yield value;
    }
  }

  private add(key: string, value: T): void {
    for (const name of this.namesOf(value)) {
      if (name === null || name === undefined) continue;
      const keys = this.keys.get(name);
      if (keys) keys.add(key);
      else this.keys.set(name, new Set([key]));
    }
  }

  private remove(key: string, value: T): void {
    for (const name of this.namesOf(value)) {
      if (name === null || name === undefined) continue;
      const keys = this.keys.get(name);
      keys?.delete(key);
      if (keys?.size === 0) this.keys.delete(name);
    }
  }
}
