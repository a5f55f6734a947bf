import fc from 'fast-check';
import { parseBasic } from './strategies.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('parseBasic', () => {
  it('reads every name without a colon with any password', () => {
    const username = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes(':'));
    fc.assert(
      fc.property(username, fc.string({ unit: 'grapheme' }), (name, password) => {
        expect(parseBasic(base64(`${name}:${password}`))).toEqual({ username: name, password });
      }),
    );
  });

  it('ends the name at the first colon', () => {
    expect(parseBasic(base64('ada:a:b:c'))).toEqual({ username: 'ada', password: 'a:b:c' });
    expect(parseBasic(base64(':'))).toEqual({ username: '', password: '' });
  });

  it.each([undefined, '', base64('ada'), '====', '%%%'])('finds no credentials in %j', (text) => {
    expect(parseBasic(text)).toBeUndefined();
  });
});
