/** What the guests' disks, the hosts and the storage node say of a run: nothing here asks Holdfast's own opinion. */
import type { HoldfastClient } from '@holdfast/client';
import { isWhole, staleWrites, type SeenRecord } from '../journal-watch.js';
import type { Lab } from '../lab.js';

export type VmEvent = Awaited<ReturnType<HoldfastClient['vmEvents']>>[number];

const named = ({ type }: VmEvent, ...names: string[]): boolean =>
  names.some((name) => type === `io.holdfast.vm.${name}.v1`);

/**
 * When every older copy of the VM had been proven, or attested, to write no more: a new one is only placed then, and a
 * crash is told by the agent that has seen it end.
 */
export function endsOfWriting(events: readonly VmEvent[]): number[] {
  return events.filter((event) => named(event, 'placed', 'crashed')).map(({ data }) => data.atMs);
}

/** Sentences on one guest's journal: records that came too late, boots that took turns, records that are missing. */
export function badWrites(vm: string, records: readonly SeenRecord[], endsAtMs: readonly number[]): string[] {
  const stale = new Set<SeenRecord>();
  for (const atMs of endsAtMs) {
    const old = records.findLast(({ seenAtMs }) => seenAtMs < atMs);
    if (old) for (const record of staleWrites(records, old.bootId, atMs)) stale.add(record);
  }
  // A boot that had written, then another one did, and now it writes again.
  const over = new Set<string>();
  let current: string | null = null;
  for (const record of records) {
    if (over.has(record.bootId)) {
      stale.add(record);
      continue;
    }
    if (current !== null && current !== record.bootId) over.add(current);
    current = record.bootId;
  }
  const told = [...stale].map(({ n, seenAtMs }) => `${vm}: record ${n}, seen at ${seenAtMs}, is a stale write`);
  return isWhole(records) ? told : [...told, `${vm}: its journal is not whole`];
}

/** From a guest's last write to its next copy running; of each copy that was lost. */
export function recoveriesMs(records: readonly SeenRecord[], events: readonly VmEvent[]): number[] {
  const found: number[] = [];
  let lostAtMs: number | null = null;
  for (const event of events) {
    if (named(event, 'recovering', 'crashed')) lostAtMs ??= event.data.atMs;
    if (!named(event, 'started') || lostAtMs === null) continue;
    const limitMs = event.data.atMs;
    const last = records.findLast(({ seenAtMs }) => seenAtMs < limitMs);
    if (last) found.push(limitMs - last.seenAtMs);
    lostAtMs = null;
  }
  return found;
}

/** When something was done to a host itself, or to a program on it. */
export interface Provocation {
  host: string;
  fromMs: number;
  toMs: number;
}

/** A host that was struck may be fenced when it is already back, and once more before it has come to rest. */
const provokedForMs = 60_000;

/** Fences of hosts that nothing had been done to: suspicion may err, fences never. */
export function unprovoked<T extends { host: string; fencingAtMs: number | null }>(
  incidents: readonly T[],
  provocations: readonly Provocation[],
): T[] {
  return incidents.filter(({ host, fencingAtMs }) => {
    if (fencingAtMs === null) return false;
    return !provocations.some((each) =>
      each.host === host && fencingAtMs >= each.fromMs && fencingAtMs <= each.toMs + provokedForMs);
  });
}

/** Sentences on each VM that does not have exactly one QEMU, on the host where it is said to run. */
export async function miscounted(lab: Lab, client: HoldfastClient, vms: readonly string[]): Promise<string[]> {
  const hosts = lab.nodes.filter(({ kind }) => kind === 'host');
  const found: string[] = [];
  for (const vm of vms) {
    const { assignment } = await client.vm(vm);
    for (const host of hosts) {
      const { stdout } = await host.exec('pgrep', ['-fc', `guest=${vm},`]);
      const wanted = host.name === assignment?.host ? 1 : 0;
      if (Number(stdout) !== wanted) {
        found.push(`${vm}: ${Number(stdout)} QEMU on ${host.name} in place of ${wanted}`);
      }
    }
  }
  return found;
}

/** Sentences on what nobody needs any more, or lacks: targets beside the records, passwords left with libvirt. */
export async function leaked(lab: Lab, client: HoldfastClient): Promise<string[]> {
  const shown = await lab.node('san1').exec('tgtadm', ['--lld', 'iscsi', '--op', 'show', '--mode', 'target']);
  const open = [...shown.stdout.matchAll(/^Target \d+: (\S+)$/gm)].map(([, iqn]) => iqn ?? '');
  const volumes = await client.all((page) => client.volumes(page));
  const granted = volumes.flatMap(({ attachment }) => attachment?.holders ?? []).map(({ iqn }) => iqn);
  const found = [
    ...open.filter((iqn) => !granted.includes(iqn)).map((iqn) => `target ${iqn} is open to nobody`),
    ...granted.filter((iqn) => !open.includes(iqn)).map((iqn) => `target ${iqn} is granted and not there`),
  ];
  for (const host of lab.nodes.filter(({ kind }) => kind === 'host')) {
    const { stdout } = await host.exec('virsh', ['-c', 'qemu:///system', 'secret-list']);
    const secrets = stdout.split('\n').slice(2).filter((line) => line.trim() !== '');
    if (secrets.length > 0) found.push(`${host.name}: libvirt still has ${secrets.length} CHAP secrets`);
  }
  return found;
}
