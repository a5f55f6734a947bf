import fc from 'fast-check';
import { usernameFrom } from './external-accounts.ts';

describe('a username made of another name', () => {
  it.each([
    ['ada', 'ada'],
    ['Ada Lovelace', 'ada-lovelace'],
    ['ada.lovelace_1', 'ada.lovelace_1'],
    ['ACME\\ada', 'acme-ada'],
    ['ada@example.org', 'ada'],
    ['Zoë Müller', 'zoe-muller'],
    ['-._ada_.-', 'ada'],
    ['a--b', 'a-b'],
    ['../v2/_catalog', 'v2-catalog'],
    ['', 'user'],
    ['@example.org', 'user'],
    ['x', 'user-x'],
    [`${'a'.repeat(63)}.b`, 'a'.repeat(63)],
  ])('%j is %s', (text, name) => {
    expect(usernameFrom(text)).toBe(name);
  });

  it('is one, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const name = usernameFrom(text);
        expect(name).toMatch(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/);
        expect(name.length).toBeLessThanOrEqual(64);
        expect(usernameFrom(name)).toBe(name);
      }),
      { numRuns: 1000 },
    );
  });
});
