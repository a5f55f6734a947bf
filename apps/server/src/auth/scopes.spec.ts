import fc from 'fast-check';
import { parseRepositoryName } from '@slipway/oci';
import type { Action } from '@slipway/registry';
import { type Asked, fromClaims, parseScopes, toClaims, toScope } from './scopes.ts';

function on(name: string, ...actions: Action[]): Asked {
  const repository = parseRepositoryName(name);
  if (repository === undefined) throw new Error(`${name} is no name`);
  return { repository, actions };
}
const CATALOG: Asked = { repository: undefined, actions: ['pull'] };

describe('parseScopes', () => {
  it.each<[string, Asked[]]>([
    ['repository:demo:pull', [on('demo', 'pull')]],
    ['repository:a/b/c:pull,push', [on('a/b/c', 'pull', 'push')]],
    ['repository:demo:push,pull', [on('demo', 'pull', 'push')]],
    ['repository:demo:*', [on('demo', 'pull', 'push', 'delete')]],
    ['repository:demo:delete', [on('demo', 'delete')]],
    ['repository(plugin):demo:pull', [on('demo', 'pull')]],
    ['registry:catalog:*', [CATALOG]],
    ['repository:demo:', [on('demo')]],
    ['repository:demo:pull,pull', [on('demo', 'pull')]],
    ['repository:demo:pull,mirror', [on('demo', 'pull')]],
    ['', []],
  ])('reads %j', (scope, grants) => {
    expect(parseScopes([scope])).toEqual(grants);
  });

  it('reads several scopes whether they are joined by spaces, repeated, or both', () => {
    const grants = [on('a', 'pull', 'push'), on('b', 'pull'), on('c', 'pull')];
    const [a, b, c] = ['repository:a:push,pull', 'repository:b:pull', 'repository:c:pull'];
    expect(parseScopes([`${a} ${b} ${c}`])).toEqual(grants);
    expect(parseScopes([a, b, c])).toEqual(grants);
    expect(parseScopes([` ${a}  ${b}`, c])).toEqual(grants);
  });

  it.each([
    'repository:Demo:pull',
    'repository:localhost:5000/demo:pull',
    'repository:../etc:pull',
    'repository:demo',
    'repository::pull',
    'registry:catalog:pull',
    'registry:other:*',
    'artifact:demo:pull',
    'Repository:demo:pull',
    'repository(:demo:pull',
    ':::',
    '*',
  ])('leaves out %j, which it does not know, and goes on', (scope) => {
    expect(parseScopes([scope, 'repository:demo:pull'])).toEqual([on('demo', 'pull')]);
  });

  it('reads the actions behind the last colon, so a port in the name is part of the name', () => {
    expect(parseScopes(['repository:localhost:5000/demo:pull'])).toEqual([]);
    expect(parseScopes(['repository:demo:pull:push'])).toEqual([]);
  });

  it('reads any text without throwing, and never grants what it does not name', () => {
    const scope = fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom(':', 'repository', 'a', 'pull', 'push', ',', '*', '(', ')', '/', ' '),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(scope, (text) => {
        for (const { actions } of parseScopes([text])) {
          for (const action of actions) {
            expect(text.includes(action) || text.includes('*')).toBe(true);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('reads sixteen kilobytes of colons at once', () => {
    expect(parseScopes([`repository:${':'.repeat(16_384)}`])).toEqual([]);
    expect(parseScopes([`repository(${'a'.repeat(16_384)}`])).toEqual([]);
  });
});

describe('what was granted', () => {
  const grants = [on('a/b', 'pull', 'push', 'delete'), CATALOG];

  it('comes back from the claims of a token as patterns that fit one name each', () => {
    expect(fromClaims(toClaims(grants))).toEqual([
      { on: { kind: 'repositories', pattern: 'a/b' }, actions: ['pull', 'push', 'delete'] },
      { on: { kind: 'catalog' }, actions: ['pull'] },
    ]);
  });

  it('comes back from the scope it is written as', () => {
    expect(parseScopes(grants.map(toScope))).toEqual(grants);
    expect(grants.map(toScope)).toEqual(['repository:a/b:pull,push,delete', 'registry:catalog:*']);
  });
});
