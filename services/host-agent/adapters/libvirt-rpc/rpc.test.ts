import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LibvirtConnection, type ConnectionEvent } from './connection.js';
import { eventProcedure, procedures, remoteProgram } from './procedures.js';
import { defaultRpcOptions, LibvirtRpc, type RpcOptions } from './rpc.js';
import { XdrReader, XdrWriter } from './xdr.js';

interface Call {
  socket: Socket;
  program: number;
  procedure: number;
  serial: number;
  body: XdrReader;
}

const keepaliveProgram = 0x6b656570;

/** A libvirtd of a few lines: answers what opening needs, the rest is up to the test. */
class Daemon {
  readonly calls: Call[] = [];
  readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  answersPings = true;
  onCall: (call: Call) => void = () => undefined;

  constructor(readonly path: string) {}

  async listen(): Promise<void> {
    await rm(this.path, { force: true });
    this.server = createServer((socket) => this.accept(socket));
    await new Promise<void>((resolve) => this.server?.listen(this.path, resolve));
  }

  async die(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(null)));
  }

  send(
    socket: Socket,
    header: { program?: number; procedure: number; type: number; serial: number; status?: number },
    body: Buffer = Buffer.alloc(0),
  ): void {
    socket.write(
      new XdrWriter()
        .uint(28 + body.length)
        .uint(header.program ?? remoteProgram)
        .uint(1)
        .int(header.procedure)
        .uint(header.type)
        .uint(header.serial)
        .uint(header.status ?? 0)
        .fixedOpaque(body)
        .finish(),
    );
  }

  reply(call: Call, body: Buffer = Buffer.alloc(0)): void {
    this.send(call.socket, { procedure: call.procedure, type: 1, serial: call.serial }, body);
  }

  refuse(call: Call, code: number, message: string): void {
    const body = new XdrWriter()
      .int(code)
      .int(10)
      .optional(message, () => undefined)
      .string(message)
      .int(2)
      .finish();
    this.send(
      call.socket,
      { procedure: call.procedure, type: 1, serial: call.serial, status: 1 },
      body,
    );
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= bytes.readUInt32BE()) {
        const frame = bytes.subarray(4, bytes.readUInt32BE());
        bytes = bytes.subarray(bytes.readUInt32BE());
        this.take(socket, new XdrReader(frame));
      }
    });
  }

  private take(socket: Socket, body: XdrReader): void {
    const program = body.uint();
    body.uint();
    const procedure = body.int();
    body.uint();
    const call = { socket, program, procedure, serial: body.uint(), body };
    body.uint();
    this.calls.push(call);
    if (program === keepaliveProgram) {
      if (procedure === 1 && this.answersPings) {
        this.send(socket, { program: keepaliveProgram, procedure: 2, type: 2, serial: 0 });
      }
    } else if (procedure === procedures.authList.number)
      this.reply(call, new XdrWriter().uint(1).int(0).finish());
    else if (procedure === procedures.connectOpen.number) this.reply(call);
    else if (procedure === procedures.connectClose.number) this.reply(call);
    else if (procedure === procedures.eventRegister.number)
      this.reply(call, new XdrWriter().int(1).finish());
    else this.onCall(call);
  }
}

const patience = { timeout: 10_000, interval: 5 };
const hostname = (name: string): Buffer => new XdrWriter().string(name).finish();
let directory: string;
let daemon: Daemon;
let options: RpcOptions;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rpc-'));
  daemon = new Daemon(join(directory, 'socket'));
  await daemon.listen();
  options = { ...defaultRpcOptions, socketPath: daemon.path };
});

afterEach(async () => {
  await daemon.die();
  await rm(directory, { recursive: true, force: true });
});

describe('a connection to libvirtd', () => {
  test('matches answers to calls by their serial, in whatever order and pieces they come', async () => {
    const rpc = await LibvirtRpc.open(options);
    const asked: Call[] = [];
    daemon.onCall = (call) => {
      asked.push(call);
      if (asked.length < 2) return;
      daemon.reply(asked[1] as Call, hostname('second'));
      daemon.reply(asked[0] as Call, hostname('first'));
    };
    const answers = [1, 2].map(() => rpc.call(procedures.hostname, null, 5_000));
    expect(await Promise.all(answers)).toEqual(['first', 'second']);
    await rpc.close();
  });

  test("hands on the daemon's refusal with its code and words", async () => {
    const rpc = await LibvirtRpc.open(options);
    daemon.onCall = (call) => daemon.refuse(call, 42, 'no such domain');
    await expect(
      rpc.call(procedures.domainLookupByName, { name: 'x' }, 5_000),
    ).rejects.toMatchObject({
      name: 'LibvirtError',
      code: 42,
      domain: 10,
      message: /no such domain/,
    });
    await rpc.close();
  });

  test('gives up on a call after its time, and ignores its late answer', async () => {
    const rpc = await LibvirtRpc.open(options);
    let late: Call | null = null;
    daemon.onCall = (call) => {
      late = call;
    };
    await expect(rpc.call(procedures.hostname, null, 20)).rejects.toMatchObject({
      reason: 'timeout',
    });
    daemon.reply(late as unknown as Call, hostname('late'));
    daemon.onCall = (call) => daemon.reply(call, hostname('in time'));
    expect(await rpc.call(procedures.hostname, null, 5_000)).toBe('in time');
    await rpc.close();
  });

  test('has no more calls in flight than the daemon serves at a time, and no endless line behind them', async () => {
    const rpc = await LibvirtRpc.open({ ...options, inFlightMax: 2, waitingMax: 3 });
    const held: Call[] = [];
    daemon.onCall = (call) => held.push(call);
    const calls = Array.from({ length: 5 }, () => rpc.call(procedures.hostname, null, 5_000));
    await expect(rpc.call(procedures.hostname, null, 5_000)).rejects.toMatchObject({
      reason: 'overloaded',
    });
    await vi.waitFor(() => expect(held).toHaveLength(2), patience);
    daemon.onCall = (call) => daemon.reply(call, hostname('h'));
    for (const call of held) daemon.reply(call, hostname('h'));
    expect(await Promise.all(calls)).toEqual(['h', 'h', 'h', 'h', 'h']);
    daemon.onCall = () => undefined;
    await rpc.close();
  });

  test('fails every waiting call at once when the daemon dies', async () => {
    const rpc = await LibvirtRpc.open({ ...options, inFlightMax: 1 });
    const calls = [1, 2].map(() => rpc.call(procedures.hostname, null, 60_000));
    const outcomes = Promise.allSettled(calls);
    await daemon.die();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { reason: 'disconnected' } });
    }
    expect(rpc.open).toBe(false);
    await expect(rpc.call(procedures.hostname, null, 1_000)).rejects.toMatchObject({
      reason: 'disconnected',
    });
  });

  test("answers the daemon's pings and gives a daemon up that does not answer its own", async () => {
    const rpc = await LibvirtRpc.open({ ...options, keepaliveIntervalMs: 10, keepaliveCount: 3 });
    const lost = vi.fn();
    rpc.onClose(lost);
    for (const socket of daemon.sockets) {
      daemon.send(socket, { program: keepaliveProgram, procedure: 1, type: 2, serial: 0 });
    }
    const pongs = (): number =>
      daemon.calls.filter(
        ({ program, procedure }) => program === keepaliveProgram && procedure === 2,
      ).length;
    await vi.waitFor(() => expect(pongs()).toBe(1), patience);
    expect(lost).not.toHaveBeenCalled();
    daemon.answersPings = false;
    await vi.waitFor(() => expect(lost).toHaveBeenCalledOnce(), patience);
  });

  test('drops a daemon that sends a frame of an impossible length', async () => {
    const rpc = await LibvirtRpc.open(options);
    for (const socket of daemon.sockets) socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff]));
    await vi.waitFor(() => expect(rpc.open).toBe(false), patience);
  });
});

describe('a lasting connection', () => {
  const events: ConnectionEvent[] = [];
  const connectionOptions = () => ({
    rpc: options,
    reconnectFirstMs: 5,
    reconnectMaxMs: 20,
    longCallsMax: 1,
  });

  beforeEach(() => void events.splice(0));

  test('comes back by itself after a loss and registers for events anew', async () => {
    const connection = new LibvirtConnection(connectionOptions(), (event) => events.push(event));
    await connection.connect();
    await daemon.die();
    await vi.waitFor(
      () => expect(events.map(({ kind }) => kind)).toEqual(['connected', 'disconnected']),
      patience,
    );
    expect(connection.connected).toBe(false);
    daemon.calls.splice(0);
    daemon.sockets.clear();
    await daemon.listen();
    await vi.waitFor(() => expect(connection.connected).toBe(true), patience);
    expect(
      daemon.calls.filter(({ procedure }) => procedure === procedures.eventRegister.number),
    ).toHaveLength(4);
    const domain = new XdrWriter().string('vm').fixedOpaque(Buffer.alloc(16)).int(1).finish();
    const body = Buffer.concat([
      new XdrWriter().int(1).finish(),
      domain,
      new XdrWriter().int(2).int(0).finish(),
    ]);
    for (const socket of daemon.sockets) {
      daemon.send(socket, { procedure: eventProcedure.lifecycle, type: 2, serial: 0 }, body);
    }
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: 'lifecycle' }), patience);
    await connection.close();
  });

  test('does not come back once it was closed', async () => {
    const connection = new LibvirtConnection(connectionOptions(), (event) => events.push(event));
    await connection.connect();
    await daemon.die();
    await vi.waitFor(() => expect(connection.connected).toBe(false), patience);
    await connection.close();
    await daemon.listen();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(connection.connected).toBe(false);
  });

  test('keeps long calls in a line of their own', async () => {
    const connection = new LibvirtConnection(connectionOptions(), () => undefined);
    await connection.connect();
    const held: Call[] = [];
    daemon.onCall = (call) => held.push(call);
    const first = connection.callLong(procedures.hostname, null, 5_000);
    await vi.waitFor(() => expect(held).toHaveLength(1), patience);
    await expect(connection.callLong(procedures.hostname, null, 20)).rejects.toMatchObject({
      reason: 'timeout',
    });
    daemon.onCall = (call) => daemon.reply(call, hostname('short'));
    expect(await connection.call(procedures.hostname, null, 5_000)).toBe('short');
    daemon.reply(held[0] as Call, hostname('long'));
    expect(await first).toBe('long');
    expect(await connection.callLong(procedures.hostname, null, 5_000)).toBe('short');
    await connection.close();
  });
});
