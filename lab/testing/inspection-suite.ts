import { createHmac } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { markedProcesses } from '../process-table.js';
import { rawHttp } from './raw-http.js';
import type { ProcessWatch } from './process-watch.js';
import type { TestSystem } from './test-system.js';

interface Service {
  readonly node: string;
  readonly program: string;
  readonly maxMiB: number;
  /** Where it answers inside the lab; null: on the API's own address. */
  readonly port: number | null;
}

const services: Service[] = [
  ...['h1', 'h2', 'h3'].map((node) => ({ node, program: 'agent', maxMiB: 110, port: 9101 })),
  { node: 'san1', program: 'storage', maxMiB: 160, port: 9102 },
  { node: 'control1', program: 'scheduler', maxMiB: 160, port: 9103 },
  { node: 'control1', program: 'failover', maxMiB: 160, port: 9104 },
  { node: 'control1', program: 'api', maxMiB: 160, port: null },
];

/** Asked by a process inside the lab: these addresses exist nowhere else. */
async function fetchInside(system: TestSystem, urls: string[]): Promise<Record<string, string>> {
  const script = `
    const answers = {};
    for (const url of ${JSON.stringify(urls)}) {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
      answers[url] = answer.status + '\\n' + await answer.text();
    }
    console.log(JSON.stringify(answers));`;
  const { stdout, stderr } = await system.lab.node('control1')
    .exec(process.execPath, ['--input-type=module', '-'], { input: script });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, string>;
}

/** What must be read nowhere but in the file it belongs to, each under a name to tell it by. */
async function secretsOf(system: TestSystem): Promise<Map<string, string>> {
  const { lab, context } = system;
  const found = new Map([['token', (await readFile(context.tokenFile, 'utf8')).trim()]]);
  for (const { name, bmc } of lab.instance.nodes) {
    if (bmc) found.set(`BMC password of ${name}`, await readFile(bmc.passwordFile, 'utf8'));
  }
  for (const { name, fileDirectory } of lab.nodes) {
    const directory = join(fileDirectory, 'secrets');
    for (const file of await readdir(directory).catch(() => [])) {
      const text = await readFile(join(directory, file), 'utf8');
      found.set(`${file} of ${name}`, text.trim());
    }
  }
  const database = join(system.stateDirectory, 'database', 'password');
  found.set('password of the database', (await readFile(database, 'utf8')).trim());
  const webhookKey = join(system.stateDirectory, 'database', 'webhook-key');
  found.set('key of the webhooks', (await readFile(webhookKey, 'utf8')).trim());
  const chapKey = await readFile(join(lab.node('san1').fileDirectory, 'storage', 'chap.key'));
  const { items } = await system.client.volumes();
  for (const { iqn } of items.flatMap(({ attachment }) => attachment?.holders ?? [])) {
    const password = createHmac('sha256', chapKey).update(iqn).digest('base64url').slice(0, 32);
    found.set(`CHAP password of ${iqn}`, password);
  }
  return found;
}

async function logFiles(system: TestSystem): Promise<string[]> {
  const entries = await readdir(system.stateDirectory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.log(\.1)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

export function inspectionSuite(given: () => TestSystem, watched: () => ProcessWatch): void {
  describe('what can be seen of the services from outside', () => {
    let system: TestSystem;
    beforeAll(() => {
      system = given();
    });

    it('each answers with metrics, and that it is live and ready', async () => {
      const paths = ['/metrics', '/health/live', '/health/ready'];
      const bases = services.flatMap(({ node, port }) =>
        port === null ? [] : [`http://${system.lab.node(node).addresses.management}:${port}`]);
      const answers = await fetchInside(system, bases.flatMap((base) => paths.map((path) => base + path)));
      for (const path of paths) {
        const { status, body } = await rawHttp(system.context, path);
        answers[`api${path}`] = `${status}\n${body}`;
      }
      expect(Object.keys(answers)).toHaveLength(services.length * paths.length);
      for (const [url, answer] of Object.entries(answers)) {
        expect(answer, url).toMatch(/^200\n/);
        if (url.endsWith('/metrics')) expect(answer, url).toMatch(/^holdfast_\w+/m);
      }
    });

    it('none takes more memory than it was given', async () => {
      const seen: string[] = [];
      const tooMuch: string[] = [];
      for (const { node, program, maxMiB } of services) {
        const pid = await system.pidOf(node, program);
        const { stdout } = await system.lab.node(node).exec('cat', [`/proc/${pid}/status`]);
        const residentMiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(stdout)?.[1]) / 1024;
        const text = `${program} on ${node}: ${residentMiB.toFixed(0)} MiB resident, at most ${maxMiB}`;
        seen.push(text);
        if (!(residentMiB <= maxMiB)) tooMuch.push(text);
      }
      console.log(seen.join('\n'));
      expect(tooMuch).toEqual([]);
    });

    it('no secret was in the arguments or environment of any process, or is in a log', async () => {
      const secrets = await secretsOf(system);
      const kinds = ['token', 'BMC password', 'host-agent.seed', 'storage.seed', 'CHAP password'];
      for (const kind of kinds) {
        expect([...secrets.keys()].some((name) => name.includes(kind)), kind).toBe(true);
      }
      const places = new Map<string, string>();
      const processes = watched().processes();
      expect(processes.some(({ argv }) => argv.startsWith('ipmitool\0'))).toBe(true);
      for (const { argv, environment } of processes) {
        const name = argv.replaceAll('\0', ' ').slice(0, 200);
        places.set(`the arguments of ${name}`, argv);
        places.set(`the environment of ${name}`, environment);
      }
      for (const { pid } of await markedProcesses(system.stateDirectory)) {
        for (const file of ['cmdline', 'environ']) {
          places.set(`/proc/${pid}/${file}`, await readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => ''));
        }
      }
      expect(places.size).toBeGreaterThan(40);
      for (const file of await logFiles(system)) places.set(file, await readFile(file, 'latin1'));
      for (const host of ['h1', 'h2', 'h3']) {
        const { stdout } = await system.lab.node(host)
          .exec('bash', ['-c', 'find /var/log/libvirt -type f -exec cat {} +']);
        places.set(`libvirt's logs on ${host}`, stdout);
      }
      const leaks: string[] = [];
      for (const [place, text] of places) {
        for (const [name, secret] of secrets) {
          expect(secret.length, name).toBeGreaterThanOrEqual(16);
          const forms = [secret, Buffer.from(secret).toString('base64')];
          if (forms.some((form) => text.includes(form))) leaks.push(`${name} in ${place}`);
        }
      }
      expect(leaks).toEqual([]);
    });
  });
}
