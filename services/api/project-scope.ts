import type { VmView } from '@holdfast/client';
import {
  copiedFrom, projectOf, projectOfEvent, type CloudEvent, type VmRecord, type VolumeSource,
} from '@holdfast/contracts';
import type { Request } from 'express';
import { noSuch } from './auth/accounts.js';
import { forbidden } from './auth/permission.guard.js';
import { accessOf, type Permission } from './auth/permissions.js';
import { principalOf, projectsFor, type Principal } from './auth/principal.js';
import type { ClusterView } from './cluster-view.js';
import { unknown } from './commands.js';
import type { Ordered } from './http/list.js';
import { Problem } from './http/problem.js';

/** A word of a text that may be the name of a VM, or of a volume that is named after one. */
const namePattern = /[a-z][a-z0-9-]*/g;
const volumeTail = /-disk\d*-.*$/;
const somebodyElses = 'another VM';

/**
 * The projects in which somebody holds one permission. Whatever is elsewhere is to them as if it were not there: it is
 * neither shown nor counted, and no answer names it.
 */
export class ProjectScope {
  private readonly where: 'all' | ReadonlySet<string>;
  /** Where names of VMs may be told. */
  private readonly seen: 'all' | ReadonlySet<string>;

  constructor(
    private readonly view: ClusterView,
    principal: Principal,
    private readonly permission: Permission,
  ) {
    this.where = projectsFor(principal, permission);
    this.seen = projectsFor(principal, 'vm.read');
  }

  get isAll(): boolean {
    return this.where === 'all';
  }

  /** For the owner of a record: who asks may do so in the whole cluster. */
  get ofCluster(): { ofCluster?: boolean } {
    return this.isAll ? { ofCluster: true } : {};
  }

  /** Null: all of them. */
  get projects(): string[] | null {
    return this.where === 'all' ? null : [...this.where].sort();
  }

  has(project: string | null): boolean {
    return this.where === 'all' || (project !== null && this.where.has(project));
  }

  vms(): VmRecord[] {
    const all = this.view.presentVms();
    return this.isAll ? all : all.filter((vm) => this.has(projectOf(vm)));
  }

  /** For a page of them, in the order of their names. */
  orderedVms(): Ordered<VmRecord> {
    return { all: () => this.vms(), after: (name) => this.vmsAfter(name) };
  }

  private * vmsAfter(name: string | null): Iterable<VmRecord> {
    for (const vm of this.view.presentVmsAfter(name)) if (this.has(projectOf(vm))) yield vm;
  }

  /** Those whose names may be told. */
  seenVms(): VmRecord[] {
    return this.view.presentVms().filter((vm) => this.sees(projectOf(vm)));
  }

  /** What may be told to be there, when something else is looked for. */
  names(): string[] {
    return this.seenVms().map(({ name }) => name);
  }

  /** Throws `not-found` also for one that is elsewhere, and `forbidden` only for what may be seen. */
  vm(name: string): VmRecord {
    const vm = this.view.vm(name);
    if (vm && this.has(projectOf(vm))) return vm;
    if (vm && this.sees(projectOf(vm))) throw this.forbidden();
    throw unknown('VM', name, this.names());
  }

  forbidden(): Problem {
    return forbidden({ scope: 'project', permission: this.permission });
  }

  sees(project: string): boolean {
    return this.seen === 'all' || this.seen.has(project);
  }

  /**
   * Of the VM to be changed, for its owner to look once more; undefined: whose it is does not matter. One that is gone
   * by the very same request, or has another name by it, is known from its operation, whose id the name is part of.
   */
  projectToChange(name: string, operation: string): string | undefined {
    if (this.isAll) return undefined;
    const begun = this.view.operations.value(operation);
    if (begun && this.has(projectOf(begun))) return projectOf(begun);
    return projectOf(this.vm(name));
  }

  /** For a new VM: the one that was named, or the only one that there may be. */
  projectForNew(asked: string | undefined, otherwise: string): string {
    if (asked !== undefined) {
      if (this.has(asked)) return asked;
      throw this.sees(asked) ? this.forbidden() : noSuch('project', asked);
    }
    if (this.where === 'all') return otherwise;
    const [only, ...more] = [...this.where].sort();
    if (only !== undefined && more.length === 0) return only;
    throw new Problem('invalid', 'project: you may create VMs in more than one', {
      field: 'project',
      remedy: `name one of ${[only, ...more].slice(0, 20).join(', ')}`,
    });
  }

  /** Refuses to have a VM depend on one that may not be seen, in the words for one that is not there. */
  requireSeen(names: readonly string[], field: string): void {
    const hidden = names.find((name) => this.isHidden(name));
    if (hidden === undefined) return;
    const remedy = `create ${hidden} first, or leave it out`;
    throw new Problem('invalid', `after: there is no VM named ${hidden}`, { field, remedy });
  }

  /** Without the names of VMs that may not be seen; those that were `given` in the request are no news. */
  text(text: string, given: readonly string[] = []): string {
    if (this.seen === 'all') return text;
    return text.replace(namePattern, (word) =>
      given.includes(word) || !this.isHidden(this.vmOf(word)) ? word : somebodyElses);
  }

  vmShown(vm: VmView): VmView {
    if (this.seen === 'all') return vm;
    const { claims, preemptedBy, spec, volumes, ...rest } = vm;
    const after = spec.policy.after.filter((name) => !this.isHidden(name));
    return {
      ...rest,
      reason: this.text(vm.reason),
      spec: { ...spec, policy: { ...spec.policy, after } },
      volumes: volumes.map((volume) => this.sourceShown(volume)),
      ...(claims && { claims: claims.filter((name) => !this.isHidden(name)) }),
      ...(preemptedBy !== undefined && !this.isHidden(preemptedBy) && { preemptedBy }),
    };
  }

  /** A copy of a volume whose VM may not be seen does not say so. */
  sourceShown<Volume extends { source?: VolumeSource | undefined }>(volume: Volume): Volume {
    const name = copiedFrom(volume);
    return name === null || !this.isHidden(this.vmOf(name)) ? volume : { ...volume, source: undefined };
  }

  accepted<Told extends { warning?: string | undefined; would?: string | undefined }>(told: Told): Told {
    const { warning, would } = told;
    return {
      ...told,
      ...(warning !== undefined && { warning: this.text(warning) }),
      ...(would !== undefined && { would: this.text(would) }),
    };
  }

  hasEvent(event: CloudEvent): boolean {
    return this.has(projectOfEvent(event));
  }

  event(event: CloudEvent): CloudEvent {
    if (this.seen === 'all') return event;
    const text = this.text(event.data.text, [event.subject]);
    return { ...event, data: { ...event.data, text } };
  }

  problem(problem: Problem, given: readonly string[]): Problem {
    if (this.seen === 'all') return problem;
    const { remedy } = problem.more;
    const more = { ...problem.more, ...(remedy !== undefined && { remedy: this.text(remedy, given) }) };
    return new Problem(problem.code, this.text(problem.message, given), more, { cause: problem });
  }

  /** A volume keeps its name when its VM takes another one. */
  private vmOf(word: string): string {
    const volume = this.view.volumes.value(word);
    return (volume && this.view.ownerOf(volume)?.name) ?? word.replace(volumeTail, '');
  }

  private isHidden(name: string): boolean {
    const vm = this.view.vms.value(name);
    return vm !== null && !this.sees(projectOf(vm));
  }
}

/** Of who asks: for the permission that the route asks, unless for another. */
export function scopeOf(view: ClusterView, request: Request, permission = permissionOf(request)): ProjectScope {
  const principal = principalOf(request);
  if (!principal) throw new Problem('unauthorized', 'nobody is signed in');
  return new ProjectScope(view, principal, permission);
}

function permissionOf(request: Request): Permission {
  const access = accessOf(request.method, (request.route as { path: string }).path);
  if (access?.scope === 'cluster' || access?.scope === 'project') return access.permission;
  throw new Error(`${request.path} asks for no permission`);
}
