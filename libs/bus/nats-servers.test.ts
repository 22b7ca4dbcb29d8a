import { expect, test } from 'vitest';
import { serversOf } from './nats-servers.js';

const follower = (name: string, heardAgoMs: number | null, offline = false): {
  name: string; heardAgoMs: number | null; offline: boolean;
} => ({ name, heardAgoMs, offline });

test('alive is who leads, and whom some leader has heard lately', () => {
  const servers = serversOf([
    { bucket: 'vms', leader: 'c2', followers: [follower('c1', 200), follower('c3', 9000)] },
    { bucket: 'hosts', leader: 'c2', followers: [follower('c1', null), follower('c4', 100, true)] },
    { bucket: 'pools', leader: 'c1', followers: [follower('c2', 300), follower('c3', null)] },
  ]);
  expect(servers).toEqual([
    { name: 'c1', alive: true, leads: ['pools'] },
    { name: 'c2', alive: true, leads: ['vms', 'hosts'] },
    { name: 'c3', alive: false, leads: [] },
    { name: 'c4', alive: false, leads: [] },
  ]);
});
