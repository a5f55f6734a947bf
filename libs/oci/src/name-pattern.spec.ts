import fc from 'fast-check';
import { fits, parseNamePattern, patternOf } from './name-pattern.ts';
import { parseRepositoryName } from './repository-name.ts';

const fitting = (pattern: string, name: string) => {
  const parsed = parseNamePattern(pattern);
  if (parsed === undefined) throw new Error(`${pattern} is no pattern`);
  return fits(parsed, name);
};

describe('a name pattern', () => {
  it.each([
    ['acme/web', 'acme/web', true],
    ['acme/web', 'acme/web2', false],
    ['acme/web', 'acme/we', false],
    ['acme/*', 'acme/web', true],
    ['acme/*', 'acme/web/shop', true],
    ['acme/*', 'acme', false],
    ['acme/*', 'acme2/web', false],
    ['acme/web-*', 'acme/web-', true],
    ['acme/web-*', 'acme/web', false],
    ['*', 'anything/at/all', true],
    ['acme/*-web', 'acme/shop-web', true],
    ['acme/*-web', 'acme/-web', true],
    ['acme/*-web', 'acme/shop-web-2', false],
    ['a*b*a', 'aba', true],
    ['a*b*a', 'abba', true],
    ['a*b*a', 'aa', false],
    ['a*a', 'a', false],
    ['ab*ba', 'aba', false],
    ['acme/w.b', 'acme/web', false],
  ])('%s fits %s: %s', (pattern, name, expected) => {
    expect(fitting(pattern, name)).toBe(expected);
  });

  it.each(['', 'Acme/*', '/acme', 'acme/', 'a**b', 'a//b', 'a b', 'a?', '.*', 'a'.repeat(256)])(
    'is not %j',
    (text) => {
      expect(parseNamePattern(text)).toBeUndefined();
    },
  );

  it('fits what a regular expression with .* in its place fits, and nothing else', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), minLength: 1 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '/') });
    fc.assert(
      fc.property(word, name, (text, candidate) => {
        const pattern = parseNamePattern(text);
        if (pattern === undefined) return;
        const expected = new RegExp(`^${text.replaceAll('*', '.*')}$`).test(candidate);
        expect(fits(pattern, candidate)).toBe(expected);
      }),
      { numRuns: 5000 },
    );
  });

  it('that is the name of a repository fits that one', () => {
    const name = parseRepositoryName('acme/web');
    if (name === undefined) throw new Error('no name');
    expect(fits(patternOf(name), name)).toBe(true);
    expect(fits(patternOf(name), 'acme/web/shop')).toBe(false);
  });
});
