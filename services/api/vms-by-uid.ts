import type { VmRecord } from '@holdfast/contracts';

/** The VMs that there are, by uid. One that is being renamed has two records for a moment. */
export class VmsByUid {
  /** In the order in which they were seen. */
  private readonly namesOf = new Map<string, Set<string>>();

  /** Told of each change of a record. */
  note(name: string, now: VmRecord | null, before: VmRecord | null): void {
    const uid = now === null || now.phase === 'deleted' ? null : now.uid;
    if (before !== null && before.uid !== uid) {
      const names = this.namesOf.get(before.uid);
      names?.delete(name);
      if (names?.size === 0) this.namesOf.delete(before.uid);
    }
    if (uid !== null) this.namesOf.set(uid, (this.namesOf.get(uid) ?? new Set()).add(name));
  }

  /** Where it has two, the newer one. */
  nameOf(uid: string): string | null {
    return this.names(uid).at(-1) ?? null;
  }

  hasTwo(uid: string): boolean {
    return this.names(uid).length > 1;
  }

  private names(uid: string): string[] {
    return [...this.namesOf.get(uid) ?? []];
  }
}
