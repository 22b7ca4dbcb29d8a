/**
 * Procedures of libvirt's remote program that Holdfast uses: numbers, argument and result shapes.
 * Source: src/remote/remote_protocol.x of libvirt 9.0.0; the list only ever grows, numbers never
 * change.
 */
import type { TypedParameter } from './xdr.js';
import { XdrReader, XdrWriter } from './xdr.js';

export const remoteProgram = 0x20008086;
/** What only QEMU's driver has: src/remote/qemu_protocol.x. */
const qemuProgram = 0x20008087;

export interface Procedure<Arguments, Result> {
  number: number;
  name: string;
  /** `remoteProgram` if left out. */
  program?: number;
  encode(writer: XdrWriter, args: Arguments): void;
  decode(reader: XdrReader): Result;
}

/**
 * `remote_nonnull_domain`: how libvirt names a domain on the wire. `id` is -1 while it is not
 * running.
 */
export interface DomainRef {
  name: string;
  /** 32 hexadecimal digits, no dashes. */
  uuid: string;
  id: number;
}

/** `remote_nonnull_secret`. */
export interface SecretRef {
  uuid: string;
  usageType: number;
  usageId: string;
}

export interface NodeInfo {
  model: string;
  cpus: number;
}

/**
 * Any of the `..._callback_..._msg` events; they all begin with the callback's id and the domain.
 */
export interface DomainEventMessage {
  callbackId: number;
  domain: DomainRef;
  /** What follows, by kind of event; two numbers for lifecycle. */
  rest: XdrReader;
}

/** `virDomainEventID`. */
export const domainEvent = { lifecycle: 0, reboot: 1, watchdog: 3, jobCompleted: 21 } as const;
/** `virDomainEventType`, in order of its numbers. */
export const lifecycleNames = [
  'defined',
  'undefined',
  'started',
  'suspended',
  'resumed',
  'stopped',
  'shutdown',
  'pmsuspended',
  'crashed',
] as const;
export const lifecycleSuspended = 3;
export const lifecycleStopped = 5;
/** `virDomainEventStoppedDetailType`, in order of its numbers. */
export const stoppedNames = [
  'shutdown',
  'destroyed',
  'crashed',
  'migrated',
  'saved',
  'failed',
  'from-snapshot',
] as const;
export const suspendedPaused = 0;
export const suspendedMigrated = 1;

/** Procedure numbers under which the daemon sends those events. */
export const eventProcedure = { lifecycle: 318, reboot: 319, watchdog: 321, jobCompleted: 363 } as const;

/** `virDomainXMLFlags`, `virDomainMigrateFlags` and others, each from libvirt-domain.h. */
export const flag = {
  baselineExpandFeatures: 1,
  xmlMigratable: 8,
  metadataElement: 2,
  affectLive: 1,
  shutdownAcpi: 1,
  rebootAcpi: 1,
  saveRunning: 2,
  migrateLive: 1,
  migratePeerToPeer: 2,
  migratePaused: 32,
  migrateAbortOnError: 4096,
  migrateAutoConverge: 8192,
  migrateTls: 65536,
} as const;

/** `virDomainState` by number. */
export const domainStateNames = [
  'nostate',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
] as const;
/**
 * `virDomainPausedReason`: by a person, which is also said of a half that has arrived; migration (either half on its
 * way); a disk returned an error; starting up (also the receiving half).
 */
export const pausedReason = { user: 1, migration: 2, diskError: 5, startingUp: 11 } as const;

/** `virErrorNumber`, virterror.h: those the adapter tells apart. */
export const errorCode = {
  internal: 1,
  operationFailed: 9,
  noDomain: 42,
  noSecret: 66,
  operationInvalid: 55,
  operationTimeout: 68,
  noDomainMetadata: 80,
  operationUnsupported: 84,
  agentUnresponsive: 86,
  agentUnsynced: 97,
  agentCommandTimeout: 111,
  agentCommandFailed: 112,
} as const;

export const writeDomain = (writer: XdrWriter, domain: DomainRef): XdrWriter =>
  writer.string(domain.name).fixedOpaque(Buffer.from(domain.uuid, 'hex')).int(domain.id);

const readDomain = (reader: XdrReader): DomainRef => ({
  name: reader.string(),
  uuid: reader.fixedOpaque(16).toString('hex'),
  id: reader.int(),
});

const writeSecret = (writer: XdrWriter, secret: SecretRef): XdrWriter =>
  writer.fixedOpaque(Buffer.from(secret.uuid, 'hex')).int(secret.usageType).string(secret.usageId);

const readSecret = (reader: XdrReader): SecretRef => ({
  uuid: reader.fixedOpaque(16).toString('hex'),
  usageType: reader.int(),
  usageId: reader.string(),
});

/** `VIR_NODE_MEMORY_STATS_ALL_CELLS`. */
const allCells = -1;

const nothing = (): void => undefined;
const readString = (reader: XdrReader): string => reader.string();

function define<Arguments, Result>(
  number: number,
  name: string,
  encode: (writer: XdrWriter, args: Arguments) => unknown,
  decode: (reader: XdrReader) => Result,
): Procedure<Arguments, Result> {
  return { number, name, encode: (writer, args) => void encode(writer, args), decode };
}

type OnDomain = { domain: DomainRef };
type Flagged = { domain: DomainRef; flags: number };
const writeOn = (writer: XdrWriter, args: OnDomain): XdrWriter => writeDomain(writer, args.domain);
const writeFlagged = (writer: XdrWriter, args: Flagged): XdrWriter =>
  writeDomain(writer, args.domain).uint(args.flags);
const writeDevice = (writer: XdrWriter, args: Flagged & { xml: string }): XdrWriter =>
  writeDomain(writer, args.domain).string(args.xml).uint(args.flags);

export const procedures = {
  connectOpen: define(
    1,
    'connect open',
    (w, a: { uri: string; flags: number }) =>
      w.optional(a.uri, (uri) => w.string(uri)).uint(a.flags),
    nothing,
  ),
  connectClose: define(2, 'connect close', (_w, _a: null) => undefined, nothing),
  /** As 1000000 x major + 1000 x minor + release. */
  hypervisorVersion: define(
    4,
    'get version',
    (_w, _a: null) => undefined,
    (r) => Number(r.uhyper()),
  ),
  nodeInfo: define(6, 'node get info', (_w, _a: null) => undefined, readNodeInfo),
  capabilities: define(7, 'get capabilities', (_w, _a: null) => undefined, readString),
  domainCreateXml: define(
    10,
    'domain create XML',
    (w, a: { xml: string; flags: number }) => w.string(a.xml).uint(a.flags),
    readDomain,
  ),
  domainXml: define(14, 'domain get XML', writeFlagged, readString),
  domainLookupByName: define(
    23,
    'domain lookup by name',
    (w, a: { name: string }) => w.string(a.name),
    readDomain,
  ),
  domainReboot: define(27, 'domain reboot', writeFlagged, nothing),
  domainResume: define(28, 'domain resume', writeOn, nothing),
  domainSuspend: define(34, 'domain suspend', writeOn, nothing),
  hostname: define(59, 'get hostname', (_w, _a: null) => undefined, readString),
  /** Authentication types the daemon offers: 0 none, 1 SASL, 2 polkit. */
  authList: define(
    66,
    'auth list',
    (_w, _a: null) => undefined,
    (r) => r.array(() => r.int()),
  ),
  secretDefineXml: define(
    142,
    'secret define',
    (w, a: { xml: string; flags: number }) => w.string(a.xml).uint(a.flags),
    readSecret,
  ),
  secretSetValue: define(
    144,
    'secret set value',
    (w, a: { secret: SecretRef; value: Buffer; flags: number }) =>
      writeSecret(w, a.secret).opaque(a.value).uint(a.flags),
    nothing,
  ),
  secretUndefine: define(
    146,
    'secret undefine',
    (w, a: { secret: SecretRef }) => writeSecret(w, a.secret),
    nothing,
  ),
  domainAbortJob: define(164, 'domain abort job', writeOn, nothing),
  domainUpdateDevice: define(174, 'domain update device', writeDevice, nothing),
  domainAttachDevice: define(160, 'domain attach device', writeDevice, nothing),
  domainDetachDevice: define(161, 'domain detach device', writeDevice, nothing),
  domainSetVcpus: define(
    199,
    'domain set vcpus',
    (w, a: { domain: DomainRef; cpus: number; flags: number }) =>
      writeDomain(w, a.domain).uint(a.cpus).uint(a.flags),
    nothing,
  ),
  domainState: define(212, 'domain get state', writeFlagged, (r) => ({
    state: r.int(),
    reason: r.int(),
  })),
  domainSave: define(
    232,
    'domain save',
    (w, a: { domain: DomainRef; path: string; flags: number }) =>
      writeDomain(w, a.domain).string(a.path).optional<string>(null, (xml) => w.string(xml)).uint(a.flags),
    nothing,
  ),
  domainRestore: define(
    233, 'domain restore', (w, a: { path: string; xml: string | null; flags: number }) =>
      w.string(a.path).optional(a.xml, (xml) => w.string(xml)).uint(a.flags),
    nothing,
  ),
  /** Of the domain whose memory is in that file. */
  savedXml: define(
    235,
    'get XML of what was saved',
    (w, a: { path: string; flags: number }) => w.string(a.path).uint(a.flags),
    readString,
  ),
  domainDestroy: define(234, 'domain destroy', writeFlagged, nothing),
  domainReset: define(245, 'domain reset', writeFlagged, nothing),
  domainShutdown: define(258, 'domain shutdown', writeFlagged, nothing),
  domainMetadata: define(
    265,
    'domain get metadata',
    (w, a: { domain: DomainRef; type: number; uri: string; flags: number }) =>
      writeDomain(w, a.domain)
        .int(a.type)
        .optional(a.uri, (uri) => w.string(uri))
        .uint(a.flags),
    readString,
  ),
  agentCommand: {
    ...define(
      3,
      'domain agent command',
      (w, a: { domain: DomainRef; command: string; seconds: number; flags: number }) =>
        writeDomain(w, a.domain).string(a.command).int(a.seconds).uint(a.flags),
      (r) => r.optional(() => r.string()),
    ),
    program: qemuProgram,
  },
  listDomains: define(
    273,
    'list domains',
    (w, a: { flags: number }) => w.int(1).uint(a.flags),
    (r) => r.array(() => readDomain(r)),
  ),
  domainJobStats: define(298, 'domain job stats', writeFlagged, (r) => ({
    type: r.int(),
    parameters: r.typedParameters(),
  })),
  /** What `virDomainMigrateToURI3` sends when it migrates peer to peer. */
  domainMigratePerform: define(
    305,
    'domain migrate',
    (
      w,
      a: { domain: DomainRef; destinationUri: string; parameters: TypedParameter[]; flags: number },
    ) =>
      writeDomain(w, a.domain)
        .optional(a.destinationUri, (uri) => w.string(uri))
        .typedParameters(a.parameters)
        .opaque(Buffer.alloc(0))
        .uint(a.flags),
    (r) => r.opaque(),
  ),
  /**
   * By name, in KiB. `count` 0 asks only how many there are; another must be exactly that number.
   */
  memoryStats: define(
    228,
    'node memory stats',
    (w, a: { count: number }) => w.int(a.count).int(allCells).uint(0),
    (r) => ({
      values: r.array(() => ({ field: r.string(), value: Number(r.uhyper()) })),
      count: r.int(),
    }),
  ),
  /** What QEMU can give to guests; its machine and its binary are the usual ones of the architecture. */
  domainCapabilities: define(
    342,
    'get domain capabilities',
    (w, a: { arch: string; type: string }) =>
      w.optional<string>(null, (path) => w.string(path))
        .optional(a.arch, (arch) => w.string(arch))
        .optional<string>(null, (machine) => w.string(machine))
        .optional(a.type, (type) => w.string(type))
        .uint(0),
    readString,
  ),
  /** The largest CPU that guests can have on all hosts with these CPUs, with every feature spelled out. */
  baselineHypervisorCpu: define(
    394,
    'baseline hypervisor CPU',
    (w, a: { arch: string; type: string; cpus: string[] }) =>
      w.optional<string>(null, (path) => w.string(path))
        .optional(a.arch, (arch) => w.string(arch))
        .optional<string>(null, (machine) => w.string(machine))
        .optional(a.type, (type) => w.string(type))
        .array(a.cpus, (cpu) => w.string(cpu))
        .uint(flag.baselineExpandFeatures),
    readString,
  ),
  /** Returns the callback's id. A null domain means every domain. */
  eventRegister: define(
    316,
    'domain event register',
    (w, a: { event: number }) =>
      w.int(a.event).optional<DomainRef>(null, (domain) => writeDomain(w, domain)),
    (r) => r.int(),
  ),
};

export function readDomainEvent(reader: XdrReader): DomainEventMessage {
  return { callbackId: reader.int(), domain: readDomain(reader), rest: reader };
}

/** `char model[32]` is a vector of chars, and XDR gives each char four bytes. */
function readNodeInfo(reader: XdrReader): NodeInfo {
  const characters = Array.from({ length: 32 }, () => reader.int());
  const end = characters.indexOf(0);
  // The memory it tells is the sum over NUMA nodes, which is wrong where memory was added at run
  // time.
  reader.uhyper();
  return {
    model: String.fromCharCode(...characters.slice(0, end < 0 ? 32 : end)),
    cpus: reader.int(),
  };
}

/** `remote_error`, the body of every failed reply. */
export interface WireError {
  code: number;
  domain: number;
  message: string;
  level: number;
}

export function readWireError(reader: XdrReader): WireError {
  const code = reader.int();
  const domain = reader.int();
  const message = reader.optional(() => reader.string()) ?? 'no message';
  const level = reader.int();
  return { code, domain, message, level };
}
