import type { ServiceView, StatusView } from '@holdfast/client';
import type { Output } from './output.js';

const serviceNames = ['scheduler', 'failover'] as const;

/** For `status`: how many there are of what carries Holdfast itself, who lives, and who leads. */
export function redundancyFields(output: Output, status: StatusView): [string, string][] {
  return [
    ['NATS', serversText(output, status)],
    ...serviceNames.map((name): [string, string] => [name, replicasText(output, name, status.services)]),
    ['API', status.apis === 1 ? '1 only' : String(status.apis)],
  ];
}

function serversText(output: Output, { servers, leaderless }: StatusView): string {
  const [only] = servers;
  if (servers.length <= 1 && only) return only.alive ? `1 only: ${only.server}` : output.tone('no answer', 'bad');
  const alive = servers.filter((server) => server.alive);
  const buckets = servers.reduce((sum, { leads }) => sum + leads.length, leaderless.length);
  const leaders = alive.filter(({ leads }) => leads.length > 0);
  const led = leaders.map(({ server, leads }) => `${server} leads ${leads.length}`).join(', ');
  const troubles = servers.filter((server) => !server.alive).map(({ server }) => `${server} is down`);
  if (leaderless.length > 0) troubles.push(`no leader for ${leaderless.join(', ')}`);
  const details = [...(led ? [led] : []), ...troubles.map((text) => output.tone(text, 'bad'))].join(', ');
  return `${alive.length} of ${servers.length} alive, ${buckets} buckets: ${details}`;
}

function replicasText(output: Output, name: string, services: readonly ServiceView[]): string {
  const replicas = services.filter(({ service }) => service === name);
  const alive = replicas.filter((replica) => replica.alive);
  if (replicas.length === 0) return output.tone('none heard', 'bad');
  const ranked = replicas
    .filter(({ rank }) => rank !== null)
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    .map(({ replica }) => replica);
  const [first = 'nobody', ...others] = ranked;
  const order = others.length === 0 ? `${first} acts` : `${first} acts, then ${others.join(', ')}`;
  if (replicas.length === 1 && ranked.length === 1) return `1 only: ${first}`;
  const silent = replicas
    .filter(({ rank }) => rank === null)
    .map(({ replica, heardAgoMs }) =>
      heardAgoMs === null ? `${replica} not heard` : `${replica} not heard for ${Math.round(heardAgoMs / 1000)} s`);
  return [`${alive.length} of ${replicas.length} alive: ${order}`, ...silent.map((text) => output.tone(text, 'bad'))]
    .join(', ');
}
