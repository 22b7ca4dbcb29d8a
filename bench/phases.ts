/** When each step of one recovery was taken, out of the records that the cluster keeps of it. */
import type { HoldfastClient, IncidentView } from '@holdfast/client';

/** Each in milliseconds since the fault, by the machine's one clock. */
export interface Phases {
  /** Silence was noticed; of a QEMU that is gone, its end. */
  suspectedMs: number;
  /** The first sufficient proof. */
  provenMs: number;
  placedMs: number;
  /** Its volumes are open to the new copy alone. */
  attachedMs: number;
  /** Its QEMU was seen running. */
  runningMs: number;
}

type VmEvent = Awaited<ReturnType<HoldfastClient['vmEvents']>>[number];

const named = (name: string) => ({ type }: VmEvent): boolean => type === `io.holdfast.vm.${name}.v1`;

/**
 * The first complete recovery after the fault, or a sentence on what is missing of it. Of a lost host its incidents
 * tell; without any it is a copy that ended while its host lived, which the host's agent attests.
 */
export function phasesOf(
  faultAtMs: number,
  incidents: readonly Pick<IncidentView, 'openedAtMs' | 'provenAtMs'>[],
  vmEvents: readonly VmEvent[],
): Phases | string {
  const after = vmEvents.filter(({ data }) => data.atMs >= faultAtMs);
  const running = after.find(named('started'));
  if (!running) return 'the VM was not started again';
  const before = after.filter(({ data }) => data.atMs <= running.data.atMs);
  const attached = before.findLast(named('starting'));
  if (!attached) return 'nothing tells when its volumes were opened';
  const crashed = before.find(named('crashed'));
  const opened = incidents.map(({ openedAtMs }) => openedAtMs).filter((atMs) => atMs >= faultAtMs);
  const proven = incidents.flatMap(({ provenAtMs }) => provenAtMs ?? []).filter((atMs) => atMs >= faultAtMs);
  const suspectedAtMs = opened.length > 0 ? Math.min(...opened) : crashed?.data.atMs;
  const provenAtMs = proven.length > 0 ? Math.min(...proven) : crashed?.data.atMs;
  // On the same host a crash and the place of the next copy are one transition.
  const placedAtMs = (before.findLast(named('placed')) ?? crashed)?.data.atMs;
  if (suspectedAtMs === undefined) return 'nobody noticed the fault';
  if (provenAtMs === undefined) return 'it was started without a proof';
  if (placedAtMs === undefined) return 'nothing tells when it was placed';
  return {
    suspectedMs: suspectedAtMs - faultAtMs,
    provenMs: provenAtMs - faultAtMs,
    placedMs: placedAtMs - faultAtMs,
    attachedMs: attached.data.atMs - faultAtMs,
    runningMs: running.data.atMs - faultAtMs,
  };
}
