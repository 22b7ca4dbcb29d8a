import { TargetStoreError, type TargetState, type TargetStore } from './ports.js';

/** The targets that exist on this node, as last listed and as changed by us since. */
export class TargetView {
  private targets: TargetState[] | null = null;

  constructor(private readonly store: TargetStore) {}

  /** Null while the target daemon does not answer. */
  generations(volume: string): ReadonlySet<number> | null {
    if (!this.targets) return null;
    const own = this.targets.filter((target) => target.volume === volume);
    return new Set(own.map(({ generation }) => generation));
  }

  get available(): boolean {
    return this.targets !== null;
  }

  get all(): TargetState[] {
    return this.targets ?? [];
  }

  sessionsOf(iqns: ReadonlySet<string>): number {
    return this.all
      .filter(({ iqn }) => iqns.has(iqn))
      .reduce((sum, { sessions }) => sum + sessions.length, 0);
  }

  /** True when a target appeared or vanished. */
  async refresh(): Promise<boolean> {
    const before = this.fingerprint();
    try {
      this.targets = await this.store.listTargets();
    } catch (error) {
      if (!(error instanceof TargetStoreError)) throw error;
      this.targets = null;
    }
    return this.fingerprint() !== before;
  }

  private fingerprint(): string {
    return this.targets?.map(({ iqn }) => iqn).sort().join() ?? 'unavailable';
  }
}
