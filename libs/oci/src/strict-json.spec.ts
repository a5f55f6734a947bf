import fc from 'fast-check';
import { foldCase, parseStrictJson } from './strict-json.ts';

const parse = (text: string) => parseStrictJson(Buffer.from(text));
const problemOf = (text: string) => {
  const result = parse(text);
  return 'problem' in result ? result.problem : undefined;
};

/** Text that is JSON, or was before a few characters of it were changed. */
const nearJson = fc
  .tuple(
    fc.json({ maxDepth: 6 }),
    fc.array(fc.tuple(fc.nat(), fc.stringMatching(/^[{}[\]",:\\u0019eE+\- \n\0tf]?$/)), {
      maxLength: 3,
    }),
  )
  .map(([json, changes]) =>
    changes.reduce((text, [at, put]) => {
      const position = at % (text.length + 1);
      return text.slice(0, position) + put + text.slice(position + 1);
    }, json),
  );

function readByNode(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

describe('parseStrictJson', () => {
  it('reads what it takes as JSON.parse does, and refuses whatever that refuses', () => {
    fc.assert(
      fc.property(fc.oneof(nearJson, fc.string()), (text) => {
        const strict = parse(text);
        const lenient = readByNode(text);
        if ('value' in strict) expect(strict).toEqual(lenient);
        if (lenient === undefined) expect(strict).toHaveProperty('problem');
      }),
      { numRuns: 2000 },
    );
  });

  it('takes every JSON text without equal keys and of moderate depth', () => {
    const value = fc.jsonValue({ maxDepth: 10 }).filter(hasDistinctKeys);
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2, '\t'), (json, space) => {
        const text = JSON.stringify(json, undefined, space);
        expect(parse(text)).toEqual({ value: JSON.parse(text) as unknown });
      }),
      { numRuns: 500 },
    );
  });

  it('answers any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const result = parseStrictJson(bytes);
        expect('problem' in result || 'value' in result).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['the same', '{"layers":[],"layers":[]}'],
    ['equal but for case', '{"layers":[],"Layers":[]}'],
    ['equal as Go folds case, with a long s', '{"layers":[],"layer\u017f":[]}'],
    ['equal as Go folds case, with the sign for kelvin', '{"key":1,"\u212aey":2}'],
    ['equal when their escapes are read', String.raw`{"layers":[],"\u006cayers":[]}`],
    ['equal when escape and case are read', String.raw`{"layers":[],"\u004Cayers":[]}`],
    ['the same inside a list', '[{"a":1,"a":2}]'],
    ['the same far below', '{"x":{"y":[{"z":{"a":1,"b":{},"a":2}}]}}'],
    ['the same around an object', '{"a":{"b":1},"a":2}'],
    ['the same behind strings that look like objects', '{"a":"{\\"a\\":1}","b":"}","a":2}'],
    ['the same with any white space before the colon', '{"a"\r\n\t :1,"a" :2}'],
    ['both empty', '{"":1,"":2}'],
    ['both __proto__', '{"__proto__":1,"__proto__":2}'],
  ])('refuses two keys in one object that are %s', (_, text) => {
    expect(problemOf(text)).toMatch(/^it has the key ".*" twice in one object$/);
  });

  it('takes one key in several objects, and strings that repeat keys', () => {
    const text = '{"a":{"a":[{"a":"a"},{"a":"a"}]},"b":"a","c":["a","a"],"A\\"":"a"}';
    expect(parse(text)).toEqual({ value: JSON.parse(text) as unknown });
  });

  it('keeps a __proto__ key as data', () => {
    const result = parse('{"__proto__":{"layers":[]}}');
    if (!('value' in result)) throw new Error('it was refused');
    expect((result.value as { layers?: unknown }).layers).toBeUndefined();
  });

  it('takes 64 levels and refuses 65, however many more there are', () => {
    const nested = (depth: number) => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);
    expect(problemOf(nested(64))).toBeUndefined();
    expect(problemOf(nested(66))).toBe('it is nested deeper than 64 levels');
    expect(problemOf('['.repeat(5_000_000))).toBe('it is nested deeper than 64 levels');
    expect(problemOf('{"a":'.repeat(1_000_000))).toBe('it is nested deeper than 64 levels');
  });

  it.each([
    ['Latin-1', [0x22, 0xe9, 0x22]],
    ['an overlong form', [0x22, 0xc0, 0xa2, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a sequence that breaks off', [0x22, 0xf0, 0x9f, 0x98]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('refuses %s, which is not UTF-8', (_, bytes) => {
    expect(parseStrictJson(Uint8Array.from(bytes))).toEqual({ problem: 'it is not UTF-8' });
  });

  it('refuses a byte order mark, as other readers do', () => {
    expect(problemOf('\ufeff{}')).toMatch(/^it is not JSON: /);
  });

  it.each(['', ' ', '{', '{}{}', '{a:1}', "{'a':1}", '{"a":1,}', '01', 'NaN', '"\n"', '"', '"\\'])(
    'refuses %j, which is not JSON',
    (text) => {
      expect(problemOf(text)).toMatch(/^it is not JSON: /);
    },
  );

  it('reads a large document once, not once for every string in it', () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `"${index}":"\\"${index}"`);
    expect(parse(`{${keys.join(',')}}`)).toHaveProperty('value');
    expect(problemOf('"'.repeat(1_000_001))).toBeDefined();
    expect(problemOf(`{"a":"${'\\'.repeat(1_000_000)}`)).toBeDefined();
  });
});

describe('foldCase', () => {
  /** Every letter that has another case. */
  const cased = Array.from({ length: 0x110000 }, (_, code) => code)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code))
    .filter((letter) => letter.toLowerCase() !== letter || letter.toUpperCase() !== letter);

  it('is one for all letters that Unicode folds into one', () => {
    const all = cased.join('');
    for (const letter of cased) {
      // The flags i and u compare by simple case folding, as Go's strings.EqualFold does.
      for (const equal of all.match(new RegExp(letter, 'giu')) ?? []) {
        expect([letter, equal, foldCase(equal)]).toEqual([letter, equal, foldCase(letter)]);
      }
    }
  });

  it('tells letters apart that are no case of each other', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{0,4}$/), fc.stringMatching(/^[a-z]{0,4}$/), (a, b) => {
        expect(foldCase(a) === foldCase(b.toUpperCase())).toBe(a === b);
      }),
    );
  });
});

function hasDistinctKeys(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(hasDistinctKeys);
  if (typeof value !== 'object' || value === null) return true;
  const keys = Object.keys(value).map(foldCase);
  return new Set(keys).size === keys.length && Object.values(value).every(hasDistinctKeys);
}

test('as many keys as block a reader for seconds are refused before they do', () => {
  const keys = (count: number) =>
    Buffer.from(`[${Array.from({ length: count }, () => '{"a":1}').join(',')}]`);
  expect(parseStrictJson(keys(250_000))).toHaveProperty('value');
  expect(parseStrictJson(keys(250_001))).toEqual({ problem: 'it has more than 250000 keys' });
});
