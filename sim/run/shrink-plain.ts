/** Shrunk scenarios as people read them: faults as verbs that name what they hit, and one line for each thing. */
import type { LogEntry } from '../check/checker.js';
import { links, type Link } from '../world/network.js';
import type { Action, Scenario } from './scenario.js';

type FaultAction = Extract<Action, { do: 'fault' }>;
type Plainly = (fault: FaultAction, target: string, scenario: Scenario) => Action[] | null;

/** Off at once, on again when the fault heals. */
function offAndOn(fault: FaultAction, verb: (on: boolean, atS: number) => Action): Action[] {
  return [verb(false, fault.atS), verb(true, rounded(fault.atS + fault.seconds))];
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;

const plainly: Readonly<Record<string, Plainly>> = {
  'host-power': (fault, host) => offAndOn(fault, (on, atS) => ({ atS, do: 'host.power', host, on })),
  'host-network': (fault, host) => offAndOn(fault, (on, atS) => ({ atS, do: 'host.network', host, on })),
  'host-link': (fault, target) => {
    const [host = '', link = ''] = target.split('/');
    if (!links.includes(link as Link)) return null;
    return offAndOn(fault, (on, atS) => ({ atS, do: 'host.link', host, link: link as Link, on }));
  },
  'directed-pair': (fault, target, { hosts }) => {
    const [host = '', to = ''] = target.split('>');
    if (!hosts[host] || !hosts[to]) return null;
    return offAndOn(fault, (on, atS) => ({ atS, do: 'host.link', host, to, on }));
  },
  'host-pause': ({ atS, seconds }, host) => [{ atS, do: 'host.pause', host, seconds }],
  'host-agent': (fault, host) => offAndOn(fault, (on, atS) => ({ atS, do: 'host.agent', host, on })),
  'host-clock': ({ atS, seconds }, target) => {
    const [, host = '', by = '0'] = /^(\S+) by (-?\d+) ms$/.exec(target) ?? [];
    if (host === '') return null;
    const ends: Action = { atS: rounded(atS + seconds), do: 'host.clock', host, offsetMs: 0 };
    return [{ atS, do: 'host.clock', host, offsetMs: Number(by) }, ends];
  },
  'guest-crash': ({ atS }, target) => {
    const vm = target.split(' ')[0] ?? '';
    return vm === 'nobody' ? null : [{ atS, do: 'vm.crash', vm }];
  },
  'bmc-dead': (fault, host) => offAndOn(fault, (on, atS) => ({ atS, do: 'bmc', host, on })),
  'replica-kill': ({ atS }, target) => {
    const service = target.split('@')[0];
    return service === 'scheduler' || service === 'failover' ? [{ atS, do: 'leader.kill', service }] : null;
  },
  'bus-server': (fault, server) => offAndOn(fault, (on, atS) => ({ atS, do: 'bus', server, on })),
  'bus-out': (fault) => offAndOn(fault, (on, atS) => ({ atS, do: 'bus', on })),
  'storage-power': (fault, _target, { storageNodes }) =>
    storageNodes === 1 ? offAndOn(fault, (on, atS) => ({ atS, do: 'storage', on })) : null,
};

/** The same fault in verbs of its own, or null: it has none, or it did not happen in the run of that log. */
export function plainVerbs(action: Action, log: readonly LogEntry[], scenario: Scenario): Action[] | null {
  if (action.do !== 'fault') return null;
  const name = `#${action.draw} ${action.kind}`;
  const begun = log.find(({ event, data }) => event === 'fault.begins' && data['fault'] === name);
  return begun ? (plainly[action.kind]?.(action, String(begun.data['target']), scenario) ?? null) : null;
}

/** The file: a line for each host, VM, rule and thing that happens; what is as it is by default is left out. */
export function scenarioText(scenario: Scenario): string {
  const { name, about, seed, control, storageNodes, bootS, swappedBmcs, operated, beside, healAtS, untilS } = scenario;
  const lines = [`"name": ${JSON.stringify(name)}`, `"about": ${JSON.stringify(about)}`, `"seed": ${seed}`];
  if (control !== 'apart') lines.push(`"control": ${JSON.stringify(control)}`);
  if (storageNodes !== 1) lines.push(`"storageNodes": ${storageNodes}`);
  if (bootS !== 3) lines.push(`"bootS": ${JSON.stringify(bootS)}`);
  if (swappedBmcs) lines.push(`"swappedBmcs": ${JSON.stringify(swappedBmcs)}`);
  if (operated) lines.push('"operated": true');
  if (beside) lines.push(`"beside": ${spaced(beside)}`);
  lines.push(`"hosts": ${mapText(scenario.hosts)}`);
  if (Object.keys(scenario.vms).length > 0) lines.push(`"vms": ${mapText(scenario.vms)}`);
  if (scenario.rules.length > 0) lines.push(`"rules": ${listText(scenario.rules)}`);
  lines.push(`"timeline": ${listText(scenario.timeline)}`);
  if (healAtS !== undefined) lines.push(`"healAtS": ${healAtS}`);
  lines.push(`"untilS": ${untilS}`);
  return `{\n  ${lines.join(',\n  ')}\n}\n`;
}

/** What is so by default and says little. */
const isUsual = (key: string, value: unknown): boolean =>
  (key === 'power' && value === 'on') || (key === 'force' && value === false);

const spaced = (value: unknown): string =>
  JSON.stringify(value, (key, each: unknown) => (isUsual(key, each) ? undefined : each), 1).replaceAll(/\n\s*/g, ' ')
    .replaceAll('[ ', '[').replaceAll(' ]', ']');

function mapText(map: Record<string, unknown>): string {
  const lines = Object.entries(map).map(([name, value]) => `    ${JSON.stringify(name)}: ${spaced(value)}`);
  return `{\n${lines.join(',\n')}\n  }`;
}

function listText(list: readonly unknown[]): string {
  return list.length === 0 ? '[]' : `[\n${list.map((item) => `    ${spaced(item)}`).join(',\n')}\n  ]`;
}
