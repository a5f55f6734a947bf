import fc from 'fast-check';
import { parseRepositoryName } from './repository-name.ts';

/** distribution-spec v1.1, spec.md#pulling-manifests, letter for letter. */
const SPECIFIED = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;

const word = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const separator = fc.constantFrom('.', '_', '__', '-', '--', '---');
const component = fc
  .tuple(word, fc.array(fc.tuple(separator, word), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.flat().join(''));
const name = fc
  .array(component, { minLength: 1, maxLength: 8 })
  .map((components) => components.join('/'))
  .filter((text) => text.length <= 255);

describe('parseRepositoryName', () => {
  it('takes every name that the specification allows, as it is', () => {
    fc.assert(fc.property(name, (text) => expect(parseRepositoryName(text)).toBe(text)));
  });

  it('agrees with the regular expression of the specification on everything near a name', () => {
    const near = fc.stringMatching(/^[ab0._\-/A%\n ]{0,12}$/);
    fc.assert(
      fc.property(near, (text) => {
        expect(parseRepositoryName(text)).toBe(SPECIFIED.test(text) ? text : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes words of the protocol, which are names like any others', () => {
    for (const text of ['manifests', 'a/blobs/uploads', 'tags/list', 'v2', 'referrers/blobs']) {
      expect(parseRepositoryName(text)).toBe(text);
    }
  });

  it('takes 255 characters and refuses 256', () => {
    expect(parseRepositoryName('a'.repeat(255))).toBeDefined();
    expect(parseRepositoryName('a'.repeat(256))).toBeUndefined();
    expect(parseRepositoryName(Array.from({ length: 128 }, () => 'a').join('/'))).toBeDefined();
    expect(parseRepositoryName(Array.from({ length: 129 }, () => 'a').join('/'))).toBeUndefined();
  });

  it.each([
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a/./b',
    '../../etc/passwd',
    'a..b',
    'a___b',
    'a.-b',
    '-a',
    'a-',
    '_a',
    'a_',
    'A',
    'über',
    'a b',
    'a:b',
    'a%2fb',
    'a\\b',
    'a\0',
    'a\n',
    'ａ',
  ])('refuses %j', (text) => {
    expect(parseRepositoryName(text)).toBeUndefined();
  });

  it.each([
    ['many words and a bad end', `${'a-'.repeat(120)}!`],
    ['many dashes and a bad end', `a${'-'.repeat(250)}!`],
    ['many underscores', `a${'_'.repeat(250)}a`],
    ['many components and a bad end', `${'a/'.repeat(120)}!`],
    ['sixteen kilobytes of words', `${'a-'.repeat(8000)}!`],
    ['a mebibyte', 'a/'.repeat(512 * 1024)],
  ])('refuses %s at once', (_, text) => {
    expect(parseRepositoryName(text)).toBeUndefined();
  });
});
