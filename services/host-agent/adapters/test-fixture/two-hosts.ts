/**
 * Two real hypervisors on this machine for a test, joined by one wire; a SAN of one disk on the
 * first. Needs root.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findGuestParts } from '../../../../lab/image.js';

const run = promisify(execFile);
const here = import.meta.dirname;
const diskBytes = 16 * 1024 * 1024;

export interface TestHost {
  name: string;
  address: string;
  directory: string;
  /** The host's init, as seen from here. */
  pid: number;
  socketPath: string;
}

export interface TestHosts {
  hosts: [TestHost, TestHost];
  boot: { kernel: string; initrd: string; commandLine: string };
  portal: { address: string; port: number };
  /** Opens target `number` over the one disk for a CHAP user. */
  openTarget(number: number, iqn: string, user: string, password: string): Promise<void>;
  deleteTarget(number: number): Promise<void>;
  /** Runs a command in the host's namespaces. */
  inside(host: TestHost, command: string, ...args: string[]): Promise<string>;
  killDaemon(host: TestHost): Promise<void>;
  startDaemon(host: TestHost): Promise<void>;
  /** Command lines of every QEMU of a host. */
  qemuArguments(host: TestHost): Promise<string[]>;
  consoleLog(host: TestHost, vm: string): Promise<string>;
  destroy(): Promise<void>;
}

export async function createTwoHosts(): Promise<TestHosts> {
  const root = await mkdtemp(join(tmpdir(), 'hf-'));
  await chmod(root, 0o755);
  const children: ChildProcess[] = [];
  const destroy = async (): Promise<void> => {
    for (const child of children) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await gone;
    }
    await rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  try {
    await makeAuthority(root);
    const boot = await makeGuest(root);
    const first = await startHost(root, 'alpha', '10.99.0.1', children);
    const second = await startHost(root, 'beta', '10.99.0.2', children);
    await run('ip', [
      'link',
      'add',
      'wire',
      'netns',
      String(first.pid),
      'type',
      'veth',
      'peer',
      'name',
      'wire',
      'netns',
      String(second.pid),
    ]);
    for (const host of [first, second]) await untilState(host, 'ready');
    const hosts: [TestHost, TestHost] = [first, second];
    const portal = { address: first.address, port: 3260 };
    await startStorage(root, first, portal.port);
    return { hosts, boot, portal, ...verbs(root, first), destroy };
  } catch (error) {
    await destroy();
    throw error;
  }
}

function verbs(
  root: string,
  san: TestHost,
): Omit<TestHosts, 'hosts' | 'boot' | 'portal' | 'destroy'> {
  const target = (...args: string[]): Promise<string> =>
    inside(san, 'tgtadm', '--lld', 'iscsi', ...args);
  return {
    inside,
    async openTarget(number, iqn, user, password) {
      const tid = String(number);
      await target('--op', 'new', '--mode', 'target', '--tid', tid, '-T', iqn);
      await target(
        '--op',
        'new',
        '--mode',
        'logicalunit',
        '--tid',
        tid,
        '--lun',
        '1',
        '-b',
        join(root, 'disk.img'),
      );
      await target('--op', 'new', '--mode', 'account', '--user', user, '--password', password);
      await target('--op', 'bind', '--mode', 'account', '--tid', tid, '--user', user);
      await target('--op', 'bind', '--mode', 'target', '--tid', tid, '-I', 'ALL');
    },
    async deleteTarget(number) {
      await target('--op', 'delete', '--mode', 'target', '--tid', String(number), '--force');
    },
    async killDaemon(host) {
      const pid = (await readFile(join(host.directory, 'run/libvirtd.pid'), 'utf8')).trim();
      await inside(host, 'kill', '-KILL', pid);
    },
    async startDaemon(host) {
      await inside(host, 'libvirtd', '-d', '-l', '-p', '/run/libvirtd.pid');
    },
    async qemuArguments(host) {
      const script = 'for p in /proc/[0-9]*/cmdline; do tr "\\0" " " < $p; echo; done 2> /dev/null';
      const all = await inside(host, 'sh', '-c', script);
      return all.split('\n').filter((line) => line.includes('qemu-system'));
    },
    consoleLog: (host, vm) =>
      readFile(join(host.directory, 'log/qemu', `${vm}-console.log`), 'utf8').catch(() => ''),
  };
}

async function inside(host: TestHost, command: string, ...args: string[]): Promise<string> {
  const enter = ['-t', String(host.pid), '--mount', '--uts', '--net', '--pid', command, ...args];
  const { stdout } = await run('nsenter', enter, { timeout: 30_000, maxBuffer: 8 * 1024 * 1024 });
  return stdout;
}

async function startHost(
  root: string,
  name: string,
  address: string,
  children: ChildProcess[],
): Promise<TestHost> {
  const directory = join(root, name);
  await mkdir(join(directory, 'etc'), { recursive: true });
  await writeFile(
    join(directory, 'hosts'),
    '127.0.0.1 localhost\n10.99.0.1 alpha\n10.99.0.2 beta\n',
  );
  await writeFile(join(directory, 'resolv.conf'), '');
  await makeCertificate(root, directory, name, address);
  await writeFile(
    join(directory, 'etc/libvirtd.conf'),
    [
      'listen_tls = 1',
      'listen_tcp = 0',
      'auth_tls = "none"',
      `listen_addr = "${address}"`,
      `host_uuid = "00000000-0000-4000-8000-00000000000${address.at(-1)}"`,
      `ca_file = "${root}/ca-cert.pem"`,
      `cert_file = "${directory}/pki/servercert.pem"`,
      `key_file = "${directory}/pki/serverkey.pem"`,
      '',
    ].join('\n'),
  );
  await writeFile(
    join(directory, 'etc/qemu.conf'),
    [
      'user = "root"',
      'group = "root"',
      'security_driver = "none"',
      'namespaces = []',
      'cgroup_controllers = []',
      'remember_owner = 0',
      `default_tls_x509_cert_dir = "${directory}/qemu-pki"`,
      'default_tls_x509_verify = 1',
      '',
    ].join('\n'),
  );
  await mkdir(join(directory, 'log/qemu'), { recursive: true });
  const child = spawn(
    'unshare',
    [
      '--pid',
      '--fork',
      '--mount',
      '--uts',
      '--net',
      '--kill-child',
      '--propagation',
      'private',
      'bash',
      join(here, 'host.sh'),
      directory,
      name,
      address,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  children.push(child);
  const host = {
    name,
    address,
    directory,
    pid: 0,
    socketPath: join(directory, 'run/libvirt/libvirt-sock'),
  };
  await untilState(host, 'started');
  const inits = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return { ...host, pid: Number(inits.trim().split(' ')[0]) };
}

async function untilState(
  host: { name: string; directory: string },
  wanted: string,
): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const state = await readFile(join(host.directory, 'state'), 'utf8').catch(() => '');
    if (state.trim() === wanted) return;
    await sleep(50);
  }
  throw new Error(`test host ${host.name} did not become ${wanted}`);
}

async function startStorage(root: string, san: TestHost, port: number): Promise<void> {
  await writeFile(join(root, 'disk.img'), Buffer.alloc(diskBytes));
  await inside(san, 'tgtd', '--iscsi', `portal=${san.address}:${port}`);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      await inside(san, 'tgtadm', '--lld', 'iscsi', '--op', 'show', '--mode', 'sys');
      return;
    } catch {
      await sleep(100);
    }
  }
  throw new Error('tgtd did not answer');
}

async function makeAuthority(root: string): Promise<void> {
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
    '-keyout',
    join(root, 'ca-key.pem'),
    '-out',
    join(root, 'ca-cert.pem'),
  ]);
}

/**
 * One certificate for everything a host does, under the names libvirt (client and server) and QEMU
 * look for.
 */
async function makeCertificate(
  root: string,
  directory: string,
  name: string,
  address: string,
): Promise<void> {
  const key = join(directory, 'key.pem');
  const certificate = join(directory, 'cert.pem');
  const request = join(directory, 'request.pem');
  await run('openssl', [
    'req',
    '-new',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    key,
    '-out',
    request,
  ]);
  const extensions = join(directory, 'extensions');
  await writeFile(
    extensions,
    [
      'basicConstraints=CA:FALSE',
      'keyUsage=digitalSignature',
      'extendedKeyUsage=serverAuth,clientAuth',
      `subjectAltName=DNS:${name},IP:${address}`,
      '',
    ].join('\n'),
  );
  await run('openssl', [
    'x509',
    '-req',
    '-in',
    request,
    '-CA',
    join(root, 'ca-cert.pem'),
    '-CAkey',
    join(root, 'ca-key.pem'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    extensions,
    '-out',
    certificate,
  ]);
  await mkdir(join(directory, 'pki'), { recursive: true });
  await mkdir(join(directory, 'qemu-pki'), { recursive: true });
  await cp(join(root, 'ca-cert.pem'), join(directory, 'pki/cacert.pem'));
  await cp(join(root, 'ca-cert.pem'), join(directory, 'qemu-pki/ca-cert.pem'));
  for (const side of ['server', 'client']) {
    await cp(certificate, join(directory, `pki/${side}cert.pem`));
    await cp(key, join(directory, `pki/${side}key.pem`));
    await cp(certificate, join(directory, `qemu-pki/${side}-cert.pem`));
    await cp(key, join(directory, `qemu-pki/${side}-key.pem`));
  }
}

async function makeGuest(root: string): Promise<TestHosts['boot']> {
  const { kernel, modules, busybox } = await findGuestParts();
  const tree = join(root, 'guest');
  await mkdir(join(tree, 'bin'), { recursive: true });
  await mkdir(join(tree, 'modules'));
  await cp(busybox, join(tree, 'bin/busybox'));
  for (const [name, path] of modules) await cp(path, join(tree, 'modules', `${name}.ko`));
  await cp(join(here, 'init.sh'), join(tree, 'init'));
  await chmod(join(tree, 'init'), 0o755);
  const initrd = join(root, 'initrd.img');
  await run('sh', [
    '-c',
    `cd "${tree}" && find . | "${busybox}" cpio -o -H newc > "${initrd}" 2> /dev/null`,
  ]);
  return { kernel, initrd, commandLine: 'console=ttyS0 quiet panic=1 unknown_nmi_panic' };
}
