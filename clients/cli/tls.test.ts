import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiUnreachable, HoldfastClient } from '@holdfast/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority, issueCertificate } from '../../lab/pki.js';
import { startFakeCluster, type FakeCluster } from '../../services/api/testing/fake-cluster.js';

let directory: string;
let ca: string;
let cluster: FakeCluster;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-tls-'));
  const authority = await createAuthority(join(directory, 'ca'));
  const { certFile, keyFile } = await issueCertificate(authority, {
    commonName: 'api',
    dnsNames: [],
    ipAddresses: ['127.0.0.1'],
    directory: join(directory, 'api'),
    server: true,
    client: false,
  });
  ca = await readFile(authority.caFile, 'utf8');
  cluster = await startFakeCluster({ tls: { certFile, keyFile } });
});
afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

test("the client talks to the API over TLS with the cluster's own authority", async () => {
  const client = new HoldfastClient({ baseUrl: cluster.api.url, token: cluster.token, ca });
  expect(cluster.api.url).toMatch(/^https:/);
  expect((await client.status()).hosts.total).toBe(2);
  await client.close();
});

test('an authority that is not known is not trusted, and the token stays here', async () => {
  const client = new HoldfastClient({ baseUrl: cluster.api.url, token: cluster.token });
  const error = await client.status().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ApiUnreachable);
  expect(String(error)).not.toContain(cluster.token);
  await client.close();
});

test('a client of plain HTTP gets no answer', async () => {
  const baseUrl = cluster.api.url.replace('https:', 'http:');
  const client = new HoldfastClient({ baseUrl, token: cluster.token });
  await expect(client.status()).rejects.toBeInstanceOf(ApiUnreachable);
  await client.close();
});
