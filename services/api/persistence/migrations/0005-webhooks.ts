import type { Migration } from './migration.js';

/** Who is told of events, what is on its way to them, and who of the APIs sends. Secrets are encrypted. */
export const webhooks: Migration = {
  number: 5,
  name: 'webhooks',
  async up(manager) {
    await manager.query(`
      CREATE TABLE webhooks (
        name text PRIMARY KEY,
        url text NOT NULL,
        filter text NOT NULL,
        enabled boolean NOT NULL,
        secret bytea NOT NULL,
        after_number bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE webhook_deliveries (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        webhook text NOT NULL REFERENCES webhooks ON DELETE CASCADE,
        number bigint NOT NULL,
        subject text NOT NULL,
        event jsonb NOT NULL,
        state text NOT NULL CHECK (state IN ('pending', 'dead')),
        attempts integer NOT NULL DEFAULT 0,
        first_at_ms bigint,
        next_at_ms bigint NOT NULL,
        failure text,
        UNIQUE (webhook, number)
      );
      CREATE INDEX ON webhook_deliveries (state, webhook, number);
      CREATE TABLE webhook_position (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        number bigint NOT NULL,
        sender uuid,
        sends_until timestamptz NOT NULL DEFAULT now()
      );
      INSERT INTO webhook_position (number) SELECT coalesce(max(number), 0) FROM event_history;
    `);
  },
  async down(manager) {
    await manager.query('DROP TABLE webhook_position, webhook_deliveries, webhooks');
  },
};
