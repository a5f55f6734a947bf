import { posix } from 'node:path';
import fc from 'fast-check';
import { parseStorageKey } from './storage-key.ts';

describe('parseStorageKey', () => {
  it('takes every lower-case UUID as it is', () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => expect(parseStorageKey(uuid)).toBe(uuid)));
  });

  it.each([
    '',
    '4F0EB6B8-6F3C-4E0B-8E5A-0A6C1B2C3D4E',
    ' 4f0eb6b8-6f3c-4e0b-8e5a-0a6c1b2c3d4e',
    '4f0eb6b8-6f3c-4e0b-8e5a-0a6c1b2c3d4e\n',
    '4f0eb6b8-6f3c-4e0b-8e5a-0a6c1b2c3d4e.committed',
    '4f0eb6b8-6f3c-4e0b-8e5a-0a6c1b2c3d4e\0',
    '4f0eb6b86f3c4e0b8e5a0a6c1b2c3d4e',
    '../../../etc/passwd',
    '..%2f..%2fetc',
  ])('refuses %j, naming it', (text) => {
    expect(() => parseStorageKey(text)).toThrow(TypeError);
    expect(() => parseStorageKey(text)).toThrow(JSON.stringify(text));
  });

  it('lets nothing through that a path would read as more than one name', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('..', '/', '.', '\0', '%2e', '4f0eb6b8', '-'))
        .map((a) => a.join('')),
      fc.tuple(fc.uuid(), fc.string()).map(([uuid, tail]) => uuid + tail),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          parseStorageKey(text);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        expect(posix.normalize(posix.join('/root', text))).toBe(`/root/${text}`);
        expect(text).toMatch(/^[0-9a-f-]{36}$/);
      }),
    );
  });
});
