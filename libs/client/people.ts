import type { components } from './generated/api.js';
import type {
  AuditEntry,
  AuditOptions,
  AuditVerdict,
  BegunSignIn,
  GrantView,
  GroupView,
  ListOptions,
  NewSession,
  NewToken,
  Page,
  ProjectView,
  QuotaView,
  Removed,
  RoleView,
  SetupCode,
  TokenView,
  UserView,
  WhoamiView,
} from './resources.js';
import { Routes } from './routes.js';

type Requests = components['schemas'];

/** Who there is, who is signed in, and who may do what. Throws as `HoldfastClient` does. */
export class PeopleClient extends Routes {
  whoami(): Promise<WhoamiView> {
    return this.get('/api/v1/whoami', {});
  }

  /** Needs no token. */
  login(body: { name: string; password: string }): Promise<NewSession> {
    return this.post('/api/v1/login', { body });
  }

  /** Needs no token; `redirect` is where the provider is to send the browser. */
  beginOidc(body: { redirect: string }): Promise<BegunSignIn> {
    return this.post('/api/v1/oidc/begin', { body });
  }

  /** With what the browser came back with. */
  finishOidc(body: Requests['FinishOidc']): Promise<NewSession> {
    return this.post('/api/v1/oidc/finish', { body });
  }

  /** The first administrator; needs no token but the setup code. */
  setUp(body: { code: string; name: string; password: string }): Promise<NewSession> {
    return this.post('/api/v1/setup', { body });
  }

  newSetupCode(): Promise<SetupCode> {
    return this.post('/api/v1/setup-code', {});
  }

  logout(): Promise<Removed> {
    return this.post('/api/v1/logout', {});
  }

  changePassword(body: { old: string; password: string }): Promise<Removed> {
    return this.put('/api/v1/password', { body });
  }

  sessions(query: ListOptions = {}): Promise<Page<TokenView>> {
    return this.get('/api/v1/sessions', { query });
  }

  endSession(id: string): Promise<Removed> {
    return this.delete('/api/v1/sessions/{id}', { path: { id } });
  }

  tokens(query: ListOptions = {}): Promise<Page<TokenView>> {
    return this.get('/api/v1/tokens', { query });
  }

  newToken(body: Requests['NewTokenRequest']): Promise<NewToken> {
    return this.post('/api/v1/tokens', { body });
  }

  revokeToken(id: string): Promise<Removed> {
    return this.delete('/api/v1/tokens/{id}', { path: { id } });
  }

  users(query: ListOptions = {}): Promise<Page<UserView>> {
    return this.get('/api/v1/users', { query });
  }

  newUser(body: Requests['NewUser']): Promise<UserView> {
    return this.post('/api/v1/users', { body });
  }

  /** `subject`: who it is at the OpenID provider. */
  linkUser(user: string, subject: string): Promise<UserView> {
    return this.put('/api/v1/users/{user}/oidc', { path: { user }, body: { subject } });
  }

  deleteUser(user: string): Promise<Removed> {
    return this.delete('/api/v1/users/{user}', { path: { user } });
  }

  setPassword(user: string, password: string): Promise<Removed> {
    return this.put('/api/v1/users/{user}/password', { path: { user }, body: { password } });
  }

  unlock(user: string): Promise<Removed> {
    return this.delete('/api/v1/users/{user}/lock', { path: { user } });
  }

  sessionsOf(user: string, query: ListOptions = {}): Promise<Page<TokenView>> {
    return this.get('/api/v1/users/{user}/sessions', { path: { user }, query });
  }

  endSessionsOf(user: string): Promise<Removed> {
    return this.delete('/api/v1/users/{user}/sessions', { path: { user } });
  }

  tokensOf(user: string, query: ListOptions = {}): Promise<Page<TokenView>> {
    return this.get('/api/v1/users/{user}/tokens', { path: { user }, query });
  }

  newTokenOf(user: string, body: Requests['NewTokenRequest']): Promise<NewToken> {
    return this.post('/api/v1/users/{user}/tokens', { path: { user }, body });
  }

  revokeTokenOf(user: string, id: string): Promise<Removed> {
    return this.delete('/api/v1/users/{user}/tokens/{id}', { path: { user, id } });
  }

  groups(query: ListOptions = {}): Promise<Page<GroupView>> {
    return this.get('/api/v1/groups', { query });
  }

  /** Makes it, or gives it these members. */
  putGroup(group: string, members: string[]): Promise<GroupView> {
    return this.put('/api/v1/groups/{group}', { path: { group }, body: { members } });
  }

  deleteGroup(group: string): Promise<Removed> {
    return this.delete('/api/v1/groups/{group}', { path: { group } });
  }

  roles(query: ListOptions = {}): Promise<Page<RoleView>> {
    return this.get('/api/v1/roles', { query });
  }

  /** Makes an own role, or changes it. */
  putRole(role: string, body: Requests['OwnRole']): Promise<RoleView> {
    return this.put('/api/v1/roles/{role}', { path: { role }, body });
  }

  deleteRole(role: string): Promise<Removed> {
    return this.delete('/api/v1/roles/{role}', { path: { role } });
  }

  grants(query: ListOptions = {}): Promise<Page<GrantView>> {
    return this.get('/api/v1/grants', { query });
  }

  grant(body: Requests['NewGrant']): Promise<GrantView> {
    return this.post('/api/v1/grants', { body });
  }

  revoke(id: string): Promise<Removed> {
    return this.delete('/api/v1/grants/{id}', { path: { id } });
  }

  /** The newest first, unless asked otherwise. */
  audit(query: AuditOptions = {}): Promise<Page<AuditEntry>> {
    return this.get('/api/v1/audit', { query });
  }

  verifyAudit(query: { known?: string } = {}): Promise<AuditVerdict> {
    return this.get('/api/v1/audit/verify', { query });
  }

  projects(query: ListOptions = {}): Promise<Page<ProjectView>> {
    return this.get('/api/v1/projects', { query });
  }

  newProject(body: Requests['NewProject']): Promise<ProjectView> {
    return this.post('/api/v1/projects', { body });
  }

  quota(project: string): Promise<QuotaView> {
    return this.get('/api/v1/projects/{project}/quota', { path: { project } });
  }

  /** What is left out stays; null lifts a limit. */
  setQuota(project: string, body: Requests['QuotaChange']): Promise<QuotaView> {
    return this.put('/api/v1/projects/{project}/quota', { path: { project }, body });
  }

  deleteProject(project: string): Promise<Removed> {
    return this.delete('/api/v1/projects/{project}', { path: { project } });
  }
}
