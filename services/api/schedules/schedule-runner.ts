import { setTimeout as sleep } from 'node:timers/promises';
import { requestContext } from '@holdfast/bus';
import { newRequest } from '@holdfast/runtime';
import { Logger } from '@nestjs/common';
import { rolesOf } from '../auth/accounts.js';
import { localPrincipal, type Principal } from '../auth/principal.js';
import type { ClusterView } from '../cluster-view.js';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { ProjectScope } from '../project-scope.js';
import type { VmPower } from '../vm-power.js';
import { isMissed, operationOfDue } from './core.js';
import type { Became, Schedule, Schedules } from './schedules.js';

const everyMs = 1000;
const atOnce = 20;
/** Longer than a command may take: whoever took it and is gone by then, has not noted what became of it. */
const claimMs = 60_000;
const retryMs = 5000;

type Due = Schedule & { nextAt: Date };

/**
 * Does what is due. Every API tries: a row is taken by one of them, and its operation is derived from the schedule and
 * the due time, so that what is done once more, after one died in between, is the same operation.
 */
export class ScheduleRunner {
  private readonly logger = new Logger('schedules');
  private readonly closing = new AbortController();
  private running: Promise<void> | null = null;

  constructor(
    private readonly database: Database,
    private readonly schedules: Schedules,
    private readonly view: ClusterView,
    private readonly power: VmPower,
    private readonly now: () => Date = () => new Date(),
  ) {}

  start(): void {
    if (this.database.status.state !== 'not-configured') this.running ??= this.run();
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  /** @returns how many were due. */
  async round(): Promise<number> {
    // What is due is looked at with records at hand, or not yet.
    if (!this.view.ready || this.view.stale) return 0;
    const due = await this.schedules.claim(atOnce, new Date(this.now().getTime() + claimMs));
    await Promise.all(due.map((each) => this.see(each)));
    return due.length;
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        if ((await this.round()) === atOnce) continue;
      } catch (error) {
        // The database says by itself when it is away.
        const isAway = error instanceof Problem && error.code === 'unavailable';
        if (!isAway) this.logger.warn(`schedules wait: ${String(error)}`);
      }
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async see(due: Due): Promise<void> {
    const became = await requestContext.run(newRequest(), () => this.carryOut(due));
    if (became === null) {
      await this.schedules.giveBack(due, new Date(this.now().getTime() + retryMs));
      return;
    }
    if (became.outcome !== 'begun') {
      this.logger.warn(`schedule ${due.name}, due ${due.nextAt.toISOString()}: ${became.outcome}: ${became.detail}`);
    }
    await this.schedules.settle(due, became);
  }

  /** Null: not now, but perhaps in a moment. */
  private async carryOut(due: Due): Promise<Became | null> {
    if (isMissed(due.nextAt, due.graceMinutes, this.now())) {
      const detail = `it could not be done within ${due.graceMinutes} minutes`;
      return { outcome: 'missed', detail, operation: null };
    }
    const operation = operationOfDue(due.id, due.nextAt);
    try {
      const owner = await this.ownerOf(due);
      const scope = new ProjectScope(this.view, owner, 'vm.power');
      if (this.view.hasTwoNames(due.vmUid)) return null;
      const vm = this.view.vmOfUid(due.vmUid)?.name ?? due.vm;
      // Already on its way there may be nothing of it left to be seen.
      if (this.view.operations.value(operation) === null) requireSame(scope.vm(vm).uid, due);
      const { action, force, name, nextAt } = due;
      const asked = { schedule: name, owner: owner.name, dueAt: nextAt.toISOString() };
      const who = { kind: owner.kind, name: owner.name };
      const by = { scope, who, from: `schedule ${name}`, requestId: operation, asked };
      await this.power.carryOut({ vm, action, force, operation }, by);
      return { outcome: 'begun', detail: '', operation };
    } catch (error) {
      if (!(error instanceof Problem)) {
        this.logger.error(`schedule ${due.name} failed: ${String(error)}`);
        return null;
      }
      if (error.code === 'unavailable') return null;
      return { outcome: 'refused', detail: error.message, operation: null };
    }
  }

  /** With the rights that they have now. */
  private async ownerOf({ ownerKind, ownerId, ownerName }: Due): Promise<Principal> {
    if (ownerKind === 'local') return localPrincipal;
    const found = await this.database.use(async (manager) => {
      const rows = await manager.query<{ name: string }[]>('SELECT name FROM accounts WHERE id = $1', [ownerId]);
      return rows[0] && { name: rows[0].name, roles: await rolesOf(manager, ownerId) };
    });
    if (!found) throw new Problem('forbidden', `its owner ${ownerName} is no user here any more`);
    return { kind: ownerKind, id: ownerId, name: found.name, roles: found.roles, scope: null };
  }
}

function requireSame(uid: string, { vm, vmUid }: Schedule): void {
  if (uid !== vmUid) throw new Problem('conflict', `${vm} is another VM than the one that was meant`);
}
