/**
 * A real tgtd in namespaces of its own, over a loop-mounted file system that can be frozen; QEMU's
 * initiator.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { TargetSpec } from '../../ports.js';
import type { Guest, HalfGuest, StoreLab } from '../store-contract.js';
import { TgtStore } from '../tgt-store.js';
import { IscsiDialog } from './iscsi-dialog.js';

const run = promisify(execFile);
/** tgtd listens on the first of each pair; a guest that calls it there comes from the second. */
const PORTALS = { '10.99.0.11': '10.99.0.1', '10.99.0.12': '10.99.0.2' } as const;
const PORT = 3260;
/** A write that is not acknowledged by then hangs: QEMU tries to log in again for ever. */
const HANGING_MS = 1500;

const INIT = `
set -e
mount -t proc proc /proc
mount -t tmpfs none /run
mkdir /run/tgtd
ip link set lo up
for address in 1 2 11 12; do ip addr add 10.99.0.$address/32 dev lo; done
ip route replace local 10.99.0.1 dev lo table local src 10.99.0.11
ip route replace local 10.99.0.2 dev lo table local src 10.99.0.12
set +e
echo ready
while read -r line; do eval "$line"; echo "done $?"; done
`;

/** Shell commands as the first process of a set of namespaces. */
class Namespace {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    readonly pid: number,
  ) {}

  static async start(): Promise<Namespace> {
    const args = ['--net', '--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', INIT];
    const child = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'ignore'] });
    if (!child.stdout || !child.pid) throw new Error('unshare did not start');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    if ((await lines.next()).value !== 'ready') throw new Error('the namespaces could not be made');
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    return new Namespace(child, lines, Number(children.trim()));
  }

  async run(command: string): Promise<void> {
    this.child.stdin?.write(`${command} >/dev/null 2>&1\n`);
    const answer: unknown = (await this.lines.next()).value;
    if (answer !== 'done 0') throw new Error(`${command}: ${String(answer)}`);
  }

  /** A program in this network, with this process's files. */
  spawn(command: string, args: string[]): ChildProcess {
    return spawn('nsenter', [`--net=/proc/${this.pid}/ns/net`, command, ...args]);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

export interface TgtdLab extends StoreLab {
  store: TgtStore;
  /** Another service over the same tgtd and pool, as after a restart. */
  secondStore(): TgtStore;
  poolPath: string;
  imagePath: string;
  socketPath: string;
  /** A shell command inside the namespaces of tgtd, whose process is `$tgtd`. */
  command(line: string): Promise<void>;
  /** Runs `tgtadm` beside the store, to see with other eyes. */
  tgtadm(args: string[]): Promise<string>;
}

export async function startTgtdLab(): Promise<TgtdLab> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-tgtd-'));
  const poolPath = join(folder, 'pool');
  const imagePath = join(folder, 'images');
  await mkdir(poolPath);
  await mkdir(imagePath);
  await run('truncate', ['-s', '192M', join(folder, 'pool.ext4')]);
  await run('mkfs.ext4', ['-q', join(folder, 'pool.ext4')]);
  await run('mount', ['-o', 'loop', join(folder, 'pool.ext4'), poolPath]);
  const namespace = await Namespace.start();
  const socketPath = `/proc/${namespace.pid}/root/run/tgtd/socket.0`;
  const secondStore = (): TgtStore =>
    new TgtStore({
      portal: { address: '10.99.0.1', port: PORT },
      socketPath,
      poolPath,
      imagePath,
      numbersPath: join(folder, 'target-numbers.json'),
      busyTimeoutMs: 500,
    });
  const store = secondStore();
  const startTgtd = async (): Promise<void> => {
    await namespace.run(`tgtd -f --iscsi portal=0.0.0.0:${PORT} & tgtd=$!`);
    for (let attempt = 1; ; attempt += 1) {
      const failure = await store.listTargets().then(
        () => null,
        (error: unknown) => error,
      );
      if (failure === null) return;
      if (attempt === 200) throw failure;
      await sleep(50);
    }
  };
  await startTgtd();
  let frozen = false;
  const thawIo = async (): Promise<void> => {
    if (frozen) await run('fsfreeze', ['--unfreeze', poolPath]);
    frozen = false;
  };
  return {
    store,
    secondStore,
    poolPath,
    imagePath,
    socketPath,
    addresses: ['10.99.0.11', '10.99.0.12'],
    login: (spec, from) => loginWithQemu(namespace, folder, spec, from),
    loginHalfway: (spec) => loginHalfway(namespace, spec),
    addImage: async (name, sizeMiB) => {
      const raw = join(folder, `${name}.raw`);
      await writeFile(raw, Buffer.concat([Buffer.alloc(4096, 7), Buffer.alloc(sizeMiB * 2 ** 20 - 4096)]));
      await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, join(imagePath, `${name}.qcow2`)]);
    },
    content: async (volume) => {
      const bytes = await readFile(join(poolPath, `${volume}.raw`));
      return createHash('sha256').update(bytes).digest('hex');
    },
    freezeIo: async () => {
      await run('fsfreeze', ['--freeze', poolPath]);
      frozen = true;
    },
    thawIo,
    crash: async () => {
      await namespace.run('kill -9 $tgtd; wait $tgtd; true');
      await startTgtd();
    },
    command: (line) => namespace.run(line),
    tgtadm: async (args) => {
      const enter = ['--target', String(namespace.pid), '--mount', '--net'];
      return (await run('nsenter', [...enter, 'tgtadm', '--lld', 'iscsi', ...args])).stdout;
    },
    close: async () => {
      await thawIo();
      await namespace.close();
      await run('umount', [poolPath]);
      await rm(folder, { recursive: true });
    },
  };
}

async function loginWithQemu(
  namespace: Namespace,
  folder: string,
  spec: TargetSpec,
  from: string,
): Promise<Guest | null> {
  const portal = PORTALS[from as keyof typeof PORTALS];
  const secretPath = join(
    folder,
    `secret-${createHash('sha256').update(spec.chapPassword).digest('hex')}`,
  );
  await writeFile(secretPath, spec.chapPassword, { mode: 0o600 });
  const disk = {
    driver: 'raw',
    'file.driver': 'iscsi',
    'file.transport': 'tcp',
    'file.portal': `${portal}:${PORT}`,
    'file.target': spec.iqn,
    'file.lun': '1',
    'file.user': spec.chapUser,
    'file.password-secret': 'chap',
    'file.initiator-name': 'iqn.2026-01.io.holdfast:guest',
  };
  const options = Object.entries(disk)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const secret = `secret,id=chap,file=${secretPath}`;
  const child = namespace.spawn('qemu-io', [
    '--object',
    secret,
    '-t',
    'writeback',
    '--image-opts',
    options,
  ]);
  return QemuGuest.start(child);
}

/** `qemu-io`, commanded through its standard input. */
class QemuGuest implements Guest {
  private output = '';
  private ended = false;
  private acknowledged = 0;
  private waiting: { pattern: RegExp; resolve: (found: boolean) => void } | null = null;

  private constructor(private readonly child: ChildProcess) {
    const read = (chunk: Buffer): void => {
      this.output += chunk.toString();
      this.notice();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.stdin?.on('error', () => undefined);
    child.on('exit', () => {
      this.ended = true;
      this.notice();
    });
  }

  static async start(child: ChildProcess): Promise<QemuGuest | null> {
    const guest = new QemuGuest(child);
    return (await guest.see(/qemu-io> /, 10_000)) ? guest : null;
  }

  async write(block: number, mark: number): Promise<boolean> {
    if (!this.waiting) return this.writeOnce(block, mark, HANGING_MS);
    // An earlier write hangs; meanwhile QEMU tries to log in again.
    await sleep(HANGING_MS);
    return false;
  }

  startWriting(): void {
    const writeNext = async (): Promise<void> => {
      while (await this.writeOnce(this.acknowledged % 512, (this.acknowledged % 255) + 1, 60_000)) {
        this.acknowledged += 1;
      }
    };
    void writeNext();
  }

  acknowledgedWrites(): number {
    return this.acknowledged;
  }

  async close(): Promise<void> {
    if (this.ended) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await exited;
  }

  private async writeOnce(block: number, mark: number, limitMs: number): Promise<boolean> {
    if (this.waiting || this.ended) return false;
    const written = await this.command(`write -P ${mark} ${block * 4}k 4k`, limitMs);
    if (!/wrote 4096\/4096/.test(written)) return false;
    const flushed = await this.command('flush', limitMs);
    return flushed !== '' && !/failed|error/i.test(flushed);
  }

  /** What it printed, or nothing when it did not come back. It reads one line for each prompt. */
  private async command(line: string, limitMs: number): Promise<string> {
    this.output = '';
    this.child.stdin?.write(`${line}\n`);
    return (await this.see(/qemu-io> /, limitMs)) ? this.output : '';
  }

  private async see(pattern: RegExp, limitMs: number): Promise<boolean> {
    const found = new Promise<boolean>((resolve) => (this.waiting = { pattern, resolve }));
    const timer = setTimeout(() => this.waiting?.resolve(false), limitMs);
    this.notice();
    const answer = await found;
    clearTimeout(timer);
    this.waiting = null;
    return answer;
  }

  private notice(): void {
    if (this.waiting?.pattern.test(this.output)) this.waiting.resolve(true);
    else if (this.ended) this.waiting?.resolve(false);
  }
}

async function loginHalfway(namespace: Namespace, spec: TargetSpec): Promise<HalfGuest> {
  const portal = PORTALS[spec.initiatorAddress as keyof typeof PORTALS];
  const pipe = `exec 3<>/dev/tcp/${portal}/${PORT}; cat <&3 & exec cat >&3`;
  const child = namespace.spawn('bash', ['-c', pipe]);
  if (!child.stdin || !child.stdout) throw new Error('no pipe to tgtd');
  const dialog = new IscsiDialog(child.stdin, child.stdout);
  if (!(await dialog.proveSecret(spec))) throw new Error('tgtd did not take the secret');
  return {
    finish: () => dialog.finish(),
    write: (block, mark) => dialog.write(block, mark),
    close: async () => {
      child.stdin?.end();
      child.kill('SIGKILL');
    },
  };
}
