import fc from 'fast-check';
import { parseChallenge } from './challenge.ts';

describe('parseChallenge', () => {
  it.each([
    ['Basic realm="x"', { scheme: 'basic' }],
    ['basic', { scheme: 'basic' }],
    [
      'Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push"',
      {
        scheme: 'bearer',
        realm: 'https://a/token',
        service: 's',
        scope: 'repository:a/b:pull,push',
      },
    ],
    ['BEARER Realm=https', { scheme: 'bearer', realm: 'https' }],
    ['Bearer  realm = "a" , service = "b"', { scheme: 'bearer', realm: 'a', service: 'b' }],
    [String.raw`Bearer realm="a\"b"`, { scheme: 'bearer', realm: 'a"b' }],
    ['Basic realm="b", Bearer realm="a"', { scheme: 'bearer', realm: 'a' }],
    ['Negotiate abc=, Basic realm="b"', undefined],
    ['Negotiate, Basic realm="b"', { scheme: 'basic' }],
    ['Bearer service="s"', undefined],
    ['', undefined],
    ['=,=,"', undefined],
  ])('reads %j', (header, challenge) => expect(parseChallenge(header)).toEqual(challenge));

  it('answers any header, however long, at once', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseChallenge(text)));
    expect(parseChallenge(`Bearer ${'a='.repeat(50_000)}`)).toBeUndefined();
    expect(parseChallenge(`Bearer realm="${'\\'.repeat(100_000)}`)).toBeUndefined();
    expect(parseChallenge(' '.repeat(100_000))).toBeUndefined();
  });
});
