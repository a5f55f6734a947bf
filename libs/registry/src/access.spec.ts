import { parseNamePattern, parseRepositoryName } from '@slipway/oci';
import {
  type Action,
  ANONYMOUS,
  bearerOf,
  type Grant,
  type Identity,
  includes,
  may,
  NEEDED_ROLE,
  type RepositoryResource,
  type Resource,
  type Right,
  type Role,
  ROLES,
} from './access.ts';

function pattern(text: string) {
  const parsed = parseNamePattern(text);
  if (parsed === undefined) throw new Error(`${text} is no pattern`);
  return parsed;
}

function repository(text: string, more: Partial<RepositoryResource> = {}): RepositoryResource {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return { kind: 'repository', name, public: false, pushable: true, ...more };
}

const right = (text: string, role: Role): Right => ({
  pattern: pattern(text),
  role,
  through: `${role} on ${text}`,
});

const ADA: Identity = {
  ...ANONYMOUS,
  kind: 'account',
  name: 'ada',
  rights: [right('ada/*', 'admin')],
  memberships: [{ namespace: 'ada', role: 'owner' }],
};
const ADMINISTRATOR: Identity = { ...ADA, name: 'admin', administrator: true };
const ROBOT: Identity = { ...ANONYMOUS, kind: 'robot', name: 'acme+ci' };

const WEB = repository('acme/web');
const CATALOG: Resource = { kind: 'catalog' };
const SITE: Resource = { kind: 'site' };
const ACME: Resource = { kind: 'namespace', name: 'acme' };
const ACTIONS: readonly Action[] = ['pull', 'push', 'delete', 'maintain', 'administer'];

const holding = (identity: Identity, ...rights: Right[]): Identity => ({
  ...identity,
  rights: [...identity.rights, ...rights],
});
const bearing = (identity: Identity, ...grants: Grant[]): Identity => ({
  ...identity,
  limits: [...identity.limits, { of: 'registry-token', grants, api: false }],
});
const on = (text: string, ...actions: Action[]): Grant => ({
  on: { kind: 'repositories', pattern: pattern(text) },
  actions,
});
const allowed = (identity: Identity, resource: Resource) =>
  ACTIONS.filter((action) => may(identity, action, resource).allowed);

describe('may', () => {
  it('lets the administrator do everything, everywhere', () => {
    for (const resource of [WEB, repository('library'), CATALOG, ACME, SITE]) {
      expect(allowed(ADMINISTRATOR, resource)).toEqual(ACTIONS);
    }
  });

  it('lets nobody in particular do nothing but pull what is public, and says to sign in', () => {
    expect(allowed(ANONYMOUS, repository('acme/web', { public: true }))).toEqual(['pull']);
    for (const resource of [WEB, CATALOG, ACME, SITE]) {
      for (const action of ACTIONS) {
        expect(may(ANONYMOUS, action, resource)).toEqual({ allowed: false, because: 'anonymous' });
      }
    }
  });

  it.each(ROLES)('lets %s do what it includes, and nothing more', (role) => {
    for (const identity of [ADA, ROBOT]) {
      const able = holding(identity, right('acme/web', role));
      expect(allowed(able, WEB)).toEqual(
        ACTIONS.filter((action) => includes(role, NEEDED_ROLE[action])),
      );
      expect(allowed(able, repository('acme/web2'))).toEqual([]);
    }
  });

  it('takes the strongest of several rights, and says where it comes from', () => {
    const able = holding(
      ADA,
      right('acme/*', 'pull'),
      right('acme/web-*', 'maintain'),
      right('acme/*', 'push'),
    );
    expect(may(able, 'push', repository('acme/web-shop'))).toEqual({
      allowed: true,
      through: 'maintain on acme/web-*',
    });
    expect(may(able, 'delete', repository('acme/api'))).toEqual({
      allowed: false,
      because: 'role',
      has: right('acme/*', 'push'),
    });
    expect(may(ADA, 'pull', WEB)).toEqual({ allowed: false, because: 'role', has: undefined });
  });

  it('gives everybody their own namespace, and what begins alike to somebody else', () => {
    expect(allowed(ADA, repository('ada/tool'))).toEqual(ACTIONS);
    expect(allowed(ADA, repository('ada/team/tool'))).toEqual(ACTIONS);
    expect(allowed(ADA, repository('ada'))).toEqual([]);
    expect(allowed(ADA, repository('adam/tool'))).toEqual([]);
  });

  it('lets a push make a repository only where its namespace permits that, or to who administers it', () => {
    const absent = repository('acme/new', { pushable: false });
    const pusher = holding(ADA, right('acme/*', 'push'));
    expect(may(pusher, 'push', absent)).toEqual({ allowed: false, because: 'creation' });
    expect(may(pusher, 'pull', absent).allowed).toBe(true);
    expect(may(holding(ADA, right('acme/*', 'admin')), 'push', absent).allowed).toBe(true);
    expect(may(ADMINISTRATOR, 'push', absent).allowed).toBe(true);
  });

  it('lets members see an organisation, owners administer it, and others not know of it', () => {
    const member = (role: 'owner' | 'member'): Identity => ({
      ...ADA,
      memberships: [{ namespace: 'acme', role }],
    });
    expect(allowed(member('owner'), ACME)).toEqual(ACTIONS);
    expect(allowed(member('member'), ACME)).toEqual(['pull']);
    expect(allowed(ADA, ACME)).toEqual([]);
    expect(allowed(ADA, SITE)).toEqual([]);
  });

  it('gives everybody their own account, and nobody that of another', () => {
    const account = (name: string): Resource => ({ kind: 'account', name });
    expect(allowed(ADA, account('ada'))).toEqual(ACTIONS);
    expect(allowed(ADA, account('bob'))).toEqual([]);
    expect(allowed(ROBOT, account('acme+ci'))).toEqual([]);
    expect(allowed(ADMINISTRATOR, account('bob'))).toEqual(ACTIONS);
  });

  it('shows the catalog to who has signed in', () => {
    expect(allowed(ADA, CATALOG)).toEqual(['pull']);
    expect(allowed(ROBOT, CATALOG)).toEqual(['pull']);
  });
});

describe('a registry token', () => {
  const pusher = holding(ADA, right('acme/*', 'push'));

  it('holds for what it was issued for, if its bearer may', () => {
    expect(allowed(bearing(pusher, on('acme/web', 'pull', 'push', 'delete')), WEB)).toEqual([
      'pull',
      'push',
    ]);
    expect(may(bearing(pusher, on('acme/web', 'pull')), 'push', WEB)).toEqual({
      allowed: false,
      because: 'registry-token',
    });
    expect(allowed(bearing(pusher, on('acme/api', 'pull')), WEB)).toEqual([]);
    expect(allowed(bearing(ADMINISTRATOR), WEB)).toEqual([]);
    expect(allowed(bearing(ADA, on('acme/web', 'pull')), WEB)).toEqual([]);
  });

  it('joins its grants', () => {
    const grants = [on('acme/api', 'pull'), on('acme/web', 'push'), on('acme/web', 'pull')];
    expect(allowed(bearing(pusher, ...grants), WEB)).toEqual(['pull', 'push']);
  });

  it('opens the catalog when it was issued for it', () => {
    expect(allowed(bearing(ADA, { on: { kind: 'catalog' }, actions: ['pull'] }), CATALOG)).toEqual([
      'pull',
    ]);
    expect(allowed(bearing(ADMINISTRATOR, on('acme/web', 'pull')), CATALOG)).toEqual([]);
  });

  it('never opens the management API, whoever bears it', () => {
    const bearer = bearing(ADMINISTRATOR, on('acme/web', 'pull', 'push', 'delete'));
    expect(allowed(bearer, ACME)).toEqual([]);
    expect(allowed(bearer, SITE)).toEqual([]);
    expect(allowed(bearer, WEB)).toEqual(['pull', 'push', 'delete']);
  });

  it('holds for the name that was asked for when the namespace was renamed', () => {
    const renamed = repository('acme/web', { alias: repository('old/web').name });
    expect(allowed(bearing(pusher, on('old/web', 'pull')), renamed)).toEqual(['pull']);
    expect(allowed(bearing(pusher, on('acme/web', 'pull')), renamed)).toEqual([]);
  });

  it('has a bearer who is limited no more', () => {
    expect(bearerOf(bearing(pusher, on('acme/web', 'pull')))).toEqual(pusher);
    expect(bearerOf(ANONYMOUS)).toEqual(ANONYMOUS);
  });
});

describe('an access token', () => {
  const limited = (grants: readonly Grant[] | undefined, api: boolean): Identity => ({
    ...ADMINISTRATOR,
    limits: [{ of: 'access-token', grants, api }],
  });

  it('holds for the repositories of its scopes, and stays limited when a registry token was had with it', () => {
    const reader = limited([on('acme/web*', 'pull'), on('ada/*', 'pull', 'push')], false);
    expect(allowed(reader, repository('acme/web-shop'))).toEqual(['pull']);
    expect(allowed(reader, repository('ada/tool'))).toEqual(['pull', 'push']);
    expect(may(reader, 'pull', repository('acme/api'))).toEqual({
      allowed: false,
      because: 'access-token',
    });
    const bearer = bearing(reader, on('acme/web', 'pull', 'push'));
    expect(allowed(bearer, WEB)).toEqual(['pull']);
    expect(bearerOf(bearer)).toEqual(reader);
  });

  it('without scopes holds for all that its owner may do with content', () => {
    expect(allowed(limited(undefined, false), WEB)).toEqual(['pull', 'push', 'delete']);
    expect(allowed(limited(undefined, false), CATALOG)).toEqual(ACTIONS);
  });

  it('opens the management API only when it was made for that, and for nothing less', () => {
    for (const resource of [ACME, SITE, { kind: 'account', name: 'admin' } as const]) {
      expect(allowed(limited(undefined, true), resource)).toEqual(ACTIONS);
      expect(allowed(limited(undefined, false), resource)).toEqual([]);
      expect(allowed(limited([on('acme/*', 'pull')], true), resource)).toEqual([]);
    }
    expect(allowed(limited(undefined, true), WEB)).toEqual(ACTIONS);
  });
});
