import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Quota, QuotaView } from '@holdfast/client';
import { defaultProject, projectOf, type VmRecord, type VmSpec } from '@holdfast/contracts';
import { deriveId } from '@holdfast/kernel';
import { SerialQueue } from '@holdfast/runtime';
import { Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { noSuch } from '../auth/accounts.js';
import type { ClusterView } from '../cluster-view.js';
import { requireVersion, versionOfContent, type Edit } from '../http/edit.js';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { amountOf, amountOfVm, corrections, lacking, moreOf, shareOf, type Amount, type Share } from './shares.js';
import * as store from './store.js';

const lookEveryMs = 10_000;
const retryMs = 1000;
/** What is asked for with a share is carried out by then or not at all; shares outlive that by far. */
const withinMs = 30_000;
/** At the start nothing is known yet of any project. */
const knownWithinMs = 5000;
const pollMs = 50;

const texts: Record<keyof Amount, { unit: string; what: string }> = {
  vms: { unit: '', what: 'VMs' },
  cpus: { unit: '', what: 'CPUs' },
  memoryMiB: { unit: ' MiB', what: 'of memory' },
  diskMiB: { unit: ' MiB', what: 'of disks' },
};

/**
 * How much the VMs of a project may take up. A share is taken in a transaction that has the project to itself, before
 * the scheduler is asked; a refusal gives it back. What a crash or a lost answer leaves open is put right by what there
 * is: the share of what never came is dropped after a time by which nothing can come of it any more.
 */
export class Quotas {
  private readonly logger = new Logger('quotas');
  private readonly turns = new SerialQueue();
  private readonly closing = new AbortController();
  /** Whether each project has a quota, as of the newest look; it stands while the database is away. */
  private known = new Map<string, boolean>();
  private gone = new Set<string>();
  private woken = new AbortController();
  private running: Promise<void> | null = null;
  private forget: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly view: ClusterView,
    private readonly incarnation: string,
  ) {}

  start(): void {
    if (this.database.status.state === 'not-configured') return;
    this.forget = this.view.vms.onChange((_name, entry, before) => {
      const isGone = before && (entry?.value.uid !== before.uid || entry.value.phase === 'deleted');
      // Renamed, it is there under another name.
      if (!isGone || this.view.vmOfUid(before.uid) || this.known.get(projectOf(before)) !== true) return;
      this.gone.add(before.uid);
      this.woken.abort();
    });
    this.running ??= this.run();
  }

  async close(): Promise<void> {
    this.forget();
    this.closing.abort();
    this.woken.abort();
    await this.running;
  }

  /** For a VM that an operation is to create. */
  forNew(vm: string, project: string, spec: VmSpec, operation: string): Asked {
    const uid = deriveId(this.incarnation, 'vm', vm, operation);
    return { share: { uid, operation: '', project, amount: amountOf(spec) }, operation };
  }

  /** For a VM that an operation is to change to this size. */
  forChange(vm: VmRecord, after: Pick<VmSpec, 'cpus' | 'memoryMiB' | 'disks'>, operation: string): Asked {
    const amount = moreOf(amountOfVm(vm), amountOf(after));
    return { share: { uid: vm.uid, operation, project: projectOf(vm), amount }, operation };
  }

  /**
   * Has something done for which there must be room in the project's quota, and keeps the room. `work` is told until
   * when it may be carried out; null: it does not matter.
   * @throws Problem `over-quota`; `unavailable` when it cannot be told.
   */
  async during<T>(asked: Asked, isDryRun: boolean, work: (untilMs: number | null) => Promise<T>): Promise<T> {
    const attempt = await this.taken(asked, isDryRun);
    if (attempt === null) return await work(null);
    try {
      return await work(Date.now() + withinMs);
    } catch (error) {
      // Without an answer it may still be carried out.
      const isRefused = error instanceof Problem && error.code !== 'unavailable' && error.code !== 'internal';
      if (isRefused) await this.giveBack(asked.share, attempt);
      throw error;
    }
  }

  /** @throws Problem `not-found` */
  async show(project: string): Promise<QuotaView> {
    const { quota, used } = await this.database.transaction(async (manager) => {
      const found = await store.lockedProject(manager, project);
      if (!found) throw noSuch('project', project);
      return { quota: found.quota, used: await store.usedBy(manager, project) };
    });
    return this.viewOf(project, quota, used);
  }

  private viewOf(project: string, known: Quota | null, used: Amount): QuotaView {
    const quota = known ?? store.noQuota;
    return { project, quota, version: versionOfContent(quota), used: known ? used : this.present(project) };
  }

  /** What is left out stays as it is. From then on all of its VMs count. */
  async set(project: string, change: Partial<Quota>, edit: Edit): Promise<QuotaView> {
    const quota = await this.database.transaction(async (manager) => {
      const found = await store.lockedProject(manager, project);
      if (!found) throw noSuch('project', project);
      const before = found.quota ?? store.noQuota;
      requireVersion(edit, versionOfContent(before));
      const after = { ...before, ...change };
      if (edit.dryRun) return after;
      await store.setQuota(manager, project, after);
      await store.put(manager, this.vmsOf(project).map(shareOf));
      return after;
    });
    if (edit.dryRun) return this.viewOf(project, quota, this.present(project));
    this.known.set(project, Object.values(quota).some((limit) => limit !== null));
    return await this.show(project);
  }

  private vmsOf(project: string): VmRecord[] {
    return this.view.presentVms().filter((vm) => projectOf(vm) === project);
  }

  private present(project: string): Amount {
    const amounts = this.vmsOf(project).map(amountOfVm);
    return amounts.reduce(store.sumOf, { vms: 0, cpus: 0, memoryMiB: 0, diskMiB: 0 });
  }

  /** Null: nothing was taken, since it needs nothing. */
  private async taken({ share, operation }: Asked, isDryRun: boolean): Promise<string | null> {
    const { project } = share;
    if (this.database.status.state === 'not-configured') {
      if (project === defaultProject) return null;
      throw noSuch('project', project);
    }
    // It was carried out, and is only asked for again.
    if (this.view.operations.value(operation) !== null) return null;
    try {
      return await this.turns.run(project, () =>
        this.database.transaction((manager) => this.take(manager, share, isDryRun)));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'unavailable') throw error;
      if (await this.hasNoQuota(project)) return null;
      const remedy = 'try again in a moment; projects without a quota go on meanwhile';
      throw new Problem('unavailable', `whether ${project} has room in its quota cannot be told: the database is away`,
        { remedy, headers: error.headers }, { cause: error });
    }
  }

  private async take(manager: EntityManager, share: Share, isDryRun: boolean): Promise<string | null> {
    const { project, amount } = share;
    const found = await store.lockedProject(manager, project);
    if (!found) throw noSuch('project', project);
    const { quota } = found;
    this.known.set(project, quota !== null);
    if (quota === null) return null;
    const attempt = randomUUID();
    if (await store.takenAgain(manager, share, attempt)) return attempt;
    const used = await store.usedBy(manager, project);
    const lacks = lacking(quota, used, amount);
    if (lacks !== null) throw overQuota(project, lacks, { limit: quota[lacks] ?? 0, used: used[lacks] }, amount[lacks]);
    if (isDryRun) return null;
    await store.add(manager, share, attempt);
    return attempt;
  }

  private async giveBack(share: Share, attempt: string): Promise<void> {
    try {
      await this.database.use((manager) => store.giveBack(manager, share, attempt));
    } catch (error) {
      this.logger.warn(`a share of ${share.project} is given back later: ${String(error)}`);
    }
  }

  private async hasNoQuota(project: string): Promise<boolean> {
    const deadlineMs = performance.now() + knownWithinMs;
    while (this.known.size === 0 && performance.now() < deadlineMs && !this.closing.signal.aborted) await sleep(pollMs);
    return this.known.get(project) === false;
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      this.woken = new AbortController();
      const isDone = await this.look().then(() => true, (error: unknown) => {
        const isAway = error instanceof Problem && error.code === 'unavailable';
        if (!isAway) this.logger.warn(`what is used is not looked at: ${String(error)}`);
        return false;
      });
      const until = isDone ? AbortSignal.any([signal, this.woken.signal]) : signal;
      await sleep(isDone ? lookEveryMs : retryMs, undefined, { signal: until }).catch(() => undefined);
    }
  }

  /** What there is decides: shares are put right by it. */
  async look(): Promise<void> {
    const noted = [...this.gone];
    const gone = noted.filter((uid) => !this.view.vmOfUid(uid));
    const present = {
      vms: new Map(this.view.presentVms().map((vm) => [vm.uid, vm])),
      isRunning: (operation: string): boolean | null => {
        const known = this.view.operations.value(operation);
        return known && known.state === 'running';
      },
    };
    await this.database.use(async (manager) => {
      this.known = await store.knownProjects(manager);
      if (gone.length > 0) await store.dropVms(manager, gone);
      for (const uid of noted) this.gone.delete(uid);
      if (!this.view.ready || this.view.stale) return;
      const shares = await store.shares(manager);
      const { put, drop } = corrections(shares, present, (project) => this.known.get(project) === true);
      await store.put(manager, put);
      await store.drop(manager, drop);
    });
  }
}

/** A share, and the operation that it is for. */
export interface Asked {
  share: Share;
  operation: string;
}

function overQuota(
  project: string, lacks: keyof Amount, { limit, used }: { limit: number; used: number }, more: number,
): Problem {
  const { unit, what } = texts[lacks];
  const left = Math.max(0, limit - used);
  return new Problem('over-quota', `${project} may have ${limit}${unit} ${what}: ${used}${unit} are taken up, and ` +
    `${more}${unit} more ${more === 1 ? 'is' : 'are'} asked for`, {
    field: lacks === 'vms' ? 'project' : lacks === 'diskMiB' ? 'disks' : lacks,
    remedy: `${left > 0 ? `ask for at most ${left}${unit}, ` : ''}delete what is not needed, or ask an admin for more`,
  });
}
