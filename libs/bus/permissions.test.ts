import { registry, serviceNames } from '@holdfast/contracts';
import { describe, expect, it } from 'vitest';
import { natsAccounts } from './accounts.js';
import { permissionsFor } from './permissions.js';
import { subjectMatches } from './subjects.js';

describe('permissions', () => {
  it('hold an agent to its own node', () => {
    const { publish, subscribe, allowResponses } = permissionsFor('host-agent', 'h1');
    expect(publish.allow).toEqual([
      '$JS.API.DIRECT.GET.KV_cluster',
      '$JS.API.DIRECT.GET.KV_cluster.$KV.cluster.*',
      '$JS.API.DIRECT.GET.KV_hosts.$KV.hosts.h1',
      '$JS.API.DIRECT.GET.KV_observed.$KV.observed.h1',
      '$JS.API.DIRECT.GET.KV_pools',
      '$JS.API.DIRECT.GET.KV_pools.$KV.pools.*',
      '$JS.API.DIRECT.GET.KV_secrets.$KV.secrets.h1',
      '$KV.observed.h1',
      'hb.v1.host.host-agent.h1',
      'hb.v1.load.host-agent.h1',
    ]);
    expect(subscribe.allow.filter((subject) => !subject.startsWith('cmd.v1.host-agent.h1.'))).toEqual([
      '_INBOX.host-agent.h1.>',
      'kv.v1.cluster.*',
      'kv.v1.hosts.h1',
      'kv.v1.observed.h1',
      'kv.v1.pools.*',
      'kv.v1.secrets.h1',
    ]);
    expect(allowResponses).toBe(true);
  });

  it('let nobody but the owner write a bucket', () => {
    for (const bucket of registry.buckets) {
      const writers = serviceNames.filter((service) =>
        permissionsFor(service, 'n1').publish.allow.some((pattern) =>
          subjectMatches(pattern, `$KV.${bucket.name}.n1`),
        ),
      );
      expect(writers, bucket.name).toEqual([bucket.owner]);
    }
  });

  it('let nobody create a consumer or a stream, or read by another subject', () => {
    for (const service of serviceNames) {
      const { publish, subscribe } = permissionsFor(service, 'n1');
      for (const denied of ['$JS.API.CONSUMER.CREATE.KV_vms.x', '$JS.API.STREAM.CREATE.x']) {
        expect(publish.allow.some((pattern) => subjectMatches(pattern, denied))).toBe(false);
      }
      expect(subscribe.allow.some((pattern) => pattern.startsWith('$'))).toBe(false);
    }
  });

  it('give every agent an account of its own', () => {
    const principals = [
      { service: 'host-agent', node: 'h1', publicKey: 'UH1' },
      { service: 'host-agent', node: 'h2', publicKey: 'UH2' },
      { service: 'api', node: 'c1', publicKey: 'UAPI' },
    ];
    const accounts = natsAccounts(principals, 'UADMIN');
    expect(Object.keys(accounts)).toEqual(['core', 'host-agent-h1', 'host-agent-h2']);
    expect(accounts['core']?.exports).toContainEqual({
      service: '$JS.API.DIRECT.GET.KV_pools',
      response_type: 'Stream',
      accounts: ['host-agent-h1', 'host-agent-h2'],
    });
    expect(accounts['host-agent-h1']?.jetstream).toBeUndefined();
    expect(JSON.stringify(accounts['host-agent-h1'])).not.toContain('h2');
  });
});

describe('a subject pattern', () => {
  it('matches as NATS does', () => {
    expect(subjectMatches('a.*.c', 'a.b.c')).toBe(true);
    expect(subjectMatches('a.*', 'a.b.c')).toBe(false);
    expect(subjectMatches('a.>', 'a.b.c')).toBe(true);
    expect(subjectMatches('a.>', 'a')).toBe(false);
    expect(subjectMatches('a.b', 'a.b.c')).toBe(false);
  });
});
