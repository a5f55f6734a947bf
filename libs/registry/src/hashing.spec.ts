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
      expect(digestSoFar(one.state())).toBe(digestOfBytes(name, Buffer.concat(first)));

      const other = hashing(one.state(), each(second));
      await drained(other.bytes);

      const whole = Buffer.concat([...first, ...second]);
      expect(other.state().size).toBe(whole.length);
      expect(digestSoFar(other.state())).toBe(digestOfBytes(name, whole));
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
  const { bytes, state } = hashing(emptyHash('sha256'), failing());

  await expect(drained(bytes)).rejects.toThrow('the client went away');

  expect(state().size).toBe(3);
  expect(digestSoFar(state())).toBe(digestOfBytes('sha256', Buffer.from('abc')));
});
