import { type Claims, takes } from './trusts.ts';

const trust = (claims: Readonly<Record<string, string>>) => ({
  id: 1,
  robotId: 1,
  issuer: 'https://ci.example.org',
  audience: 'https://registry.example.org',
  claims,
});
const claims: Claims = {
  aud: 'https://registry.example.org',
  sub: 'repo:acme/web:ref:refs/heads/main',
  repository: 'acme/web',
  run_attempt: 1,
  protected: true,
  nested: { namespace: 'web' },
  groups: ['web'],
};

describe('a trust', () => {
  it.each<Record<string, string>>([
    { repository: 'acme/web' },
    { repository: 'acme/*' },
    { sub: 'repo:acme/*:ref:refs/heads/main' },
    { sub: '*:refs/heads/*', repository: '*' },
    { run_attempt: '1', protected: 'true' },
  ])('takes a token whose claims are %j', (rules) => {
    expect(takes(trust(rules), claims)).toBe(true);
  });

  it.each<[string, Record<string, string>]>([
    ['another value', { repository: 'acme/api' }],
    ['a part of the value', { repository: 'acme' }],
    ['the value in other letters', { repository: 'ACME/web' }],
    ['one of two', { repository: 'acme/web', sub: 'repo:acme/api:*' }],
    ['a claim that is not there', { environment: '*', repository: 'acme/web' }],
    ['an inherited property', { constructor: '*', toString: 'f*' }],
    ['what has no text', { nested: '*web*' }],
    ['an element of a list', { groups: 'web' }],
    ['a pattern of regular expressions', { repository: 'acme.web' }],
  ])('takes no token for %s', (_, rules) => {
    expect(takes(trust(rules), claims)).toBe(false);
  });

  it('that asks for nothing takes nothing', () => {
    expect(takes(trust({}), claims)).toBe(false);
    expect(takes(trust({ repository: '*', sub: '**' }), claims)).toBe(false);
  });

  it.each([
    ['its audience', 'https://registry.example.org', true],
    ['its audience among others', ['a', 'https://registry.example.org'], true],
    ['another', 'https://registry.example.org/', false],
    ['others', ['a', 'b'], false],
    ['a list in a list', [['https://registry.example.org']], false],
    ['none', undefined, false],
  ])('takes a token that is for %s: %j, %s', (_, aud, taken) => {
    expect(takes(trust({ repository: 'acme/web' }), { ...claims, aud })).toBe(taken);
  });
});
