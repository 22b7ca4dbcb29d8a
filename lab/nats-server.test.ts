import { describe, expect, test } from 'vitest';
import { createNkey, renderNatsConfiguration, type NatsServerOptions } from './nats-server.js';

const files = (name: string) => ({
  caFile: `/${name}/ca-cert.pem`, certFile: `/${name}/cert.pem`, keyFile: `/${name}/key.pem`,
});
const account = (...nkeys: string[]): NatsServerOptions['accounts'] => ({
  core: { jetstream: 'enabled', users: nkeys.map((nkey) => ({ nkey })), exports: [], imports: [] },
});
const options = (over: Partial<NatsServerOptions> = {}): NatsServerOptions => ({
  serverName: 'n1', listen: { address: '10.0.0.1', port: 4222 }, storeDirectory: '/store',
  tls: files('n1'), accounts: account(createNkey().publicKey), ...over,
});
const render = (over: Partial<NatsServerOptions> = {}) =>
  JSON.parse(renderNatsConfiguration(options(over))) as Record<string, Record<string, unknown>>;

describe('the NATS configuration', () => {
  test('syncs every acknowledged write and bounds payload and connections', () => {
    expect(render()['jetstream']).toMatchObject({ store_dir: '/store', sync_interval: 'always' });
    expect(render()).toMatchObject({ max_payload: 2 ** 20, max_connections: 1024 });
  });

  test('shows certificates at both ends of a route, and asks clients for none', () => {
    const configuration = render({ cluster: {
      name: 'c', listen: { address: 'fd00::1', port: 6222 }, tls: files('route'),
      routes: [{ address: 'fd00::2', port: 6222 }],
    } });
    expect(configuration['tls']).toMatchObject({ verify: false, cert_file: '/n1/cert.pem' });
    expect(configuration['cluster']).toMatchObject({
      listen: '[fd00::1]:6222', routes: ['nats-route://[fd00::2]:6222'],
      tls: { verify: true, ca_file: '/route/ca-cert.pem' },
    });
  });

  test('asks clients and other servers often whether they live, so that the dead get no more requests', () => {
    const often = { ping_interval: '1s', ping_max: 2 };
    const cluster = { name: 'c', listen: { address: '10.0.0.1', port: 6222 }, tls: files('route'), routes: [] };
    expect(render()).toMatchObject(often);
    expect(render({ cluster })['cluster']).toMatchObject(often);
  });

  test('listens for monitoring only when asked to', () => {
    expect(render()).not.toHaveProperty('http');
    expect(render({ monitoring: { address: '127.0.0.1', port: 8222 } }))
      .toMatchObject({ http: '127.0.0.1:8222' });
  });

  test('is refused without users, with one user twice, and with a seed in a key\'s place', () => {
    const { publicKey, seed } = createNkey();
    expect(() => render({ accounts: account() })).toThrow(/at least one/);
    expect(() => render({ accounts: account(publicKey, publicKey) })).toThrow(/twice/);
    expect(() => render({ accounts: account(seed) })).toThrow(/not a public nkey/);
    expect(() => render({ accounts: account(seed) })).not.toThrow(seed);
  });

  test('gives each user a key pair of its own', () => {
    const [first, second] = [createNkey(), createNkey()];
    expect(first.seed).toMatch(/^SU/);
    expect(first.publicKey).toMatch(/^U/);
    expect(first.publicKey).not.toBe(second.publicKey);
  });
});
