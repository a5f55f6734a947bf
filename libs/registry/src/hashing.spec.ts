import fc from 'fast-check';
import type { Algorithm } from '@slipway/oci';
import { digestOfBytes, digestSoFar, emptyHash, hashing, rehash } from './hashing.ts';

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function drained(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
const algorithm = fc.constantFrom<Algorithm>('sha256', 'sha512');

test('the digest of what streams past is that of its bytes, however they are split and resumed', async () => {
  await fc.assert(
    fc.asyncProperty(algorithm, chunks, chunks, async (name, first, second) => {
      const one = hashing(emptyHash(name), each(first));
      expect(await drained(one.bytes)).toEqual(Buffer.concat(first));
      expect(digestSoFar(one.end())).toBe(digestOfBytes(name, Buffer.concat(first)));

      const other = hashing(one.end(), each(second));
      await drained(other.bytes);

      const whole = Buffer.concat([...first, ...second]);
      expect(other.end().size).toBe(whole.length);
      expect(digestSoFar(other.end())).toBe(digestOfBytes(name, whole));
      expect(digestSoFar(await rehash(name, each([whole])))).toBe(digestOfBytes(name, whole));
    }),
  );
});

test('the digest of nothing is known', () => {
  expect(digestSoFar(emptyHash('sha256'))).toBe(
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  expect(digestSoFar(emptyHash('sha512'))).toBe(digestOfBytes('sha512', Buffer.alloc(0)));
});

test('what was hashed before a source failed counts', async () => {
  async function* failing() {
    yield Buffer.from('abc');
    throw new Error('the client went away');
  }
  const { bytes, end } = hashing(emptyHash('sha256'), failing());

  await expect(drained(bytes)).rejects.toThrow('the client went away');

  expect(end().size).toBe(3);
  expect(digestSoFar(end())).toBe(digestOfBytes('sha256', Buffer.from('abc')));
});

test('what arrives after the end does not count', async () => {
  const late = Promise.withResolvers<undefined>();
  async function* slow() {
    yield Buffer.from('abc');
    await late.promise;
    yield Buffer.from('def');
  }
  const { bytes, end } = hashing(emptyHash('sha256'), slow());
  const iterator = bytes[Symbol.asyncIterator]();
  await iterator.next();
  const pending = iterator.next();

  const state = end();
  late.resolve(undefined);

  expect((await pending).done).toBe(true);
  expect(state.size).toBe(3);
  expect(digestSoFar(state)).toBe(digestOfBytes('sha256', Buffer.from('abc')));
});
