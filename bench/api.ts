/** How soon the API answers, with many VMs in its view and many followers of events. */
import { startLoadedApi, type LoadedApi } from '@holdfast/lab';
import { Agent, request, type ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ApiBenchOptions {
  vms: number;
  followers: number;
  seconds: number;
  progress(step: string): void;
}

export interface ApiFigure {
  what: string;
  count: number;
  medianMs: number;
  p99Ms: number;
  wantedMs: number;
}

export interface ApiBench {
  vms: number;
  followers: number;
  figures: ApiFigure[];
  failures: string[];
}

const requestsPerSecond = 200;
const createsPerSecond = 50;
const events = 20;
const wantedMs = { list: 25, create: 60, event: 500 } as const;
const eventWithinMs = 10_000;

function figure(what: string, times: number[], wanted: number): ApiFigure {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) * 10) / 10;
  return { what, count: sorted.length, medianMs: at(0.5), p99Ms: at(0.99), wantedMs: wanted };
}

class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 32 });
  private readonly streams: ClientRequest[] = [];

  constructor(private readonly api: LoadedApi) {}

  /** Milliseconds until the whole answer is there. */
  send(method: string, path: string, wanted: number, body?: object): Promise<number> {
    const sentAtMs = performance.now();
    const headers = { authorization: `Bearer ${this.api.token}`, 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const sent = request(`${this.api.url}${path}`, { method, headers, agent: this.agent }, (response) => {
        response.resume();
        response.once('end', () => {
          if (response.statusCode === wanted) resolve(performance.now() - sentAtMs);
          else reject(new Error(`${method} ${path} answered ${response.statusCode}`));
        });
      });
      sent.once('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  }

  /** Resolves once it follows. */
  follow(onText: (text: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.api.token}` };
      const sent = request(`${this.api.url}/api/v1/events`, { headers, agent: false }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`following answered ${response.statusCode}`));
        response.setEncoding('utf8');
        response.once('data', () => resolve());
        response.on('data', onText);
        response.on('error', () => undefined);
      });
      sent.on('error', reject);
      sent.end();
      this.streams.push(sent);
    });
  }

  close(): void {
    for (const stream of this.streams) stream.destroy();
    this.agent.destroy();
  }
}

/** Sends at a steady rate, whether or not the ones before are answered. */
async function atRate(perSecond: number, count: number, send: (index: number) => Promise<number>): Promise<number[]> {
  const beganAtMs = performance.now();
  const answers: Promise<number>[] = [];
  for (let index = 0; index < count; index += 1) {
    const waitMs = beganAtMs + (index * 1000) / perSecond - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    answers.push(send(index));
  }
  return Promise.all(answers);
}

async function followed(api: LoadedApi, client: Client, followers: number): Promise<number[]> {
  const times: number[] = [];
  let sentAtMs = 0;
  let id = '';
  for (let each = 0; each < followers; each += 1) {
    await client.follow((text) => {
      if (id === '' || text.includes(id)) times.push(performance.now() - sentAtMs);
    });
  }
  times.length = 0;
  for (let each = 1; each <= events; each += 1) {
    sentAtMs = performance.now();
    id = await api.publish();
    const giveUpAtMs = sentAtMs + eventWithinMs;
    while (times.length < each * followers && performance.now() < giveUpAtMs) await sleep(20);
  }
  return times;
}

/** Client and API share this process and its processor: that counts as time of the API. */
export async function benchApi(options: ApiBenchOptions): Promise<ApiBench> {
  const { vms, followers, seconds, progress } = options;
  progress(`starting the API with ${vms} VMs`);
  const api = await startLoadedApi(vms);
  const client = new Client(api);
  try {
    const page = (index: number): Promise<number> =>
      client.send('GET', `/api/v1/vms?limit=100${index % 2 === 0 ? '' : '&sort=name'}`, 200);
    await atRate(requestsPerSecond, requestsPerSecond, page);
    progress('lists');
    const lists = await atRate(requestsPerSecond, requestsPerSecond * seconds, page);
    progress('creates');
    const creates = await atRate(createsPerSecond, createsPerSecond * seconds, (index) =>
      client.send('POST', '/api/v1/vms', 202, {
        name: `new${index}`, cpus: 1, memoryMiB: 256, disks: [], image: 'tiny' }));
    progress(`${followers} followers of events`);
    const seen = await followed(api, client, followers);
    const figures = [
      figure(`list page of 100, ${requestsPerSecond} a second`, lists, wantedMs.list),
      figure('create accepted', creates, wantedMs.create),
      figure(`event at one of ${followers} followers`, seen, wantedMs.event),
    ];
    const failures = figures
      .filter(({ p99Ms, wantedMs: most }) => p99Ms > most)
      .map(({ what, p99Ms, wantedMs: most }) => `${what}: p99 ${p99Ms} ms, wanted ${most} ms`);
    const lost = events * followers - seen.length;
    if (lost > 0) failures.push(`${lost} deliveries of events did not come within ${eventWithinMs / 1000} s`);
    return { vms, followers, figures, failures };
  } finally {
    client.close();
    await api.close();
  }
}
