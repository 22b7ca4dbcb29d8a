import type { VmRecord } from '@holdfast/contracts';

/** The VMs that there are, by uid. One that is being renamed has two records for a moment. */
export class VmsByUid {
  /** By name, how sure it is that the VM goes on under that. */
  private readonly namesOf = new Map<string, Map<string, number>>();

  /** Told of each change of a record. */
  note(name: string, now: VmRecord | null, before: VmRecord | null): void {
    const uid = now === null || now.phase === 'deleted' ? null : now.uid;
    if (before !== null && before.uid !== uid) {
      const names = this.namesOf.get(before.uid);
      names?.delete(name);
      if (names?.size === 0) this.namesOf.delete(before.uid);
    }
    if (now === null || uid === null) return;
    this.namesOf.set(uid, (this.namesOf.get(uid) ?? new Map<string, number>()).set(name, surenessOf(now)));
  }

  /** Where it has two, the new one as soon as that is sure to stay. */
  nameOf(uid: string): string | null {
    const [[name] = [null]] = [...this.namesOf.get(uid) ?? []].sort(([, one], [, other]) => other - one);
    return name;
  }

  hasTwo(uid: string): boolean {
    return (this.namesOf.get(uid)?.size ?? 0) > 1;
  }
}

/** Not taken by the old record, the new one may have come too late, and then goes again. */
function surenessOf({ rename }: VmRecord): number {
  if (rename === undefined || rename.isTaken === true) return 2;
  return rename.is === 'old' ? 1 : 0;
}
