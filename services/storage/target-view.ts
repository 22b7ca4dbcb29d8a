import { TargetStoreError, type TargetState, type TargetStore } from './ports.js';

/** The targets that exist on this node, as last listed and as changed by us since. */
export class TargetView {
  private targets: TargetState[] | null = null;
  private lookedAt = '';

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

  /** True when a target appeared or vanished since the last look, whoever has listed them meanwhile. */
  async look(): Promise<boolean> {
    await this.refresh();
    const before = this.lookedAt;
    this.lookedAt = this.fingerprint();
    return this.lookedAt !== before;
  }

  async refresh(): Promise<void> {
    try {
      this.targets = await this.store.listTargets();
    } catch (error) {
      if (!(error instanceof TargetStoreError)) throw error;
      this.targets = null;
    }
  }

  private fingerprint(): string {
    return this.targets?.map(({ iqn }) => iqn).sort().join() ?? 'unavailable';
  }
}
