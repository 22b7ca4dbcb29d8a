/** A VM that is renamed has two records for a while: whatever is known of it goes by its uid. */
import type { VmRecord } from '@holdfast/contracts';

/** The record may be taken for that of a VM that can be started. */
const isAtLarge = ({ phase }: VmRecord): boolean => phase !== 'renaming' && phase !== 'deleted';

export class NameCheck {
  private readonly records = new Map<string, Map<string, VmRecord>>();
  private readonly names = new Map<string, Set<string>>();

  /** Every name that it has ever had. */
  of(uid: string, name: string): Iterable<string> {
    return this.names.get(uid) ?? [name];
  }

  /** What is wrong with the records of its VM now, if anything. */
  written(key: string, before: VmRecord | null, after: VmRecord | null): string | null {
    if (before && before.uid !== after?.uid) this.records.get(before.uid)?.delete(key);
    if (!after) return null;
    const { uid } = after;
    const records = this.records.get(uid) ?? new Map<string, VmRecord>();
    this.records.set(uid, records.set(key, after));
    if (records.size === 1 && !this.names.has(uid)) return null;
    const names = this.names.get(uid) ?? new Set<string>();
    for (const name of records.keys()) names.add(name);
    this.names.set(uid, names);
    const atLarge = [...records.values()].filter(isAtLarge);
    const found = atLarge.map(({ name }) => name).join(' and ');
    if (atLarge.length > 1) return `${found} are one VM, and either can be started`;
    const newest = Math.max(...[...records.values()].map(({ generation }) => generation));
    const isBehind = isAtLarge(after) && after.generation < newest;
    return isBehind ? `VM ${key} went from generation ${newest} to ${after.generation} with its name` : null;
  }

  /** A backup brings its own. */
  putBack(contents: readonly { key: string; value: VmRecord }[]): void {
    this.records.clear();
    for (const { key, value } of contents) this.written(key, null, value);
  }
}
