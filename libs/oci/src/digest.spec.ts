import fc from 'fast-check';
import { algorithmOf, digestOf, parseAlgorithm, parseDigest } from './digest.ts';

const sha256 = fc.stringMatching(/^sha256:[0-9a-f]{64}$/);
const sha512 = fc.stringMatching(/^sha512:[0-9a-f]{128}$/);

describe('parseDigest', () => {
  it('takes every sha256 and sha512 digest as it is, and knows its algorithm', () => {
    fc.assert(
      fc.property(fc.oneof(sha256, sha512), (text) => {
        const digest = parseDigest(text);
        if (digest === undefined) throw new Error(`${text} was refused`);
        expect(digest).toBe(text);
        expect(`${algorithmOf(digest)}:`).toBe(text.slice(0, 7));
        expect(digestOf(algorithmOf(digest), text.slice(7))).toBe(digest);
      }),
    );
  });

  it('takes nothing but those two forms', () => {
    const near = fc
      .tuple(fc.oneof(sha256, sha512), fc.nat(140), fc.string({ unit: 'binary', maxLength: 2 }))
      .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary' })), (text) => {
        const valid = /^sha256:[0-9a-f]{64}$|^sha512:[0-9a-f]{128}$/.test(text);
        expect(parseDigest(text)).toBe(valid ? text : undefined);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['empty text', ''],
    ['no algorithm', 'a'.repeat(64)],
    ['one digit too few', `sha256:${'a'.repeat(63)}`],
    ['one digit too many', `sha256:${'a'.repeat(65)}`],
    ['upper case digits', `sha256:${'A'.repeat(64)}`],
    ['an upper case algorithm', `SHA256:${'a'.repeat(64)}`],
    ['the length of the other algorithm', `sha512:${'a'.repeat(64)}`],
    ['an algorithm that is not registered', `md5:${'a'.repeat(32)}`],
    ['a line break behind it', `sha256:${'a'.repeat(64)}\n`],
    ['a space before it', ` sha256:${'a'.repeat(64)}`],
    ['a path behind it', `sha256:${'a'.repeat(64)}/../../etc`],
    ['digits of another script', `sha256:${'٣'.repeat(64)}`],
    ['a mebibyte', `sha256:${'a'.repeat(1024 * 1024)}`],
  ])('refuses %s', (_, text) => {
    expect(parseDigest(text)).toBeUndefined();
  });
});

describe('parseAlgorithm', () => {
  it('knows sha256 and sha512, and nothing that every object has', () => {
    expect(parseAlgorithm('sha256')).toBe('sha256');
    expect(parseAlgorithm('sha512')).toBe('sha512');
    for (const text of ['', 'SHA256', 'sha384', 'toString', '__proto__', 'constructor']) {
      expect(parseAlgorithm(text)).toBeUndefined();
    }
  });
});
