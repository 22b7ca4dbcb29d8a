import { loadSummaryMs, type HostLoad, type LoadSummary, type MeanAndMax } from '@holdfast/contracts';

/** Hosts that a summary is being made of; more are left out. */
const maxHosts = 20_000;

class Figure {
  private sum = 0;
  private max = 0;

  constructor(private count = 0) {}

  add(value: number): void {
    this.sum += value;
    this.max = Math.max(this.max, value);
    this.count += 1;
  }

  /** To a thousandth: finer than what is measured. */
  get result(): MeanAndMax {
    const rounded = (value: number): number => Math.round(value * 1000) / 1000;
    return { mean: rounded(this.sum / this.count), max: rounded(this.max) };
  }
}

/** Figures of one thing, by name. */
class Figures<Name extends string> {
  private readonly figures: Record<Name, Figure>;
  samples = 0;

  constructor(private readonly names: readonly Name[]) {
    this.figures = this.each(() => new Figure());
  }

  add(values: Readonly<Record<Name, number>>): void {
    for (const name of this.names) this.figures[name].add(values[name]);
    this.samples += 1;
  }

  get result(): Record<Name, MeanAndMax> {
    return this.each((name) => this.figures[name].result);
  }

  private each<T>(of: (name: Name) => T): Record<Name, T> {
    return Object.fromEntries(this.names.map((name) => [name, of(name)])) as Record<Name, T>;
  }
}

const machineFigures = ['busy', 'cpuPressure', 'memoryPressure', 'ioPressure'] as const;
const vmFigures = ['used', 'waited'] as const;

/** A host's quarter of an hour so far. */
class Gathering {
  private readonly machine = new Figures(machineFigures);
  private readonly vms = new Map<string, Figures<(typeof vmFigures)[number]>>();
  private samples = 0;

  constructor(readonly atMs: number) {}

  add({ machine, vms }: HostLoad, uidOf: (vm: string) => string | null): void {
    this.samples += 1;
    if (machine !== null) this.machine.add(machine);
    for (const [name, load] of Object.entries(vms)) {
      const uid = uidOf(name);
      if (uid === null) continue;
      const figures = this.vms.get(uid) ?? new Figures(vmFigures);
      this.vms.set(uid, figures);
      figures.add(load);
    }
  }

  summary(host: string): LoadSummary {
    return {
      host,
      atMs: this.atMs,
      samples: this.samples,
      machine: this.machine.samples === 0 ? null : this.machine.result,
      vms: Object.fromEntries([...this.vms].map(([uid, figures]) => [
        uid, { ...figures.result, samples: figures.samples },
      ])),
    };
  }
}

/** Gathers what hosts say of their load, and gives it summed up, a quarter of an hour at a time. */
export class LoadGathering {
  private readonly hosts = new Map<string, Gathering>();
  private readonly finished: LoadSummary[] = [];

  constructor(private readonly uidOf: (vm: string) => string | null) {}

  add(load: HostLoad, nowMs: number): void {
    this.finish(nowMs);
    const gathering = this.hosts.get(load.host) ?? new Gathering(nowMs - (nowMs % loadSummaryMs));
    if (!this.hosts.has(load.host) && this.hosts.size >= maxHosts) return;
    this.hosts.set(load.host, gathering);
    gathering.add(load, this.uidOf);
  }

  /** Those whose time is over, each once. */
  take(nowMs: number): LoadSummary[] {
    this.finish(nowMs);
    return this.finished.splice(0);
  }

  private finish(nowMs: number): void {
    const [first] = this.hosts.values();
    if (first === undefined || nowMs < first.atMs + loadSummaryMs) return;
    for (const [host, gathering] of this.hosts) this.finished.push(gathering.summary(host));
    this.hosts.clear();
    // Nobody took them: the newest are worth most.
    this.finished.splice(0, this.finished.length - maxHosts);
  }
}
