import { permissionsFor, type Permissions, type Registry } from './permissions.js';

/** Someone who logs in: a service on a node, and the public half of its nkey (`U...`). */
export interface Principal {
  service: string;
  node: string;
  publicKey: string;
}

/**
 * Services that run beside guests. Permissions alone do not hold them: NATS does not check the reply subject of a
 * request, so `DIRECT.GET` of one's own record with the reply subject `$KV.hosts.h2` would make the *server* store that
 * record as another host's. In an account of its own a reply stays inside that account.
 */
const isolatedServices: readonly string[] = ['host-agent'];

const coreAccount = 'core';

interface Account {
  users: string[];
  exports: string[];
  imports: string[];
}

const quoted = (text: string): string => JSON.stringify(text);
const list = (items: readonly string[]): string => `[${items.map(quoted).join(', ')}]`;

function user(publicKey: string, permissions: Permissions): string {
  return [
    `{ nkey: ${quoted(publicKey)}, permissions: {`,
    `  publish: { allow: ${list(permissions.publish.allow)} }`,
    `  subscribe: { allow: ${list(permissions.subscribe.allow)} }`,
    ...(permissions.allowResponses ? ['  allow_responses: { max: 1, expires: "10m" }'] : []),
    '} }',
  ].join('\n      ');
}

function addIsolated(
  principal: Principal,
  permissions: Permissions,
  accounts: Map<string, Account>,
  offered: Map<string, string[]>,
): void {
  const name = `${principal.service}-${principal.node}`;
  const own: Account = { users: [user(principal.publicKey, permissions)], exports: [], imports: [] };
  accounts.set(name, own);
  const core = accounts.get(coreAccount);
  const fromCore = (kind: 'service' | 'stream', subject: string): void => {
    const export_ = `${kind}: ${quoted(subject)}${kind === 'service' ? ', response_type: Stream' : ''}`;
    offered.set(export_, [...(offered.get(export_) ?? []), name]);
    own.imports.push(`{ ${kind}: { account: ${quoted(coreAccount)}, subject: ${quoted(subject)} } }`);
  };
  const toCore = (kind: 'service' | 'stream', subject: string): void => {
    own.exports.push(`{ ${kind}: ${quoted(subject)}, accounts: [${quoted(coreAccount)}] }`);
    core?.imports.push(`{ ${kind}: { account: ${quoted(name)}, subject: ${quoted(subject)} } }`);
  };
  for (const subject of permissions.publish.allow) {
    if (subject.startsWith('hb.')) toCore('stream', subject);
    else fromCore('service', subject);
  }
  for (const subject of permissions.subscribe.allow) {
    if (subject.startsWith('cmd.')) toCore('service', subject);
    else if (!subject.startsWith('_INBOX.')) fromCore('stream', subject);
  }
}

/**
 * The `accounts { ... }` section of nats-server's configuration: one account for the control side, which owns JetStream,
 * and one for each principal that is isolated from it. Adding a host is a new rendering and a reload.
 * @param adminPublicKey who may set up the streams; unrestricted inside the core account.
 */
export function renderAccounts(
  principals: readonly Principal[],
  adminPublicKey: string,
  registry?: Registry,
): string {
  const core: Account = { users: [`{ nkey: ${quoted(adminPublicKey)} }`], exports: [], imports: [] };
  const accounts = new Map([[coreAccount, core]]);
  const offered = new Map<string, string[]>();
  for (const principal of principals) {
    const permissions = permissionsFor(principal.service, principal.node, registry);
    if (isolatedServices.includes(principal.service)) {
      addIsolated(principal, permissions, accounts, offered);
    } else {
      core.users.push(user(principal.publicKey, permissions));
    }
  }
  for (const [offer, names] of offered) core.exports.push(`{ ${offer}, accounts: ${list(names)} }`);
  const lines = ['accounts {'];
  for (const [name, account] of accounts) {
    lines.push(`  ${quoted(name)}: {`);
    if (name === coreAccount) lines.push('    jetstream: enabled');
    for (const part of ['users', 'exports', 'imports'] as const) {
      lines.push(`    ${part}: [`, ...account[part].map((item) => `      ${item}`), '    ]');
    }
    lines.push('  }');
  }
  return `${[...lines, '}'].join('\n')}\n`;
}
