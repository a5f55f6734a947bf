import { parseRepositoryName } from '@slipway/oci';
import {
  accountOf,
  type Action,
  type Decision,
  type Identity,
  may,
  type Resource,
} from './access.ts';

function repository(text: string): Resource {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return { kind: 'repository', name };
}
const DEMO = repository('demo');
const CATALOG: Resource = { kind: 'catalog' };

const ADMINISTRATOR: Identity = { kind: 'account', username: 'admin', administrator: true };
const SOMEBODY: Identity = { kind: 'account', username: 'ada', administrator: false };
const NOBODY: Identity = { kind: 'anonymous' };
const bearing = (identity: Identity, resource: Resource, ...actions: Action[]): Identity => ({
  ...identity,
  grants: [{ resource, actions }],
});

const ACTIONS: readonly Action[] = ['pull', 'push', 'delete'];
const ALLOWED: Decision = { allowed: true };
const because = (reason: 'anonymous' | 'token' | 'account'): Decision => ({
  allowed: false,
  because: reason,
});

describe('may', () => {
  it.each<[string, Identity, Decision]>([
    ['the administrator', ADMINISTRATOR, ALLOWED],
    ['another account', SOMEBODY, because('account')],
    ['anybody who did not sign in', NOBODY, because('anonymous')],
  ])(
    'decides for %s alike on every repository, action and the catalog',
    (_, identity, decision) => {
      for (const action of ACTIONS) {
        for (const resource of [DEMO, repository('a/b/c'), CATALOG]) {
          expect([action, resource, may(identity, action, resource)]).toEqual([
            action,
            resource,
            decision,
          ]);
        }
      }
    },
  );

  it.each<[string, Identity, Record<Action, Decision>]>([
    [
      "the administrator's",
      bearing(ADMINISTRATOR, DEMO, 'pull', 'push'),
      { pull: ALLOWED, push: ALLOWED, delete: because('token') },
    ],
    [
      'an account without rights, that has them no longer',
      bearing(SOMEBODY, DEMO, 'pull', 'push'),
      { pull: because('account'), push: because('account'), delete: because('token') },
    ],
    [
      'nobody in particular, that was given more than it may',
      bearing(NOBODY, DEMO, 'pull'),
      { pull: because('anonymous'), push: because('token'), delete: because('token') },
    ],
    [
      'the administrator, for nothing',
      { ...ADMINISTRATOR, grants: [] },
      { pull: because('token'), push: because('token'), delete: because('token') },
    ],
    [
      'the administrator, for another repository',
      bearing(ADMINISTRATOR, repository('demo/more'), 'pull', 'push', 'delete'),
      { pull: because('token'), push: because('token'), delete: because('token') },
    ],
    [
      'the administrator, for the catalog',
      bearing(ADMINISTRATOR, CATALOG, 'pull'),
      { pull: because('token'), push: because('token'), delete: because('token') },
    ],
  ])(
    'lets a token of %s do what it was issued for and its bearer may',
    (_, identity, decisions) => {
      for (const action of ACTIONS) expect(may(identity, action, DEMO)).toEqual(decisions[action]);
    },
  );

  it('opens the catalog to a token that was issued for it, and to no other', () => {
    expect(may(bearing(ADMINISTRATOR, CATALOG, 'pull'), 'pull', CATALOG)).toEqual(ALLOWED);
    expect(may(bearing(ADMINISTRATOR, DEMO, 'pull'), 'pull', CATALOG)).toEqual(because('token'));
  });

  it('joins the grants of a token', () => {
    const identity: Identity = {
      ...ADMINISTRATOR,
      grants: [
        { resource: repository('a'), actions: ['pull'] },
        { resource: DEMO, actions: ['push'] },
        { resource: DEMO, actions: ['pull'] },
      ],
    };
    expect(ACTIONS.map((action) => may(identity, action, DEMO).allowed)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('accountOf', () => {
  it('is who bears the token, without its limits', () => {
    expect(accountOf(bearing(ADMINISTRATOR, DEMO, 'pull'))).toEqual(ADMINISTRATOR);
    expect(accountOf(bearing(NOBODY, DEMO, 'pull'))).toEqual(NOBODY);
    expect(accountOf(SOMEBODY)).toEqual(SOMEBODY);
  });
});
