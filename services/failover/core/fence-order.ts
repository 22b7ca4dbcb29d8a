/** `host fence`: a person orders the fence of a host that is not silent, or that is left alone. Proofs race as ever. */
import { accepted, refused, type HostRecord, type Reply } from '@holdfast/contracts';
import { beginFencing } from './fence.js';
import type { HostView } from './host-view.js';
import { openIncident } from './ledger.js';
import { isForeign } from './restored.js';

type Admitted = { change: HostRecord | null; reply: Reply<{ host: string; incident: string }> };

export function admitFence(
  view: HostView,
  request: { host: string; confirm: string; reason: string; by: string },
): Admitted {
  const { host, arming } = view;
  const { by, reason } = request;
  if (request.confirm !== host.host) {
    const remedy = `repeat the host's name, ${host.host}, to confirm`;
    return no('invalid', 'confirm: does not match the host', { field: 'confirm', remedy });
  }
  if (!arming.armed || isForeign(view)) {
    return no('conflict', `nobody is fenced: ${arming.text}`, { remedy: 'arm the cluster first, with `ha arm`' });
  }
  const open = host.incident && host.incident.state !== 'closed' ? host.incident : null;
  if (host.health === 'fencing' && open) {
    return { change: null, reply: accepted({ host: host.host, incident: open.id }) };
  }
  if (host.health === 'fenced' || host.health === 'joining' || host.health === 'asleep') {
    const remedy = 'wait until it is online; a host that is not heard can be confirmed dead';
    return no('conflict', `${host.host} is ${host.health}: it runs nothing that counts`, { field: 'host', remedy });
  }
  const ledger = open ?? openIncident(view, 'by-person');
  const step = beginFencing(view, ledger, 'by-person', `ordered by ${by}: ${reason}`);
  return { change: step.state, reply: accepted({ host: host.host, incident: ledger.id }) };
}

function no(...args: Parameters<typeof refused>): Admitted {
  return { change: null, reply: refused(...args) };
}
