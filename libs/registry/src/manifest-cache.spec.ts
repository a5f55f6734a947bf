import { randomBytes } from 'node:crypto';
import { type Digest, digestOf } from '@slipway/oci';
import { ManifestCache } from './manifest-cache.ts';

const MIB = 1024 * 1024;
const aDigest = (): Digest => digestOf('sha256', randomBytes(32).toString('hex'));

test('it gives back what was put, by its digest', () => {
  const cache = new ManifestCache();
  const digest = aDigest();
  cache.put(digest, Buffer.from('one'));
  cache.put(digest, Buffer.from('one'));

  expect(cache.get(digest)?.toString()).toBe('one');
  expect(cache.get(aDigest())).toBeUndefined();
});

test('it holds 32 MiB, and drops the longest unused first', () => {
  const cache = new ManifestCache();
  const digests = Array.from({ length: 32 }, aDigest);
  const content = Buffer.alloc(MIB);
  for (const digest of digests) cache.put(digest, content);
  const [first = aDigest(), second = aDigest(), ...others] = digests;
  cache.get(first);
  const more = aDigest();
  cache.put(more, content);

  expect(cache.get(second)).toBeUndefined();
  for (const digest of [first, more, ...others]) expect(cache.get(digest)).toBe(content);
});

test('it counts what it holds, not what was ever put', () => {
  const cache = new ManifestCache();
  const large = Buffer.alloc(31 * MIB);
  const digests = Array.from({ length: 10 }, aDigest);
  for (const digest of digests) cache.put(digest, large);

  expect(digests.map((digest) => cache.get(digest) !== undefined)).toEqual([
    ...Array.from({ length: 9 }, () => false),
    true,
  ]);
});
