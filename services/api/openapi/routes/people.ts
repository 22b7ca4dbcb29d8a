import {
  auditEntrySchema,
  auditVerdictSchema,
  begunSignInSchema,
  grantViewSchema,
  groupViewSchema,
  newSessionSchema,
  newTokenSchema,
  pageSchema,
  projectViewSchema,
  quotaChangeSchema,
  quotaViewSchema,
  removedSchema,
  roleViewSchema,
  setupCodeSchema,
  tokenViewSchema,
  userViewSchema,
  whoamiViewSchema,
} from '@holdfast/contracts';
import { verifyQuerySchema } from '../../audit/audit.controller.js';
import { auditQuerySchema } from '../../audit/audit-query.js';
import {
  beginOidcSchema,
  finishOidcSchema,
  grantSchema,
  groupSchema,
  linkSchema,
  loginSchema,
  newProjectSchema,
  newTokenRequestSchema,
  newUserSchema,
  ownPasswordSchema,
  ownRoleSchema,
  passwordSchema,
  setupSchema,
} from '../../auth/identity-requests.js';
import { listQuerySchema } from '../../http/list.js';
import type { Answer, Routes } from '../route.js';

const query = listQuerySchema;
const removed: Answer = { status: 200, schema: removedSchema };
const removedIf: Answer = { ...removed, isEdit: true };
const tokens: Answer = { status: 200, schema: pageSchema(tokenViewSchema) };
const newToken = { body: newTokenRequestSchema, answer: { status: 201, schema: newTokenSchema } } as const;

/** What belongs to whoever is signed in. */
export const signInRoutes: Routes = {
  'GET /api/v1/whoami': {
    operationId: 'whoami',
    summary: 'Who is signed in, and what that permits',
    answer: { status: 200, schema: whoamiViewSchema },
  },
  'POST /api/v1/login': {
    operationId: 'login',
    summary: 'Sign in with name and password: a new session',
    description: 'After five failures in a row for one name from one address, each locks that pair for longer.',
    body: loginSchema,
    answer: { status: 200, schema: newSessionSchema },
  },
  'POST /api/v1/oidc/begin': {
    operationId: 'beginOidc',
    summary: 'Begin to sign in through the OpenID provider',
    description: 'Send the browser to `url`; hand over what it comes back with, and `flow`, within ten minutes.',
    body: beginOidcSchema,
    answer: { status: 200, schema: begunSignInSchema },
  },
  'POST /api/v1/oidc/finish': {
    operationId: 'finishOidc',
    summary: 'Finish to sign in through the OpenID provider: a new session',
    body: finishOidcSchema,
    answer: { status: 200, schema: newSessionSchema },
  },
  'POST /api/v1/setup': {
    operationId: 'setUp',
    summary: 'Make the first administrator, with a setup code that is good once',
    body: setupSchema,
    answer: { status: 200, schema: newSessionSchema },
  },
  'POST /api/v1/setup-code': {
    operationId: 'newSetupCode',
    summary: 'A new setup code, while there is no administrator; older ones are void',
    answer: { status: 200, schema: setupCodeSchema },
  },
  'POST /api/v1/logout': { operationId: 'logout', summary: 'End this session', answer: removed },
  'PUT /api/v1/password': {
    operationId: 'changePassword',
    summary: 'Change one\'s own password; ends all other sessions',
    body: ownPasswordSchema,
    answer: removed,
  },
  'GET /api/v1/sessions': { operationId: 'listSessions', summary: 'One\'s own sessions', query, answer: tokens },
  'DELETE /api/v1/sessions/:id': { operationId: 'endSession', summary: 'End one of them', answer: removed },
  'GET /api/v1/tokens': { operationId: 'listTokens', summary: 'One\'s own tokens', query, answer: tokens },
  'POST /api/v1/tokens': { operationId: 'newToken', summary: 'Make a token for oneself', ...newToken },
  'DELETE /api/v1/tokens/:id': { operationId: 'revokeToken', summary: 'Revoke one of them', answer: removed },
};

export const peopleRoutes: Routes = {
  'GET /api/v1/users': {
    operationId: 'listUsers',
    summary: 'Users and service accounts',
    query,
    answer: { status: 200, schema: pageSchema(userViewSchema) },
  },
  'POST /api/v1/users': {
    operationId: 'newUser',
    summary: 'Make a user, or a service account, which has tokens and no password',
    body: newUserSchema,
    answer: { status: 201, schema: userViewSchema },
  },
  'GET /api/v1/users/:user': {
    operationId: 'getUser',
    summary: 'A user',
    answer: { status: 200, schema: userViewSchema },
  },
  'DELETE /api/v1/users/:user': { operationId: 'deleteUser', summary: 'Delete a user', answer: removed },
  'PUT /api/v1/users/:user/oidc': {
    operationId: 'linkUser',
    summary: 'Have somebody of the OpenID provider sign in as this user',
    body: linkSchema,
    answer: { status: 200, schema: userViewSchema },
  },
  'PUT /api/v1/users/:user/password': {
    operationId: 'setPassword',
    summary: 'Set the password of a user; ends their sessions',
    body: passwordSchema,
    answer: removed,
  },
  'DELETE /api/v1/users/:user/lock': {
    operationId: 'unlockUser',
    summary: 'Let a user who was locked after failed attempts sign in at once',
    answer: removed,
  },
  'GET /api/v1/users/:user/sessions': {
    operationId: 'listSessionsOf',
    summary: 'The sessions of a user',
    query,
    answer: tokens,
  },
  'DELETE /api/v1/users/:user/sessions': {
    operationId: 'endSessionsOf',
    summary: 'End all sessions of a user',
    answer: removed,
  },
  'GET /api/v1/users/:user/tokens': {
    operationId: 'listTokensOf',
    summary: 'The tokens of a user',
    query,
    answer: tokens,
  },
  'POST /api/v1/users/:user/tokens': {
    operationId: 'newTokenOf',
    summary: 'Make a token for a service account',
    ...newToken,
  },
  'DELETE /api/v1/users/:user/tokens/:id': {
    operationId: 'revokeTokenOf',
    summary: 'Revoke a token of a user',
    answer: removed,
  },
  'GET /api/v1/groups': {
    operationId: 'listGroups',
    summary: 'Groups with their members',
    query,
    answer: { status: 200, schema: pageSchema(groupViewSchema) },
  },
  'PUT /api/v1/groups/:group': {
    operationId: 'putGroup',
    summary: 'Make a group, or give it these members',
    body: groupSchema,
    answer: { status: 200, schema: groupViewSchema, isEdit: true },
  },
  'DELETE /api/v1/groups/:group': { operationId: 'deleteGroup', summary: 'Delete a group', answer: removedIf },
};

export const roleRoutes: Routes = {
  'GET /api/v1/roles': {
    operationId: 'listRoles',
    summary: 'Built-in and own roles',
    query,
    answer: { status: 200, schema: pageSchema(roleViewSchema) },
  },
  'PUT /api/v1/roles/:role': {
    operationId: 'putRole',
    summary: 'Make an own role of named permissions, or change it',
    body: ownRoleSchema,
    answer: { status: 200, schema: roleViewSchema, isEdit: true },
  },
  'DELETE /api/v1/roles/:role': { operationId: 'deleteRole', summary: 'Delete an own role', answer: removedIf },
  'GET /api/v1/grants': {
    operationId: 'listGrants',
    summary: 'Who holds which role, and where',
    query,
    answer: { status: 200, schema: pageSchema(grantViewSchema) },
  },
  'POST /api/v1/grants': {
    operationId: 'grantRole',
    summary: 'Grant a role to a user or a group, in the cluster or in a project',
    body: grantSchema,
    answer: { status: 201, schema: grantViewSchema },
  },
  'DELETE /api/v1/grants/:id': { operationId: 'revokeRole', summary: 'Take a role back', answer: removed },
};

export const auditRoutes: Routes = {
  'GET /api/v1/audit': {
    operationId: 'listAudit',
    summary: 'Who changed what, or was refused; the newest first',
    query: auditQuerySchema,
    answer: { status: 200, schema: pageSchema(auditEntrySchema) },
  },
  'GET /api/v1/audit/verify': {
    operationId: 'verifyAudit',
    summary: 'Follow the chain of hashes through the whole audit log',
    query: verifyQuerySchema,
    answer: { status: 200, schema: auditVerdictSchema },
  },
};

export const projectRoutes: Routes = {
  'GET /api/v1/projects': {
    operationId: 'listProjects',
    summary: 'Projects that one may see',
    query,
    answer: { status: 200, schema: pageSchema(projectViewSchema) },
  },
  'POST /api/v1/projects': {
    operationId: 'newProject',
    summary: 'Make a project',
    body: newProjectSchema,
    answer: { status: 201, schema: projectViewSchema },
  },
  'DELETE /api/v1/projects/:project': {
    operationId: 'deleteProject',
    summary: 'Delete a project and what was granted on it',
    answer: removed,
  },
  'GET /api/v1/projects/:project/quota': {
    operationId: 'getQuota',
    summary: 'How much the VMs of a project may take up together, and how much they do',
    answer: { status: 200, schema: quotaViewSchema },
  },
  'PUT /api/v1/projects/:project/quota': {
    operationId: 'setQuota',
    summary: 'Limit what the VMs of a project take up together; what is left out stays, null lifts a limit',
    body: quotaChangeSchema,
    answer: { status: 200, schema: quotaViewSchema, isEdit: true },
  },
};
