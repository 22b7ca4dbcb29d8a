/** Rolling work on hosts: which together, and in which order. */
import type { HostView } from '@holdfast/client';
import { CommandFailure } from './failure.js';

export interface Domain {
  /** A host, or LABEL=VALUE. */
  name: string;
  hosts: string[];
}

export interface Selection {
  /** Names separated by commas, or LABEL=VALUE; left out: all hosts. */
  hosts?: string | undefined;
  /** A label: hosts with the same value go together. */
  over?: string | undefined;
  /** Goes on there: what comes before is done. */
  from?: string | undefined;
}

/** Failure domains in the order of their names. @throws CommandFailure naming the option that is wrong. */
export function domainsOf(all: readonly HostView[], { hosts, over, from }: Selection): Domain[] {
  const chosen = chosenOf(all, hosts);
  const byName = new Map<string, string[]>();
  for (const host of chosen) {
    const name = over === undefined ? host.host : `${over}=${labelOf(host, over)}`;
    byName.set(name, [...(byName.get(name) ?? []), host.host].sort());
  }
  const domains = [...byName].map(([name, members]) => ({ name, hosts: members }));
  domains.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (from === undefined) return refuseUnfit(domains, all, null);
  const first = domains.findIndex((domain) => domain.name === from || domain.hosts.includes(from));
  if (first < 0) throw wrong(`--from: ${from} is not among the hosts that were chosen`, 'name one of them');
  return refuseUnfit(domains.slice(first), all, domains[first]?.name ?? null);
}

function chosenOf(all: readonly HostView[], hosts: string | undefined): HostView[] {
  if (hosts === undefined) return [...all];
  const [label = '', value] = hosts.split('=', 2);
  if (value !== undefined) {
    const labelled = all.filter((host) => host.labels[label] === value);
    if (labelled.length === 0) throw wrong(`--hosts: no host has the label ${hosts}`, 'see `holdfast host list`');
    return labelled;
  }
  return [...new Set(hosts.split(','))].map((name) => {
    const known = all.find(({ host }) => host === name);
    if (!known) throw wrong(`--hosts: there is no host named ${name}`, 'see `holdfast host list`');
    return known;
  });
}

function labelOf({ host, labels }: HostView, label: string): string {
  const value = labels[label];
  if (value !== undefined) return value;
  const remedy = `give it one (holdfast host label ${host} ${label}=...), or leave it out with --hosts`;
  throw wrong(`--over: ${host} has no label ${label}`, remedy);
}

/** Nobody's work on a host is ended by this one; the domain that it goes on with may be under work. */
function refuseUnfit(domains: Domain[], all: readonly HostView[], first: string | null): Domain[] {
  for (const { name, hosts } of domains) {
    if (name === first) continue;
    for (const host of hosts) {
      const known = all.find((each) => each.host === host);
      if (!known) continue;
      const { health, admin, drain } = known;
      const isTaken = admin !== 'active' || drain !== null;
      if (health === 'online' && !isTaken) continue;
      const what = isTaken ? 'in maintenance or being drained already' : health;
      throw wrong(`${host} is ${what}`, 'put it back to work first, or leave it out with --hosts');
    }
  }
  return domains;
}

const wrong = (message: string, remedy: string): CommandFailure =>
  new CommandFailure({ code: 'invalid', message, remedy });
