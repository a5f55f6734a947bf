import { parseNamePattern, parseRepositoryName } from '@slipway/oci';
import { type Action, ANONYMOUS, type Identity, may, type Resource, type Role } from './access.ts';
import { refusal } from './refusal.ts';

const repository = (text: string, more: { readonly pushable?: boolean } = {}): Resource => {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return { kind: 'repository', name, public: false, pushable: true, ...more };
};
const ADA: Identity = { ...ANONYMOUS, kind: 'account', name: 'ada' };
const holding = (text: string, role: Role): Identity => {
  const pattern = parseNamePattern(text);
  if (pattern === undefined) throw new Error(`${text} is no pattern`);
  return { ...ADA, rights: [{ pattern, role, through: 'a test' }] };
};
const CI: Identity = { ...ANONYMOUS, kind: 'robot', name: 'acme+ci' };

function refused(identity: Identity, action: Action, resource: Resource) {
  const decision = may(identity, action, resource);
  if (decision.allowed) throw new Error('it is allowed');
  const { reason, message } = refusal(identity, action, resource, decision);
  return [reason, message];
}

describe('a refusal', () => {
  it('tells who has not signed in to do so', () => {
    expect(refused(ANONYMOUS, 'pull', repository('acme/web'))).toEqual([
      'unauthenticated',
      'sign in to pull acme/web',
    ]);
  });

  it('says nothing of whether there is such a repository to who has no role on it', () => {
    expect(refused(ADA, 'pull', repository('acme/web'))).toEqual([
      'denied',
      'ada may not pull acme/web, if there is one: ask an owner of acme for the role pull on it',
    ]);
    expect(refused(CI, 'delete', repository('acme/web'))).toEqual([
      'denied',
      'acme+ci may not delete from acme/web, if there is one: ask an owner of acme for the role maintain on it',
    ]);
  });

  it('says which role is missing to who has a lesser one', () => {
    expect(refused(holding('acme/*', 'pull'), 'push', repository('acme/web'))).toEqual([
      'denied',
      'ada may not push acme/web: that takes the role push, and ada has pull; ask an owner of acme for it',
    ]);
  });

  it('shows where to push instead of to a name without a slash', () => {
    expect(refused(ADA, 'push', repository('web'))).toEqual([
      'denied',
      "ada may not push web: a name without a slash belongs to the site's administrators; push to ada/web instead",
    ]);
    expect(refused(CI, 'push', repository('web'))[1]).toMatch(/push to acme\/web instead$/);
  });

  it('says who can make a repository where a push may not', () => {
    const absent = repository('acme/new', { pushable: false });
    expect(refused(holding('acme/*', 'push'), 'push', absent)).toEqual([
      'denied',
      'there is no acme/new, and acme does not let a push create a repository; ask an owner of acme to create it',
    ]);
  });

  it('tells the bearer of a token that does not reach as far', () => {
    const limited = (of: 'registry-token' | 'access-token'): Identity => ({
      ...holding('acme/*', 'push'),
      limits: [{ of, grants: [], api: false }],
    });
    expect(refused(limited('registry-token'), 'push', repository('acme/web'))).toEqual([
      'unauthenticated',
      'the token was not issued to push acme/web',
    ]);
    expect(refused(limited('access-token'), 'push', repository('acme/web'))).toEqual([
      'denied',
      'this access token does not hold for that: to push acme/web takes one with a wider scope',
    ]);
  });

  it('names the namespace, or the site, that is not theirs to administer', () => {
    expect(refused(ADA, 'administer', { kind: 'namespace', name: 'acme' })).toEqual([
      'denied',
      'ada may not administer acme: that takes an owner of it; ask an owner of acme',
    ]);
    expect(refused(ADA, 'administer', { kind: 'site' })).toEqual([
      'denied',
      "ada may not administer this registry: that is for the site's administrators",
    ]);
  });
});
