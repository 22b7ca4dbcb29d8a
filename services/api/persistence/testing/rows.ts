/**
 * Rows as a cluster that has lived with a version of the schema holds them: by the migration that made their table, in
 * the columns that it had then. A migration of a new table adds its own here.
 */
const account = '00000000-0000-4000-8000-000000000001';
const service = '00000000-0000-4000-8000-000000000002';
const at = '2026-01-02T03:04:05Z';

export const rows: Readonly<Record<number, string>> = {
  1: `INSERT INTO event_history (event_id, at, noun, record, verb, event) VALUES
        ('e1', '${at}', 'vm', 'web1', 'started', '{"id": "e1", "project": "shop"}'),
        ('e2', '${at}', 'vm', 'web2', 'crashed', '{"id": "e2"}'),
        ('e3', '${at}', 'host', 'h1', 'fenced', '{"id": "e3"}');
      INSERT INTO history_position (incarnation, sequence) VALUES ('i1', 3)`,
  2: `INSERT INTO accounts (id, kind, name, password_hash, created_at) VALUES
        ('${account}', 'user', 'ada', 'hash-of-password', '${at}'), ('${service}', 'service', 'ci', NULL, '${at}');
      INSERT INTO account_groups VALUES ('crew', '${at}');
      INSERT INTO group_members VALUES ('crew', '${account}');
      INSERT INTO projects VALUES ('shop', 'what sells', '${at}');
      INSERT INTO own_roles VALUES ('starter', 'starts VMs', '{vm.read,vm.power}', '${at}');
      INSERT INTO role_grants (id, role, account_id, group_name, project, created_at) VALUES
        (gen_random_uuid(), 'admin', '${account}', NULL, NULL, '${at}'),
        (gen_random_uuid(), 'viewer', NULL, 'crew', 'shop', '${at}');
      INSERT INTO access_tokens (id, account_id, kind, name, hash, scope, created_at, expires_at, idle_ms, last_used_at)
        VALUES (gen_random_uuid(), '${account}', 'session', '', 'h1', NULL, '${at}', '${at}', 3600000, '${at}'),
        (gen_random_uuid(), '${service}', 'token', 'nightly', 'h2', '{vm.read}', '${at}', '${at}', NULL, '${at}');
      INSERT INTO login_failures (key, failures, locked_until, last_at) VALUES ('k1', 3, '${at}', '${at}');
      INSERT INTO setup_codes VALUES ('h3', '${at}')`,
  4: `INSERT INTO audit_entries VALUES (1, '{"who": "ada"}', 'h4'), (2, '{"who": "ci"}', 'h5')`,
  5: `INSERT INTO webhooks (name, url, filter, enabled, secret, after_number) VALUES
        ('pager', 'https://example.org/hook', 'vm.*', true, '\\x0102', 2);
      INSERT INTO webhook_deliveries (webhook, number, subject, event, state, next_at_ms) VALUES
        ('pager', 3, 'evt.v1.host.h1.fenced', '{"id": "e3"}', 'dead', 7)`,
  6: `INSERT INTO load_history VALUES ('h1', 900000, 90, '{"cpus": 4}', '{"web1": {"cpus": 1}}');
      INSERT INTO load_position (incarnation, sequence) VALUES ('i1', 9)`,
  7: `INSERT INTO templates (name, description, parameters, vm) VALUES
        ('small', '', '[{"name": "size"}]', '{"cpus": 1}')`,
  9: `INSERT INTO oidc_subjects VALUES ('https://id.example.org', 's1', '${account}');
      INSERT INTO oidc_flows VALUES ('h6', 's', 'n', 'v', 'http://127.0.0.1/', '192.0.2.1', '${at}')`,
  10: `INSERT INTO schedules (id, name, vm, vm_uid, action, force, cron, time_zone, grace_minutes, owner_kind, owner_id,
        owner_name, created_at) VALUES (gen_random_uuid(), 'nightly', 'web1', 'u1', 'reboot', false, '0 3 * * *', 'UTC',
        10, 'user', '${account}', 'ada', '${at}')`,
  11: `INSERT INTO login_failures (key, failures, locked_until, last_at, name_hash) VALUES
        ('k2', 3, '${at}', '${at}', 'n')`,
  12: `INSERT INTO project_quotas VALUES ('shop', 10, NULL, 8192, NULL);
      INSERT INTO quota_shares (uid, operation, project, vms, cpus, memory_mib, disk_mib, attempt) VALUES
        ('u1', '', 'shop', 1, 2, 2048, 4096, gen_random_uuid())`,
  13: `INSERT INTO audit_entries VALUES (3, '{"who": {"kind": "user", "name": "ada"}, "atMs": 1767323045000}', 'h6')`,
};

/** What a migration forgets on purpose, by its number. */
export const forgotten: Readonly<Record<number, readonly string[]>> = {
  11: ['login_failures'],
};
