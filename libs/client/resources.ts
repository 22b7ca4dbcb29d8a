import type {
  AttachmentRecord,
  CloudEvent,
  DrainProgress,
  DrainRecord,
  StuckChoice,
  DrillCheck,
  DrillRecord,
  HostHealth,
  HostRecord,
  IncidentLedger,
  Observed,
  GuestHealth,
  ObservedVm,
  OperationRecord,
  PoolRecord,
  Refusal,
  RebalancePlan,
  RebalanceRecord,
  RuleRecord,
  VmPhase,
  VmRecord,
  VmNeeds,
  VmSpec,
  VolumeRecord,
} from '@holdfast/contracts';

/*
 * What the API answers with. Only types: the API compiles against them, so that both sides always
 * agree.
 */

/** One page of a list. `next` is the `after` of the following page, null on the last. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

type Machinery = 'transitions' | 'transitionCount' | 'derivedThrough' | 'incarnation';

/** What a host's agent sees; null where no agent has reported yet. */
export type ObservedView = Pick<
  Observed,
  | 'bootId'
  | 'epoch'
  | 'startedAtMs'
  | 'capacity'
  | 'hypervisor'
  | 'leaving'
  | 'vms'
  | 'staleCopies'
  | 'watchdog'
  | 'atMs'
>;
/** How far a host is with being emptied, and each VM that is left with what it waits for. */
export type DrainView = Pick<DrainRecord, 'state' | 'reason' | 'startedAtMs' | 'vmCount' | 'left'> & {
  stuck: StuckChoice;
  progress: DrainProgress | null;
  /** Names of VMs that were shut down because they could not move. */
  shutDown: string[];
  /** Until those that can move have moved, by the speed so far; null while nothing is known. */
  remainingMs: number | null;
};
export type HostView = Omit<HostRecord, Machinery> & {
  observed: ObservedView | null;
  drain: DrainView | null;
};
/** What would be moved now, and whether something is. */
export type RebalanceView = RebalancePlan & Pick<RebalanceRecord, 'state'>;
export type RuleView = Omit<RuleRecord, Machinery>;

/** A copy of a VM that some host's agent sees. Two of them are normal only while it migrates. */
export interface VmCopy {
  host: string;
  generation: number;
  state: ObservedVm['state'];
  reason: string;
  /** What its probes say; null when it has none, while nothing is known, and of a copy that does not run. */
  guest: GuestHealth | null;
}
export type VmView = Omit<VmRecord, Machinery> & { copies: VmCopy[] };

export type AttachmentView = Omit<AttachmentRecord, Machinery>;
export type VolumeView = Omit<VolumeRecord, Machinery> & { attachment: AttachmentView | null };
export type OperationView = OperationRecord;

/** One line of an incident's report. */
export interface TimelineEntry {
  atMs: number;
  /** Milliseconds since the host was last heard. */
  sinceHeardMs: number;
  /** Who or what it is about: the host, a VM, or the giver of a proof. */
  subject: string;
  text: string;
}
export type IncidentView = IncidentLedger & { timeline: TimelineEntry[] };

/** A replica that is heard, or was, or is to be. */
export interface ServiceView {
  service: string;
  replica: string;
  /** Null: never heard. */
  startedAtMs: number | null;
  heardAgoMs: number | null;
  /** Heard lately; one that has just fallen silent keeps this for a moment longer than its rank. */
  alive: boolean;
  /** 0 acts first; null: silent, so nobody waits for it. */
  rank: number | null;
}

/** A server of the bus. */
export interface ServerView {
  server: string;
  alive: boolean;
  /** The buckets that it leads: their writes wait for it. */
  leads: string[];
}

/** Whether Holdfast fences and starts by itself; `sinceMs` is null in a cluster that was always armed. */
export interface ArmingView {
  armed: boolean;
  /** Not armed, but what would be done is decided and written down. */
  shadow: boolean;
  reason: string;
  by: string;
  sinceMs: number | null;
  /** When the records were found to come from a backup; null if they never did. */
  restoredAtMs: number | null;
  /** False from then until every host and VM is taken up. */
  reconciled: boolean;
}

export interface StatusView {
  incarnation: string;
  arming: ArmingView;
  hosts: { total: number; byHealth: Partial<Record<HostHealth, number>> };
  capacity: { cpus: number; memoryMiB: number; assignedCpus: number; assignedMemoryMiB: number };
  vms: { total: number; byPhase: Partial<Record<VmPhase, number>> };
  volumes: { total: number };
  pools: Pick<PoolRecord, 'pool' | 'node' | 'capacityBytes' | 'freeBytes' | 'revocable'>[];
  /** What no record knows, as after a restore: the copies go once the cluster is armed, the volumes stay. */
  unknown: { volumes: string[]; copies: { host: string; vm: string; generation: number }[] };
  openIncidents: string[];
  /** Hosts whose newest drill somebody has to look at: which checks failed, and whether it is too old to rest on. */
  drills: { host: string; endedAtMs: number; expired: boolean; failed: DrillCheck[] }[];
  runningOperations: number;
  services: ServiceView[];
  servers: ServerView[];
  /** Buckets that have no leader for now: nobody can write to them. */
  leaderless: string[];
  /** How many APIs there are: one cannot see the others. */
  apis: number;
  /** Each a sentence: what, failing alone, still takes something down. */
  singlePoints: string[];
}

/**
 * The answer to every change of a VM: it is under way, and the operation tells what becomes of it.
 */
export interface Accepted {
  operation: string;
  vm: string;
  /** Why one may not want what was accepted. */
  warning?: string | undefined;
}
export interface ResumedIncident {
  incident: string;
  host: string;
}

export interface ConfirmedDead {
  host: string;
  incident: string | null;
}
/** The newest drill of a host; it has ended when `endedAtMs` says so. */
export type DrillView = Pick<
  DrillRecord,
  'host' | 'uid' | 'stage' | 'by' | 'canary' | 'checks' | 'begunAtMs' | 'endedAtMs' | 'expiresAtMs'
>;
export interface BegunDrill {
  host: string;
  /** Its uid: of another one, the host was drilled again. */
  drill: string;
}
export interface ChangedHost {
  host: string;
}
export interface FencedHost {
  host: string;
  incident: string;
}
export interface LabelledHost {
  host: string;
  /** All that it bears now. */
  labels: Record<string, string>;
}
export interface ChangedRule {
  rule: string;
}
export interface ConsoleView {
  vm: string;
  host: string;
  text: string;
}

/** A VM as asked for; everything left out has a default. */
export type NewVm = { name: string; start?: boolean; host?: string | null } & Pick<
  VmSpec,
  'cpus' | 'memoryMiB'
> &
  Partial<Pick<VmSpec, 'image' | 'disks'> & VmNeeds> & { policy?: Partial<VmSpec['policy']> };

/** An event and its place in the stream, from which following can go on. */
export interface SequencedEvent {
  sequence: number;
  event: CloudEvent;
}

export type ProblemCode =
  | Refusal['code']
  | 'unauthorized'
  | 'unsupported-media-type'
  | 'too-large'
  | 'unknown-route'
  | 'too-many-requests'
  | 'internal';

/** Who is signed in, and what that permits. */
export interface WhoamiView {
  kind: 'user' | 'service' | 'local';
  name: string;
  roles: { role: string; project: string | null }[];
  /** In the whole cluster. */
  permissions: string[];
}

/** An error as the API gives it: RFC 9457, with a code for programs and a remedy for people. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ProblemCode;
  /** Path of the offending field, for example `disks[0].sizeMiB`. */
  field?: string;
  remedy?: string;
  /** Names like the one that was not found. */
  near?: string[];
  requestId: string;
}
