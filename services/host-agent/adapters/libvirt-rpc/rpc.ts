/**
 * One connection to libvirtd's socket: frames, serial numbers, keepalive.
 *
 * The daemon serves only `max_client_requests` (5) calls of a client at a time and then stops
 * reading from it, pings included. So at most four are in flight here, the rest wait in a bounded
 * line; a call that timed out keeps its place until its late answer comes, because the daemon is
 * still busy with it.
 */
import { connect as connectSocket, type Socket } from 'node:net';
import { procedures, readWireError, remoteProgram, type Procedure } from './procedures.js';
import { XdrError, XdrReader, XdrWriter } from './xdr.js';

const keepaliveProgram = 0x6b656570;
const keepalive = { ping: 1, pong: 2 } as const;
const protocolVersion = 1;
const messageType = { call: 0, reply: 1, message: 2, stream: 3 } as const;
const statusOk = 0;
const headerBytes = 28;
/** `VIR_NET_MESSAGE_MAX` of virnetprotocol.x. */
const frameBytesMax = 16 * 1024 * 1024;

/** The daemon answered with an error of its own. */
export class LibvirtError extends Error {
  constructor(
    readonly procedure: string,
    /** `virErrorNumber`. */
    readonly code: number,
    /** `virErrorDomain`: the part of libvirt that refused. */
    readonly domain: number,
    message: string,
  ) {
    super(`libvirt: ${procedure}: ${message}`);
    this.name = 'LibvirtError';
  }
}

/** The call was not answered: too late, connection lost, or the line was full. */
export class RpcError extends Error {
  constructor(
    readonly reason: 'timeout' | 'disconnected' | 'overloaded',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'RpcError';
  }
}

export interface RpcOptions {
  socketPath: string;
  connectTimeoutMs: number;
  /** Time between own pings. */
  keepaliveIntervalMs: number;
  /** Pings without a sign of life after which the daemon counts as dead. */
  keepaliveCount: number;
  inFlightMax: number;
  waitingMax: number;
}

export const defaultRpcOptions: RpcOptions = {
  socketPath: '/run/libvirt/libvirt-sock',
  connectTimeoutMs: 5_000,
  keepaliveIntervalMs: 2_000,
  keepaliveCount: 4,
  inFlightMax: 4,
  waitingMax: 256,
};

interface Pending {
  name: string;
  frame: Buffer;
  timer: NodeJS.Timeout;
  /** Called at most once; null after a timeout, when only the late answer is awaited. */
  settle: ((outcome: { body: XdrReader } | { error: Error }) => void) | null;
}

/** `status` is `virNetMessageStatus`. */
export type StreamListener = (status: number, body: XdrReader) => void;
export type EventListener = (procedure: number, body: XdrReader) => void;

export class LibvirtRpc {
  private readonly inFlight = new Map<number, Pending>();
  private waiting: { serial: number; pending: Pending }[] = [];
  private serial = 0;
  private received: Buffer[] = [];
  private receivedBytes = 0;
  private unansweredPings = 0;
  private pinger: NodeJS.Timeout | null = null;
  private closedBy: RpcError | null = null;
  private eventListener: EventListener = () => undefined;
  private streamListener: StreamListener = () => undefined;
  private closeListener: (error: RpcError) => void = () => undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly options: RpcOptions,
  ) {
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (cause) =>
      this.fail(new RpcError('disconnected', `libvirtd: ${cause.message}`, { cause })),
    );
    socket.on('close', () =>
      this.fail(new RpcError('disconnected', 'libvirtd closed the connection')),
    );
    this.pinger = setInterval(() => this.ping(), options.keepaliveIntervalMs);
    this.pinger.unref();
  }

  /**
   * Connects, checks that no authentication is asked for, opens `qemu:///system`.
   * @throws RpcError, LibvirtError
   */
  static async open(options: RpcOptions): Promise<LibvirtRpc> {
    const socket = await connectWithin(options.socketPath, options.connectTimeoutMs);
    const rpc = new LibvirtRpc(socket, options);
    try {
      const offered = await rpc.call(procedures.authList, null, options.connectTimeoutMs);
      if (offered.some((type) => type !== 0)) {
        throw new RpcError('disconnected', 'libvirtd asks for authentication on its local socket');
      }
      await rpc.call(
        procedures.connectOpen,
        { uri: 'qemu:///system', flags: 0 },
        options.connectTimeoutMs,
      );
      return rpc;
    } catch (error) {
      rpc.fail(new RpcError('disconnected', 'opening failed', { cause: error }));
      throw error;
    }
  }

  get open(): boolean {
    return this.closedBy === null;
  }

  /** Event messages, as they come. Replaces the listener before. */
  onEvent(listener: EventListener): void {
    this.eventListener = listener;
  }

  /** Packets of the one stream that a connection may have. Replaces the listener before. */
  onStream(listener: StreamListener): void {
    this.streamListener = listener;
  }

  /** Called once, when the connection is lost or closed. */
  onClose(listener: (error: RpcError) => void): void {
    this.closeListener = listener;
  }

  /**
   * @throws LibvirtError when refused, RpcError when not answered within `timeoutMs` (time in line
   * included).
   */
  call<Arguments, Result>(
    procedure: Procedure<Arguments, Result>,
    args: Arguments,
    timeoutMs: number,
  ): Promise<Result> {
    if (this.closedBy) return Promise.reject(this.closedBy);
    if (this.waiting.length >= this.options.waitingMax) {
      return Promise.reject(
        new RpcError('overloaded', `${this.waiting.length} calls wait for libvirtd`),
      );
    }
    this.serial = (this.serial % 0xffffffff) + 1;
    const serial = this.serial;
    const body = new XdrWriter();
    procedure.encode(body, args);
    const frame = encodeFrame(
      procedure.program ?? remoteProgram,
      procedure.number,
      messageType.call,
      serial,
      body.finish(),
    );
    return new Promise<Result>((resolve, reject) => {
      const pending: Pending = {
        name: procedure.name,
        frame,
        timer: setTimeout(() => this.expire(serial, timeoutMs), timeoutMs),
        settle: (outcome) => {
          if ('error' in outcome) return reject(outcome.error);
          try {
            resolve(procedure.decode(outcome.body));
          } catch (error) {
            reject(error instanceof Error ? error : new XdrError(String(error)));
          }
        },
      };
      this.waiting.push({ serial, pending });
      this.sendWaiting();
    });
  }

  /** Says goodbye if it can, then closes. Calls in flight fail as disconnected. */
  async close(): Promise<void> {
    if (this.closedBy) return;
    await this.call(procedures.connectClose, null, 1_000).catch(() => undefined);
    this.fail(new RpcError('disconnected', 'closed by us'));
  }

  private sendWaiting(): void {
    while (this.inFlight.size < this.options.inFlightMax) {
      const next = this.waiting.shift();
      if (!next) return;
      this.inFlight.set(next.serial, next.pending);
      this.socket.write(next.pending.frame);
    }
  }

  private expire(serial: number, timeoutMs: number): void {
    const waiting = this.waiting.find((entry) => entry.serial === serial);
    const pending = waiting?.pending ?? this.inFlight.get(serial);
    if (!pending) return;
    if (waiting) this.waiting = this.waiting.filter((entry) => entry !== waiting);
    const settle = pending.settle;
    pending.settle = null;
    settle?.({
      error: new RpcError('timeout', `libvirt: ${pending.name}: no answer in ${timeoutMs} ms`),
    });
  }

  private receive(chunk: Buffer): void {
    this.unansweredPings = 0;
    this.received.push(chunk);
    this.receivedBytes += chunk.length;
    try {
      while (this.closedBy === null) {
        const frame = this.nextFrame();
        if (!frame) return;
        this.dispatch(frame);
      }
    } catch (cause) {
      this.fail(
        new RpcError('disconnected', 'libvirtd sent a message that cannot be read', { cause }),
      );
    }
  }

  private nextFrame(): Buffer | null {
    if (this.receivedBytes < 4) return null;
    if (this.received.length > 1 && (this.received[0]?.length ?? 0) < 4) this.joinReceived();
    const length = (this.received[0] ?? Buffer.alloc(4)).readUInt32BE();
    if (length < headerBytes || length > frameBytesMax)
      throw new XdrError(`frame of ${length} bytes`);
    if (this.receivedBytes < length) return null;
    const all = this.joinReceived();
    this.received = [all.subarray(length)];
    this.receivedBytes -= length;
    return all.subarray(4, length);
  }

  private joinReceived(): Buffer {
    const all = Buffer.concat(this.received);
    this.received = [all];
    return all;
  }

  private dispatch(frame: Buffer): void {
    const reader = new XdrReader(frame);
    const program = reader.uint();
    reader.uint();
    const procedure = reader.int();
    const type = reader.uint();
    const serial = reader.uint();
    const status = reader.uint();
    if (program === keepaliveProgram) {
      if (procedure === keepalive.ping) this.sendKeepalive(keepalive.pong);
    } else if (type === messageType.message) {
      this.eventListener(procedure, reader);
    } else if (type === messageType.stream) {
      this.streamListener(status, reader);
    } else if (type === messageType.reply) {
      this.settleReply(serial, status, reader);
    }
  }

  private settleReply(serial: number, status: number, body: XdrReader): void {
    const pending = this.inFlight.get(serial);
    if (!pending) return;
    this.inFlight.delete(serial);
    clearTimeout(pending.timer);
    if (status === statusOk) {
      pending.settle?.({ body });
    } else {
      const error = readWireError(body);
      pending.settle?.({
        error: new LibvirtError(pending.name, error.code, error.domain, error.message),
      });
    }
    this.sendWaiting();
  }

  /**
   * Pings are counted, not timed: a host that was frozen wakes with one late tick, not with a dead
   * daemon.
   */
  private ping(): void {
    if (this.unansweredPings >= this.options.keepaliveCount) {
      this.fail(
        new RpcError('disconnected', `libvirtd left ${this.unansweredPings} pings unanswered`),
      );
      return;
    }
    this.unansweredPings += 1;
    this.sendKeepalive(keepalive.ping);
  }

  private sendKeepalive(procedure: number): void {
    this.socket.write(
      encodeFrame(keepaliveProgram, procedure, messageType.message, 0, Buffer.alloc(0)),
    );
  }

  private fail(error: RpcError): void {
    if (this.closedBy) return;
    this.closedBy = error;
    if (this.pinger) clearInterval(this.pinger);
    this.socket.destroy();
    const abandoned = [...this.inFlight.values(), ...this.waiting.map((entry) => entry.pending)];
    this.inFlight.clear();
    this.waiting = [];
    for (const pending of abandoned) {
      clearTimeout(pending.timer);
      pending.settle?.({ error });
    }
    this.closeListener(error);
  }
}

function encodeFrame(
  program: number,
  procedure: number,
  type: number,
  serial: number,
  body: Buffer,
): Buffer {
  return new XdrWriter()
    .uint(headerBytes + body.length)
    .uint(program)
    .uint(protocolVersion)
    .int(procedure)
    .uint(type)
    .uint(serial)
    .uint(statusOk)
    .fixedOpaque(body)
    .finish();
}

function connectWithin(path: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ path });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new RpcError('timeout', `libvirtd at ${path} did not accept within ${timeoutMs} ms`));
    }, timeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (cause) => {
      clearTimeout(timer);
      reject(new RpcError('disconnected', `libvirtd at ${path}: ${cause.message}`, { cause }));
    });
  });
}
