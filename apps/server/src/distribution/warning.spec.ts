import fc from 'fast-check';
import { warning } from './warning.ts';

describe('warning', () => {
  it('has code 299, no agent and no date', () => {
    expect(warning('demo lacks a layer')).toBe('299 - "demo lacks a layer"');
  });

  it('is one quoted string that a strict reader takes, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        expect(warning(text)).toMatch(/^299 - "[\x20\x21\x23-\x5b\x5d-\x7e]*"$/);
      }),
    );
  });

  it('is far below the 4096 bytes that podman takes, whatever the text', () => {
    expect(warning('x'.repeat(100_000)).length).toBeLessThan(1024);
  });
});
