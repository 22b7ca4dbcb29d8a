import { builtInRoles, permissions, permissionTexts, routeAccess, type Access } from './permissions.js';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function asked(access: Access): string {
  if (access.scope === 'anyone') return 'nothing';
  if (access.scope === 'self') return 'to be signed in';
  return `\`${access.permission}\`${access.scope === 'project' ? ', in its project' : ''}`;
}

/** docs/permissions.md, from the table that the API asks. */
export function permissionsPage(): string {
  const roles = Object.entries(builtInRoles);
  const holds = (role: { permissions: readonly string[] }, permission: string): string =>
    role.permissions.includes(permission) ? 'yes' : '';
  return `# Permissions

Made from \`services/api/auth/permissions.ts\`, the table that the API asks about every request; a test keeps this page
current (\`UPDATE_DOCS=1 npx vitest run --project unit services/api/auth\` writes it). A route that is not in the
table is refused to everyone. Own roles are made of these permissions.

## Roles

${table(
  ['role', 'granted on', 'means'],
  roles.map(([name, { of, means }]) => [`\`${name}\``, of === 'cluster' ? 'the cluster' : 'a project', means]),
)}

The token file that \`up\` makes stands for \`local\`, an admin; who can read that file administers this machine anyway.

## Who may do what

${table(
  ['permission', 'means', ...roles.map(([name]) => name)],
  permissions.map((permission) => [
    `\`${permission}\``,
    permissionTexts[permission],
    ...roles.map(([, role]) => holds(role, permission)),
  ]),
)}

## What each route asks

${table(['route', 'asks'], Object.entries(routeAccess).map(([route, access]) => [`\`${route}\``, asked(access)]))}
`;
}
