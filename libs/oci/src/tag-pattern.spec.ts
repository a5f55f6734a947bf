import { isTagPattern } from './tag-pattern.ts';

test.each(['v1', '*', 'v*', '*-rc*', '_x.y-z', '!latest', '!*-rc', 'a'.repeat(128)])(
  '%s is a pattern of tags',
  (text) => {
    expect(isTagPattern(text)).toBe(true);
  },
);

test.each(['', '!', '**', 'v**', '.v', '-v', 'a/b', 'a b', '!!a', 'ä', 'v%', 'a'.repeat(129)])(
  '%j is none',
  (text) => {
    expect(isTagPattern(text)).toBe(false);
  },
);
