import { followEvents, type FollowOptions } from './events.js';
import { ClusterRequests } from './cluster-requests.js';
import { isAway } from './look.js';
import { ApiProblem, OperationTimeout } from './problem.js';
import type {
  Accepted,
  BulkRequest,
  StartVm,
  BulkView,
  CloudEvent,
  ConsoleView,
  ImageView,
  ListOptions,
  LoadOptions,
  NewVm,
  OperationView,
  Page,
  VmLoadView,
  VmPolicyChange,
  VmBootRequest,
  VmFromTemplate,
  VmResize,
  VmView,
  VmWordsChange,
  VolumeView,
  VmClone,
} from './resources.js';
import type { ChangeOptions } from './routes.js';
import { pause } from './transport.js';

export interface WaitOptions {
  timeoutMs: number;
  /** Called with every new state or reason that was seen. */
  onProgress?(operation: OperationView): void;
  signal?: AbortSignal;
}

/** One long poll: short enough that the reason on the way is seen to change. */
const pollMs = 1000;
const unreachablePauseMs = 500;
/** For a thousand VMs. */
const bulkTimeoutMs = 60_000;
/**
 * An accepted operation is written a moment after the answer; a slow one is not unknown at once.
 */
const appearanceMs = 10_000;

/**
 * The API, typed. Every method throws `ApiProblem` for a refusal and `ApiUnreachable` when there
 * is no answer.
 */
export class HoldfastClient extends ClusterRequests {
  vms(query: ListOptions = {}): Promise<Page<VmView>> {
    return this.get('/api/v1/vms', { query });
  }

  vm(vm: string): Promise<VmView> {
    return this.get('/api/v1/vms/{vm}', { path: { vm } });
  }

  createVm(body: NewVm | VmFromTemplate, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms', { body }, options);
  }

  deleteVm(vm: string, options?: ChangeOptions): Promise<Accepted> {
    return this.delete('/api/v1/vms/{vm}', { path: { vm } }, options);
  }

  /** One thing to many VMs: what came of each. */
  bulkVms(body: BulkRequest): Promise<BulkView> {
    return this.post('/api/v1/vms/bulk', { body }, { timeoutMs: bulkTimeoutMs });
  }

  startVm(vm: string, body: StartVm = {}, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/start', { path: { vm }, body }, options);
  }

  stopVm(vm: string, body: { force?: boolean } = {}, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/stop', { path: { vm }, body }, options);
  }

  rebootVm(vm: string, body: { force?: boolean } = {}, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/reboot', { path: { vm }, body }, options);
  }

  /** Without asking its guest. */
  resetVm(vm: string, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/reset', { path: { vm } }, options);
  }

  /** It stands still where it is, its memory kept. */
  pauseVm(vm: string, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/pause', { path: { vm } }, options);
  }

  /** Its memory is stored, and it stops; its next start goes on from there. */
  suspendVm(vm: string, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/suspend', { path: { vm } }, options);
  }

  resumeVm(vm: string, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/resume', { path: { vm } }, options);
  }

  /** To `host`, or to where the scheduler thinks best. */
  migrateVm(vm: string, body: { host?: string | null } = {}, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/migrate', { path: { vm }, body }, options);
  }

  /** What is left out stays as it is. */
  setVm(vm: string, body: VmPolicyChange, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/policy', { path: { vm }, body }, options);
  }

  /** More at once, within its maximum, or any size when it does not run; what is left out stays as it is. */
  resizeVm(vm: string, body: VmResize, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/resize', { path: { vm }, body }, options);
  }

  /** While it is stopped. */
  renameVm(vm: string, body: { to: string }, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/rename', { path: { vm }, body }, options);
  }

  /** A new VM with copies of its disks, while it is stopped. */
  cloneVm(vm: string, body: VmClone, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/clone', { path: { vm }, body }, options);
  }

  /** While it is stopped. */
  addVmDisk(vm: string, body: { sizeMiB: number }, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/disks', { path: { vm }, body }, options);
  }

  /** With its data, while it is stopped. */
  removeVmDisk(vm: string, volume: string, options?: ChangeOptions): Promise<Accepted> {
    return this.delete('/api/v1/vms/{vm}/disks/{volume}', { path: { vm, volume } }, options);
  }

  /** While it is stopped, as `removeVmNic`. */
  addVmNic(vm: string, body: { network: string }, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/nics', { path: { vm }, body }, options);
  }

  removeVmNic(vm: string, nic: string, options?: ChangeOptions): Promise<Accepted> {
    return this.delete('/api/v1/vms/{vm}/nics/{nic}', { path: { vm, nic } }, options);
  }

  /** From its next start on; null for what its image has. */
  setVmBoot(vm: string, body: VmBootRequest, options?: ChangeOptions): Promise<Accepted> {
    return this.put('/api/v1/vms/{vm}/boot', { path: { vm }, body }, options);
  }

  /** From its next start on. */
  setVmCdrom(vm: string, body: { iso: string | null }, options?: ChangeOptions): Promise<Accepted> {
    return this.put('/api/v1/vms/{vm}/cdrom', { path: { vm }, body }, options);
  }

  /** Its note, its labels, and whether it may be deleted; what is left out stays as it is. */
  describeVm(vm: string, body: VmWordsChange, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/describe', { path: { vm }, body }, options);
  }

  /** Stopped where it is, started on `host`. */
  relocateVm(vm: string, body: { host: string }, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/vms/{vm}/relocate', { path: { vm }, body }, options);
  }

  /** What happened to it, oldest first. */
  async vmEvents(vm: string): Promise<CloudEvent[]> {
    const page = await this.get('/api/v1/vms/{vm}/events', { path: { vm } });
    return page.items;
  }

  /** What it used, a quarter of an hour at a time, the newest first. */
  vmLoads(vm: string, query: LoadOptions = {}): Promise<Page<VmLoadView>> {
    return this.get('/api/v1/vms/{vm}/loads', { path: { vm }, query });
  }

  /** The end of its serial console. */
  console(vm: string, bytes?: number): Promise<ConsoleView> {
    return this.get('/api/v1/vms/{vm}/console', { path: { vm }, query: { bytes } });
  }

  /** What is on its screen, as a PNG. */
  async screenshot(vm: string): Promise<Buffer> {
    const path = `/vms/${encodeURIComponent(vm)}/screenshot`;
    const response = await this.transport.stream({ method: 'GET', path, headers: { accept: 'image/png' } });
    return Buffer.from(await response.arrayBuffer());
  }

  images(query: ListOptions = {}): Promise<Page<ImageView>> {
    return this.get('/api/v1/images', { query });
  }

  volumes(query: ListOptions = {}): Promise<Page<VolumeView>> {
    return this.get('/api/v1/volumes', { query });
  }

  /** Newest first. */
  operations(query: ListOptions = {}): Promise<Page<OperationView>> {
    return this.get('/api/v1/operations', { query });
  }

  /** With `waitMs` (at most 30 000) it answers when the operation has ended, or then. */
  operation(
    id: string,
    { waitMs, signal }: { waitMs?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<OperationView> {
    const timeoutMs = 15_000 + (waitMs ?? 0);
    return this.get('/api/v1/operations/{id}', { path: { id }, query: { waitMs } }, { signal, timeoutMs });
  }

  /** Gives up a create or a start before its VM runs; answers with the stop that overrules it. */
  cancelOperation(id: string, options?: ChangeOptions): Promise<Accepted> {
    return this.post('/api/v1/operations/{id}/cancel', { path: { id } }, options);
  }

  /**
   * The operation once it is done or failed. An API that is away for a while is waited for.
   * Throws `OperationTimeout` when it has not ended in time.
   */
  async waitForOperation(id: string, options: WaitOptions): Promise<OperationView> {
    const startMs = performance.now();
    const deadlineMs = startMs + options.timeoutMs;
    let seen = '';
    let reason = '';
    for (;;) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw new OperationTimeout(id, options.timeoutMs, reason);
      options.signal?.throwIfAborted();
      try {
        const waitMs = Math.max(1, Math.round(Math.min(pollMs, leftMs)));
        const operation = await this.operation(id, { waitMs, signal: options.signal });
        reason = operation.reason;
        const look = `${operation.state}/${operation.reason}`;
        if (look !== seen) options.onProgress?.(operation);
        seen = look;
        if (operation.state !== 'running') return operation;
      } catch (error) {
        options.signal?.throwIfAborted();
        const isYoung = performance.now() - startMs < appearanceMs;
        const isUnseen = isYoung && error instanceof ApiProblem && error.code === 'not-found';
        if (!isUnseen && !isAway(error)) throw error;
        reason = error.message;
        await pause(unreachablePauseMs, options.signal);
      }
    }
  }

  /** Every item of a list, or each that a filter lets pass, page after page. */
  async all<T>(
    list: (page: ListOptions) => Promise<Page<T>>,
    { filter, sort, limit = Infinity }: Pick<ListOptions, 'filter' | 'sort' | 'limit'> = {},
  ): Promise<T[]> {
    const items: T[] = [];
    let after: string | undefined;
    do {
      const page = await list.call(this, { limit: Math.min(500, limit - items.length), filter, sort, after });
      items.push(...page.items);
      after = page.next ?? undefined;
    } while (after !== undefined && items.length < limit);
    return items;
  }

  followEvents(options: FollowOptions): Promise<void> {
    return followEvents(this.transport, options);
  }
}
