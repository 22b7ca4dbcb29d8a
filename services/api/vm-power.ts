import type { Accepted } from '@holdfast/client';
import { vmPause, vmReboot, vmResume, vmStart, vmStop, vmSuspend, type PowerAction } from '@holdfast/contracts';
import { currentTraceId } from '@holdfast/runtime';
import type { AuditBody, AuditLog } from './audit/audit-log.js';
import { stateOf, withoutSecrets } from './audit/record-changes.js';
import type { ClusterView } from './cluster-view.js';
import type { Commands } from './commands.js';
import { Problem } from './http/problem.js';
import type { ProjectScope } from './project-scope.js';

/** What is to be done to one VM. */
export interface PowerAsked {
  vm: string;
  action: PowerAction;
  force: boolean;
  /** The same one again does nothing twice. */
  operation: string;
}

/** On whose behalf, and how that came about. */
export interface PowerBy {
  scope: ProjectScope;
  who: AuditBody['who'];
  from: string;
  requestId: string;
  asked: object;
  /** Nothing is done, and nothing noted. */
  dryRun?: boolean;
}

/** Carries out for one VM what was asked for many, or for a time to come; in the audit log as if asked for it alone. */
export class VmPower {
  constructor(
    private readonly commands: Commands,
    private readonly view: ClusterView,
    private readonly audit: AuditLog,
    private readonly now: () => number = Date.now,
  ) {}

  async carryOut(asked: PowerAsked, by: PowerBy): Promise<Accepted & { would?: string | undefined }> {
    if (by.dryRun) return by.scope.accepted(await this.send(asked, by));
    const path = `/api/v1/vms/${asked.vm}/${asked.action}`;
    const before = this.stateOf(path);
    let status = 202;
    try {
      return by.scope.accepted(await this.send(asked, by));
    } catch (error) {
      status = error instanceof Problem ? error.status : 500;
      throw error;
    } finally {
      this.audit.note({
        atMs: this.now(),
        who: by.who,
        action: `POST /api/v1/vms/:vm/${asked.action}`,
        path,
        asked: withoutSecrets({ force: asked.force, ...by.asked }),
        before,
        after: this.stateOf(path),
        from: by.from,
        requestId: by.requestId,
        traceId: currentTraceId(),
        status,
      });
    }
  }

  private stateOf(path: string): unknown {
    return withoutSecrets(stateOf(this.view, path));
  }

  private send({ vm, action, force, operation }: PowerAsked, { scope, requestId, dryRun }: PowerBy) {
    const ofProject = scope.projectToChange(vm, operation);
    const asked = { operation, vm, ...(dryRun && { dryRun }), ...(ofProject !== undefined && { ofProject }) };
    const options = { requestId, scope };
    switch (action) {
      case 'start': return this.commands.send(vmStart, { ...asked, host: null }, options);
      case 'stop': return this.commands.send(vmStop, { ...asked, force }, options);
      case 'reboot': return this.commands.send(vmReboot, { ...asked, force }, options);
      case 'reset': return this.commands.send(vmReboot, { ...asked, force: true }, options);
      case 'pause': return this.commands.send(vmPause, asked, options);
      case 'resume': return this.commands.send(vmResume, asked, options);
      case 'suspend': return this.commands.send(vmSuspend, asked, options);
    }
  }
}
