import { randomUUID } from 'node:crypto';
import type { Quota } from '@holdfast/client';
import type { EntityManager } from 'typeorm';
import { resources, type Amount, type KnownShare, type Share } from './shares.js';

export const noQuota: Quota = { vms: null, cpus: null, memoryMiB: null, diskMiB: null };

/** As the driver gives bigints: as text. */
type Row = Record<keyof Amount, string | null>;
const columns = 'vms, cpus, memory_mib AS "memoryMiB", disk_mib AS "diskMiB"';
const quotaColumns = 'q.vms, q.cpus, q.memory_mib AS "memoryMiB", q.disk_mib AS "diskMiB"';

function numbersOf<N>(row: Row | undefined, otherwise: N): Record<keyof Amount, number | N> {
  const entries = resources.map((each) => [each, row?.[each] == null ? otherwise : Number(row[each])]);
  return Object.fromEntries(entries) as Record<keyof Amount, number | N>;
}

export function sumOf(one: Amount, other: Amount): Amount {
  return Object.fromEntries(resources.map((each) => [each, one[each] + other[each]])) as Amount;
}

/** Held until the transaction ends: whoever else asks for a part of its quota waits. Null: there is no such project. */
export async function lockedProject(
  manager: EntityManager, project: string,
): Promise<{ quota: Quota | null } | null> {
  const [row] = await manager.query<(Row & { has: boolean })[]>(
    `SELECT q.project IS NOT NULL AS has, ${quotaColumns} FROM projects p
       LEFT JOIN project_quotas q ON q.project = p.name WHERE p.name = $1 FOR NO KEY UPDATE OF p`, [project]);
  return row ? { quota: row.has ? numbersOf(row, null) : null } : null;
}

export async function usedBy(manager: EntityManager, project: string): Promise<Amount> {
  const [row] = await manager.query<Row[]>(
    `SELECT sum(vms) AS vms, sum(cpus) AS cpus, sum(memory_mib) AS "memoryMiB", sum(disk_mib) AS "diskMiB"
     FROM quota_shares WHERE project = $1`, [project]);
  return numbersOf(row, 0);
}

/** One without any limit is none. */
export async function setQuota(manager: EntityManager, project: string, quota: Quota): Promise<void> {
  if (Object.values(quota).every((limit) => limit === null)) {
    await manager.query('DELETE FROM project_quotas WHERE project = $1', [project]);
    return;
  }
  await manager.query(
    `INSERT INTO project_quotas (project, vms, cpus, memory_mib, disk_mib) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (project) DO UPDATE SET vms = $2, cpus = $3, memory_mib = $4, disk_mib = $5`,
    [project, quota.vms, quota.cpus, quota.memoryMiB, quota.diskMiB]);
}

/** The same asked for again has its share already; who asked last is who may give it back. */
export async function takenAgain(manager: EntityManager, share: Share, attempt: string): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    `WITH again AS (UPDATE quota_shares SET attempt = $3 WHERE uid = $1 AND operation = $2 RETURNING 1)
     SELECT 1 FROM again`, [share.uid, share.operation, attempt]);
  return rows.length > 0;
}

export async function add(manager: EntityManager, share: Share, attempt: string): Promise<void> {
  const { uid, operation, project, amount } = share;
  await manager.query(
    `INSERT INTO quota_shares (uid, operation, project, vms, cpus, memory_mib, disk_mib, attempt)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [uid, operation, project, amount.vms, amount.cpus, amount.memoryMiB, amount.diskMiB, attempt]);
}

/** Unless somebody has asked for the same since. */
export async function giveBack(manager: EntityManager, { uid, operation }: Share, attempt: string): Promise<void> {
  await manager.query('DELETE FROM quota_shares WHERE uid = $1 AND operation = $2 AND attempt = $3',
    [uid, operation, attempt]);
}

export async function knownProjects(manager: EntityManager): Promise<Map<string, boolean>> {
  const rows = await manager.query<{ name: string; has: boolean }[]>(
    'SELECT p.name, q.project IS NOT NULL AS has FROM projects p LEFT JOIN project_quotas q ON q.project = p.name');
  return new Map(rows.map(({ name, has }) => [name, has]));
}

export async function shares(manager: EntityManager): Promise<KnownShare[]> {
  const rows = await manager.query<(Row & Omit<Share, 'amount'> & { age: string })[]>(
    `SELECT uid, operation, project, ${columns}, extract(epoch FROM now() - since) AS age FROM quota_shares`);
  return rows.map(({ uid, operation, project, age, ...row }) =>
    ({ uid, operation, project, amount: numbersOf(row, 0), ageMs: Number(age) * 1000 }));
}

/** VMs as they are. Of a project that has gone meanwhile, none. */
export async function put(manager: EntityManager, put: readonly Share[]): Promise<void> {
  if (put.length === 0) return;
  const rows = put.map(({ uid, project, amount }) => ({ uid, project, ...amount }));
  await manager.query(
    `INSERT INTO quota_shares (uid, operation, project, vms, cpus, memory_mib, disk_mib, attempt)
     SELECT uid, '', project, vms, cpus, "memoryMiB", "diskMiB", $2
     FROM jsonb_to_recordset($1::jsonb) AS rows
       (uid text, project text, vms bigint, cpus bigint, "memoryMiB" bigint, "diskMiB" bigint)
     WHERE project IN (SELECT project FROM project_quotas)
     ON CONFLICT (uid, operation) DO UPDATE SET project = excluded.project, vms = excluded.vms, cpus = excluded.cpus,
       memory_mib = excluded.memory_mib, disk_mib = excluded.disk_mib, attempt = excluded.attempt`,
    [JSON.stringify(rows), randomUUID()]);
}

export async function drop(
  manager: EntityManager, dropped: readonly Pick<Share, 'uid' | 'operation'>[],
): Promise<void> {
  if (dropped.length === 0) return;
  const rows = dropped.map(({ uid, operation }) => ({ uid, operation }));
  await manager.query(
    `DELETE FROM quota_shares s USING jsonb_to_recordset($1::jsonb) AS rows (uid text, operation text)
     WHERE s.uid = rows.uid AND s.operation = rows.operation`, [JSON.stringify(rows)]);
}

export async function dropVms(manager: EntityManager, uids: readonly string[]): Promise<void> {
  await manager.query('DELETE FROM quota_shares WHERE uid = ANY($1)', [uids]);
}
