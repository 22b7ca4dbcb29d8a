import type { CloudEvent, VmNeeds, VmSpec } from '@holdfast/contracts';

/*
 * What the API answers with. Only types: the API compiles against them, so that both sides always
 * agree.
 */

export type {
  Accepted,
  ArmingView,
  AttachmentView,
  BegunDrill,
  ChangedHost,
  ChangedRule,
  ConfirmedDead,
  ConsoleView,
  DrainView,
  DrillView,
  FencedHost,
  HostView,
  IncidentView,
  LabelledHost,
  ObservedView,
  OperationView,
  Page,
  ProblemCode,
  ProblemDetails,
  RebalanceView,
  ResumedIncident,
  RuleView,
  ServerView,
  ServiceView,
  StatusView,
  TimelineEntry,
  VmCopy,
  VmView,
  VolumeView,
  WhoamiView,
} from '@holdfast/contracts';

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
