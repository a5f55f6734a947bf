import fc from 'fast-check';
import { parseReference, parseTag } from './reference.ts';

const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/);
const digest = fc.stringMatching(/^sha256:[0-9a-f]{64}$/);

describe('parseTag', () => {
  it('takes every tag that the specification allows, as it is', () => {
    fc.assert(fc.property(tag, (text) => expect(parseTag(text)).toBe(text)));
  });

  it('takes 128 characters and refuses 129', () => {
    expect(parseTag('a'.repeat(128))).toBeDefined();
    expect(parseTag('a'.repeat(129))).toBeUndefined();
  });

  it.each(['', '.', '..', '.a', '-a', 'a/b', 'a:b', 'a b', 'a\n', 'a\0', 'é', 'a+b', '%2e'])(
    'refuses %j',
    (text) => {
      expect(parseTag(text)).toBeUndefined();
    },
  );

  it('takes nothing that a path, a header or a query would read otherwise', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (parseTag(text) === undefined) return;
        expect(encodeURIComponent(text)).toBe(text);
        expect(text).not.toMatch(/^\.{1,2}$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parseReference', () => {
  it('reads a tag as a tag and a digest as a digest', () => {
    fc.assert(
      fc.property(tag, (text) => expect(parseReference(text)).toEqual({ kind: 'tag', tag: text })),
    );
    fc.assert(
      fc.property(digest, (text) =>
        expect(parseReference(text)).toEqual({ kind: 'digest', digest: text }),
      ),
    );
  });

  it('never takes text with a colon for a tag', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) =>
        expect(parseReference(`${before}:${after}`)?.kind).not.toBe('tag'),
      ),
    );
    expect(parseReference(`sha256:${'a'.repeat(63)}`)).toBeUndefined();
    expect(parseReference('latest:')).toBeUndefined();
  });
});
