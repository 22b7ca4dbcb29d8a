import { defaultSettings, settingsKey } from '@holdfast/contracts';
import { currentTraceId } from '@holdfast/runtime';
import type { Request, RequestHandler } from 'express';
import { principalOf } from '../auth/principal.js';
import { clientAddressOf } from '../auth/rate-limit.js';
import { specView } from '../cloud-init.js';
import type { ClusterView } from '../cluster-view.js';
import { requestIdOf } from '../http/request-id.js';
import type { AuditLog } from './audit-log.js';

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Who signs in is not known before. */
const anonymous = new Set(['/api/v1/login', '/api/v1/setup', '/api/v1/oidc/finish']);
const maxTextLength = 500;
const maxItems = 100;
const maxDepth = 6;
const secretName = /passw|secret|token|seed|^code$|^flow$|^old$|authorization|key$|userdata|metadata|networkconfig/i;

/** A copy without secrets, and bounded: what somebody sends is not to fill the log. */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > maxTextLength ? `${value.slice(0, maxTextLength)}…` : value;
  if (value === null || typeof value !== 'object') return value;
  if (depth >= maxDepth) return '(left out)';
  if (Array.isArray(value)) return value.slice(0, maxItems).map((each) => withoutSecrets(each, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, maxItems)
      .map(([key, each]) => [key, secretName.test(key) ? '(left out)' : withoutSecrets(each, depth + 1)]),
  );
}

/** What of a thing people decide, as the API knows it now; null: it is not there, or is no record of the cluster. */
export function stateOf(view: ClusterView, path: string): unknown {
  const [, , , noun, name = ''] = path.split('/');
  if (noun === 'vms') {
    const vm = view.vm(name);
    if (!vm) return null;
    const { desired, phase, assignment, spec } = vm;
    return { desired, phase, host: assignment?.host ?? null, spec: specView(spec) };
  }
  if (noun === 'hosts') {
    const host = view.hosts.value(name);
    return host ? { health: host.health, admin: host.admin, labels: host.labels } : null;
  }
  if (noun === 'networks') {
    const network = view.network(name);
    return network && { project: network.project ?? null, note: network.note, labels: network.labels };
  }
  if (noun === 'rules') return view.rules.value(name)?.spec ?? null;
  if (noun === 'settings') return view.settings.value(settingsKey)?.settings ?? defaultSettings;
  return null;
}

const signedInAs = new WeakMap<Request, string>();

/** Whose request this was, where only its answer tells. */
export function noteSignedIn(request: Request, user: string): void {
  signedInAs.set(request, user);
}

function whoOf(request: Request): { kind: 'user' | 'service' | 'local' | 'anonymous'; name: string } | null {
  const principal = principalOf(request);
  if (principal) return { kind: principal.kind, name: principal.name };
  return anonymous.has(`${request.baseUrl}${request.path}`) ? { kind: 'anonymous', name: '' } : null;
}

/** Notes every request that would change something, by whom it was and what came of it, refused or not. */
export function recordChanges(audit: AuditLog, view: ClusterView, now: () => number = Date.now): RequestHandler {
  return (request, response, next) => {
    const who = whoOf(request);
    if (reading.has(request.method) || !who || request.query['dryRun'] === 'true') return next();
    const path = `${request.baseUrl}${request.path}`.slice(0, maxTextLength);
    const before = withoutSecrets(stateOf(view, path));
    const traceId = currentTraceId();
    response.once('close', () => {
      const name = signedInAs.get(request);
      const route = request.route as { path: string } | undefined;
      audit.note({
        atMs: now(),
        who: name === undefined ? who : { kind: 'user', name },
        action: `${request.method} ${route?.path ?? '(no such route)'}`,
        path,
        asked: withoutSecrets((request.body as unknown) ?? null),
        before,
        after: withoutSecrets(stateOf(view, path)),
        from: clientAddressOf(request),
        requestId: requestIdOf(request),
        traceId,
        status: response.writableFinished ? response.statusCode : 0,
      });
    });
    next();
  };
}
