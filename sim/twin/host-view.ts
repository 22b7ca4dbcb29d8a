import type { HostRecord } from '@holdfast/contracts';
import type { HostView, Silence } from '@holdfast/failover/core';

/** What concerns all hosts or all VMs. */
export interface Census {
  storageNodes(): string[];
  peers(host: string): string[];
  needsPowerProof(host: HostRecord): boolean;
  isLeftIsolated(host: string): boolean;
  held(host: string): string | null;
  silence(): Silence;
}

type Asked = 'storageNodes' | 'peers' | 'needsPowerProof' | 'isLeftIsolated' | 'held' | 'silence';

/** What a replica knows of one host; what concerns all of them is counted only when the core asks for it. */
export class TwinHostView implements HostView {
  readonly host: HostView['host'];
  readonly env: HostView['env'];
  readonly timing: HostView['timing'];
  readonly heard: HostView['heard'];
  readonly clearedAtMs: number | null;
  readonly seenAtMs: number;
  readonly listeningSinceMs: number;
  readonly busAnswers: boolean;
  readonly arming: HostView['arming'];
  readonly observed: HostView['observed'];
  readonly answer: HostView['answer'];

  constructor(
    known: Omit<HostView, Asked>,
    private readonly census: Census,
  ) {
    this.host = known.host;
    this.env = known.env;
    this.timing = known.timing;
    this.heard = known.heard;
    this.clearedAtMs = known.clearedAtMs;
    this.seenAtMs = known.seenAtMs;
    this.listeningSinceMs = known.listeningSinceMs;
    this.busAnswers = known.busAnswers;
    this.arming = known.arming;
    this.observed = known.observed;
    this.answer = known.answer;
  }

  get storageNodes(): string[] {
    return this.census.storageNodes();
  }

  get peers(): string[] {
    return this.census.peers(this.host.host);
  }

  get needsPowerProof(): boolean {
    return this.census.needsPowerProof(this.host);
  }

  get isLeftIsolated(): boolean {
    return this.census.isLeftIsolated(this.host.host);
  }

  get held(): string | null {
    return this.census.held(this.host.host);
  }

  silence(): Silence {
    return this.census.silence();
  }
}
