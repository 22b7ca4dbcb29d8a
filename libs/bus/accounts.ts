import { isIsolated, permissionsFor, type Permissions, type Registry } from './permissions.js';

/** Someone who logs in: a service on a node, and the public half of its nkey (`U...`). */
export interface Principal {
  service: string;
  node: string;
  publicKey: string;
}

/** One entry of `accounts` in nats-server's configuration, which may be JSON. */
export interface NatsAccount {
  jetstream?: 'enabled';
  users: object[];
  exports: object[];
  imports: object[];
}

const core = 'core';
type Kind = 'service' | 'stream';

function user(publicKey: string, permissions: Permissions): object {
  const { publish, subscribe, allowResponses } = permissions;
  return {
    nkey: publicKey,
    permissions: {
      // An empty list would allow everything.
      publish: publish.allow.length > 0 ? publish : { deny: ['>'] },
      subscribe,
      // Every delivery of a request counts too, and a reconnecting server may be subscribed twice for a moment.
      ...(allowResponses ? { allow_responses: { max: 4, expires: '10m' } } : {}),
    },
  };
}

class Accounts {
  readonly core: NatsAccount = { jetstream: 'enabled', users: [], exports: [], imports: [] };
  readonly isolated = new Map<string, NatsAccount>();
  /** What the core offers, by kind and subject, to which accounts. */
  readonly #offers = new Map<string, { kind: Kind; subject: string; accounts: string[] }>();

  addIsolated(principal: Principal, permissions: Permissions): void {
    const name = `${principal.service}-${principal.node}`;
    const own: NatsAccount = {
      users: [user(principal.publicKey, permissions)],
      exports: [],
      imports: [],
    };
    this.isolated.set(name, own);
    const toCore = (kind: Kind, subject: string): void => {
      own.exports.push({ [kind]: subject, accounts: [core] });
      this.core.imports.push({ [kind]: { account: name, subject } });
    };
    for (const subject of permissions.publish.allow) {
      if (subject.startsWith('hb.')) toCore('stream', subject);
      else this.#fromCore('service', subject, name, own);
    }
    for (const subject of permissions.subscribe.allow) {
      if (subject.startsWith('cmd.')) toCore('service', subject);
      else if (!subject.startsWith('_INBOX.')) this.#fromCore('stream', subject, name, own);
    }
  }

  #fromCore(kind: Kind, subject: string, name: string, own: NatsAccount): void {
    own.imports.push({ [kind]: { account: core, subject } });
    const key = `${kind} ${subject}`;
    const offer = this.#offers.get(key) ?? { kind, subject, accounts: [] };
    this.#offers.set(key, offer);
    offer.accounts.push(name);
  }

  rendered(): Record<string, NatsAccount> {
    for (const { kind, subject, accounts } of this.#offers.values()) {
      // A batch of direct gets has many replies.
      const replies = kind === 'service' ? { response_type: 'Stream' } : {};
      this.core.exports.push({ [kind]: subject, ...replies, accounts });
    }
    return { [core]: this.core, ...Object.fromEntries(this.isolated) };
  }
}

/**
 * The value of `accounts` in nats-server's configuration: one account for the control side, which owns JetStream, and
 * one for each principal that is isolated from it. Adding a host is a new rendering and a reload.
 * @param adminPublicKey who may set up the streams; unrestricted inside the core account.
 */
export function natsAccounts(
  principals: readonly Principal[],
  adminPublicKey: string,
  registry?: Registry,
): Record<string, NatsAccount> {
  const accounts = new Accounts();
  accounts.core.users.push({ nkey: adminPublicKey });
  for (const principal of principals) {
    const permissions = permissionsFor(principal.service, principal.node, registry);
    if (isIsolated(principal.service)) accounts.addIsolated(principal, permissions);
    else accounts.core.users.push(user(principal.publicKey, permissions));
  }
  return accounts.rendered();
}
