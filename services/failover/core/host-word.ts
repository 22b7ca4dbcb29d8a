/** Whatever people, or the scheduler, may say of one host: each word is admitted against the newest record. */
import { refused, type Arming, type HostRecord, type Reply } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import { admitFence } from './fence-order.js';
import { admitClear } from './flapping.js';
import { admitHostLabel } from './host-label.js';
import { admitConfirmDead, admitHostAdmin, admitResume } from './host-request.js';
import type { HostView } from './host-view.js';
import { admitSleep, admitWake } from './sleep-request.js';

/** By the name of its command. */
export type HostWord =
  | { name: 'host-admin'; request: Parameters<typeof admitHostAdmin>[1] }
  | { name: 'host-label'; request: Parameters<typeof admitHostLabel>[1] }
  | { name: 'host-confirm-dead'; request: Parameters<typeof admitConfirmDead>[1] }
  | { name: 'host-clear'; request: Parameters<typeof admitClear>[1] }
  | { name: 'host-fence'; request: Parameters<typeof admitFence>[1] }
  | { name: 'host-sleep'; request: Parameters<typeof admitSleep>[1] }
  | { name: 'host-wake'; request: Parameters<typeof admitWake>[1] }
  | { name: 'incident-resume'; request: Parameters<typeof admitResume>[1] };

/** What a replica knows besides the record. */
export interface WordParts {
  view(host: HostRecord): HostView;
  arming(): Arming;
  env(): Env;
}

export function admitWord(
  { name, request }: HostWord,
  host: HostRecord | null,
  parts: WordParts,
): { change: HostRecord | null; reply: Reply<unknown> } {
  if (name === 'incident-resume') return admitResume(host, request, parts.arming(), parts.env());
  if (!host) {
    const remedy = 'see `host list`';
    const reply = refused('not-found', `there is no host named ${request.host}`, { field: 'host', remedy });
    return { change: null, reply };
  }
  switch (name) {
    case 'host-admin':
      return admitHostAdmin(host, request, parts.env());
    case 'host-label':
      return admitHostLabel(host, request, parts.env());
    case 'host-clear':
      return admitClear(host, request, parts.env());
    case 'host-sleep':
      return admitSleep(parts.view(host), request);
    case 'host-wake':
      return admitWake(parts.view(host), request);
    case 'host-confirm-dead':
      return admitConfirmDead(parts.view(host), request);
    case 'host-fence':
      return admitFence(parts.view(host), request);
  }
}
