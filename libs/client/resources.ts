import type { components, operations } from './generated/api.js';

/*
 * What the API answers with, by the types that are generated from its OpenAPI document. Only types: the API compiles
 * against them as well, so that both sides always agree.
 */

type Schemas = components['schemas'];

export type Accepted = Schemas['Accepted'];
export type ArmingView = Schemas['ArmingView'];
export type AttachmentView = Schemas['AttachmentView'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuditVerdict = Schemas['AuditVerdict'];
export type BegunSignIn = Schemas['BegunSignIn'];
export type BegunDrill = Schemas['BegunDrill'];
export type BulkItem = Schemas['BulkItem'];
export type BulkRequest = Schemas['Bulk'];
export type StartVm = Schemas['StartVm'];
export type BulkView = Schemas['BulkView'];
export type CapacityReport = Schemas['CapacityReport'];
export type ChangedHost = Schemas['ChangedHost'];
export type ChangedNetwork = Schemas['ChangedNetwork'];
export type ChangedRule = Schemas['ChangedRule'];
export type CloudEvent = Schemas['CloudEvent'];
export type ConfirmedDead = Schemas['ConfirmedDead'];
export type ConsoleView = Schemas['ConsoleView'];
export type DatabaseView = StatusView['database'];
export type DrainPlan = Schemas['DrainPlan'];
export type DrainView = Schemas['DrainView'];
export type DrillView = Schemas['DrillView'];
export type Explanation = Schemas['Explanation'];
export type FencedHost = Schemas['FencedHost'];
export type HistoryEntry = Schemas['HistoryEntry'];
export type HostLoadView = Schemas['HostLoadView'];
export type HostView = Schemas['HostView'];
export type ImageView = Schemas['ImageView'];
export type IncidentView = Schemas['IncidentView'];
export type LabelledHost = Schemas['LabelledHost'];
export type NewVm = Schemas['NewVm'];
export type VmBootRequest = Schemas['VmBoot'];
export type VmFromTemplate = Schemas['VmFromTemplate'];
export type ObservedView = Schemas['ObservedView'];
export type OperationView = Schemas['OperationView'];
export type RebalancePlan = Schemas['RebalancePlan'];
export type RebalanceView = Schemas['RebalanceView'];
export type ResumedIncident = Schemas['ResumedIncident'];
export type NetworkView = Schemas['NetworkView'];
export type RuleSpec = Schemas['RuleSpec'];
export type RuleView = Schemas['RuleView'];
export type ScheduleView = Schemas['ScheduleView'];
export type ServerView = Schemas['ServerView'];
export type ServiceView = Schemas['ServiceView'];
export type Settings = Schemas['Settings'];
export type SettingsChange = Schemas['SettingsChange'];
export type StatusView = Schemas['StatusView'];
export type TimelineEntry = Schemas['TimelineEntry'];
export type UsageView = Schemas['UsageView'];
export type VmClone = Schemas['VmClone'];
export type VmCopy = Schemas['VmCopy'];
export type VmPolicyChange = Schemas['VmPolicyChange'];
export type VmResize = Schemas['VmResize'];
export type VmDryRun = Schemas['VmDryRun'];
export type VmLoadView = Schemas['VmLoadView'];
export type VmView = Schemas['VmView'];
export type VmWordsChange = Schemas['VmWordsChange'];
export type VolumeView = Schemas['VolumeView'];
export type GrantView = Schemas['GrantView'];
export type GroupView = Schemas['GroupView'];
export type NewSession = Schemas['NewSession'];
export type NewToken = Schemas['NewToken'];
export type ProjectView = Schemas['ProjectView'];
export type Quota = QuotaView['quota'];
export type QuotaView = Schemas['QuotaView'];
export type Removed = Schemas['Removed'];
export type RoleView = Schemas['RoleView'];

export type TemplateView = Schemas['TemplateView'];

export type WebhookView = Schemas['WebhookView'];
export type NewWebhook = Schemas['NewWebhook'];
export type DeliveryView = Schemas['Delivery'];
export type WebhookTest = Schemas['WebhookTest'];
export type Redelivered = Schemas['Redelivered'];

export type SetupCode = Schemas['SetupCode'];
export type TokenView = Schemas['TokenView'];
export type UserView = Schemas['UserView'];
export type WhoamiView = Schemas['WhoamiView'];
export type ProblemDetails = Schemas['Problem'];
export type ProblemCode = ProblemDetails['code'];

/** One page of a list. `next` is the `after` of the following page, null on the last. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** Which items of a list, and in which order. */
export type ListOptions = NonNullable<operations['listVms']['parameters']['query']>;

/** Which of the events that are kept. */
export type AuditOptions = NonNullable<operations['listAudit']['parameters']['query']>;
export type HistoryOptions = NonNullable<operations['listHistory']['parameters']['query']>;

export type LoadOptions = NonNullable<operations['listVmLoads']['parameters']['query']>;

export type ProjectUsageView = Schemas['ProjectUsageView'];
export type UsageOptions = NonNullable<operations['listUsage']['parameters']['query']>;

/** Of a VM that exists, of a size, or of both: that VM as if it had this size. */
export type ExplainPlacement = NonNullable<operations['explainPlacement']['parameters']['query']>;

/** An event and its place in the stream, from which following can go on. */
export interface SequencedEvent {
  sequence: number;
  event: CloudEvent;
}
