import { createHash, randomUUID } from 'node:crypto';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import type { BlobStore, ByteRange, StoredKey } from './blob-store.ts';
import { AlreadyCommittedError, DestinationClosedError } from './errors.ts';
import { readableOf } from './readable.ts';
import { parseStorageKey, type StorageKey } from './storage-key.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** A property runs many times, on a busy machine or over a network. */
const PATIENCE = 60_000;

/**
 * What every `BlobStore` must do. `open` gives a new store each time, over one medium: two of them are what
 * two processes would hold. It assumes nothing of the medium but that it takes appends of any size.
 */
export function blobStoreContract(
  name: string,
  open: () => Promise<BlobStore>,
  { runs = 25 }: { readonly runs?: number } = {},
): void {
  describe(`${name} as a BlobStore`, () => {
    let store: BlobStore;
    beforeEach(async () => {
      store = await open();
    });

    describe('a blob', () => {
      it('comes back as it was written', async () => {
        const bytes = someBytes(5 * MIB + 17);
        const key = await aBlob(store, bytes);
        expect(await store.stat(key)).toEqual({ size: bytes.length });
        expectSame(await everything(await open(), key), bytes);
      });

      it('comes back as a stream that one gathers', async () => {
        const bytes = someBytes(5 * MIB + 17);
        const reader = await store.open(await aBlob(store, bytes));
        if (reader === undefined) throw new Error('the blob is not there');
        expectSame(await buffer(readableOf(reader)), bytes);
      });

      it('may be empty', async () => {
        const key = await aBlob(store, Buffer.alloc(0));
        expect(await store.stat(key)).toEqual({ size: 0 });
        expectSame(await everything(store, key), Buffer.alloc(0));
      });

      it('may be written beside others at once', async () => {
        const blobs = Array.from({ length: 12 }, (_, n) => someBytes(n * 100 * KIB + n));
        const keys = await Promise.all(blobs.map((bytes) => aBlob(store, bytes)));
        const back = await Promise.all(keys.map((key) => everything(store, key)));
        back.forEach((bytes, n) => expectSame(bytes, blobs[n] ?? Buffer.alloc(0)));
      });

      it(
        'is the same however its bytes were split, and whoever went on with it',
        async () => {
          const source = someBytes(300 * KIB);
          const chunk = fc.oneof(fc.nat(9), fc.nat(70 * KIB));
          const appends = fc.array(fc.record({ chunks: fc.array(chunk), by: fc.nat(2) }), {
            maxLength: 6,
          });
          await fc.assert(
            fc.asyncProperty(appends, async (plan) => {
              const key = aKey();
              let size = 0;
              let ingest = await store.ingest(key);
              for (const { chunks, by } of plan) {
                if (by > 0) {
                  await ingest.close();
                  const { revision } = ingest;
                  ingest = await (by === 1 ? store : await open()).ingest(key);
                  expect([ingest.size, ingest.revision]).toEqual([size, revision]);
                }
                const pieces = chunks.map((length) => {
                  const start = size;
                  size = Math.min(size + length, source.length);
                  return source.subarray(start, size);
                });
                expect(await ingest.append(each(pieces))).toBe(size);
              }
              await ingest.commit();
              expectSame(await buffer(ingest.read()), source.subarray(0, size));
              await ingest.close();
              expectSame(await everything(store, key), source.subarray(0, size));
              await store.delete(key);
            }),
            { numRuns: runs },
          );
        },
        PATIENCE,
      );

      it('is not known before it was written', async () => {
        expect(await store.stat(aKey())).toBeUndefined();
        expect(await store.open(aKey())).toBeUndefined();
      });
    });

    it('lists every key under which something lies, once, with its size and time', async () => {
      const before = Date.now() - 5_000;
      const committed = await aBlob(store, someBytes(300 * KIB));
      const begun = aKey();
      const ingest = await store.ingest(begun);
      await ingest.append(each([someBytes(100 * KIB)]));
      await ingest.close();
      const gone = await aBlob(store, someBytes(10));
      await store.delete(gone);

      const listed: StoredKey[] = [];
      for await (const one of (await open()).list()) listed.push(one);

      const of = (key: StorageKey) => listed.filter((one) => one.key === key);
      expect(of(committed).map(({ size }) => size)).toEqual([300 * KIB]);
      expect(of(begun)).toHaveLength(1);
      expect(of(gone)).toEqual([]);
      for (const { changedAt } of [...of(committed), ...of(begun)]) {
        expect(changedAt.getTime()).toBeGreaterThan(before);
      }
      await store.delete(begun);
      await store.delete(committed);
    });

    describe('an unfinished write', () => {
      it('keeps what arrived before its source failed, and another store goes on', async () => {
        const bytes = someBytes(3 * MIB + 5);
        const cut = 2 * MIB + 3;
        const key = aKey();
        const ingest = await store.ingest(key);
        const failure = new Error('the client went away');
        await expect(ingest.append(failing(bytes.subarray(0, cut), failure))).rejects.toBe(failure);
        expect(ingest.size).toBe(cut);
        await ingest.close();
        await expectGoesOn(key, bytes, cut);
      });

      it('keeps what arrived before it was aborted, at once though its source is silent', async () => {
        const bytes = someBytes(MIB + 5);
        const cut = 70 * KIB;
        const key = aKey();
        const ingest = await store.ingest(key);
        const abort = new AbortController();
        const source = new PassThrough();
        source.write(bytes.subarray(0, cut));
        const appending = ingest.append(source, abort.signal);
        await wait(50);
        const reason = new Error('shutting down');
        abort.abort(reason);
        await expect(within(4000, appending)).rejects.toBe(reason);
        expect(ingest.size).toBe(cut);
        await ingest.close();
        await expectGoesOn(key, bytes, cut);
        source.destroy();
      });

      it('takes nothing when it was aborted before', async () => {
        const ingest = await store.ingest(aKey());
        const reason = new Error('shutting down');
        await expect(ingest.append(each([someBytes(10)]), AbortSignal.abort(reason))).rejects.toBe(
          reason,
        );
        expect(ingest.size).toBe(0);
        await ingest.close();
      });

      it('is there for another store although nobody closed it', async () => {
        const bytes = someBytes(MIB + 100);
        const key = aKey();
        const abandoned = await store.ingest(key);
        await abandoned.append(each([bytes.subarray(0, 1000)]));
        await expectGoesOn(key, bytes, 1000);
        await abandoned.close();
      });

      it('lets go of a source that it does not read to its end', async () => {
        const ingest = await store.ingest(aKey());
        const abort = new AbortController();
        let letGo: () => void = () => undefined;
        const released = new Promise<void>((resolve) => {
          letGo = resolve;
        });
        async function* endless(): AsyncGenerator<Uint8Array> {
          try {
            for (;;) {
              yield someBytes(100);
              await wait(1);
            }
          } finally {
            letGo();
          }
        }
        const appending = ingest.append(endless(), abort.signal);
        await wait(10);
        abort.abort();
        await expect(appending).rejects.toThrow();
        await within(4000, released);
        await ingest.close();
      });

      async function expectGoesOn(key: StorageKey, bytes: Buffer, from: number): Promise<void> {
        const ingest = await (await open()).ingest(key);
        expect(ingest.size).toBe(from);
        expect(await ingest.append(each([bytes.subarray(from)]))).toBe(bytes.length);
        await ingest.commit();
        expectSame(await buffer(ingest.read()), bytes);
        await ingest.close();
        expectSame(await everything(store, key), bytes);
      }
    });

    describe('a committed blob', () => {
      it('can be committed again, there and in another store', async () => {
        const bytes = someBytes(100 * KIB);
        const key = aKey();
        const ingest = await store.ingest(key);
        await ingest.append(each([bytes]));
        await ingest.commit();
        await ingest.commit();
        await ingest.close();
        const again = await (await open()).ingest(key);
        expect(again.size).toBe(bytes.length);
        expectSame(await buffer(again.read()), bytes);
        expect(await again.append(each([]))).toBe(bytes.length);
        await again.commit();
        await again.close();
        expectSame(await everything(store, key), bytes);
      });

      it('takes no further byte', async () => {
        const bytes = someBytes(1000);
        const key = aKey();
        const ingest = await store.ingest(key);
        await ingest.append(each([bytes]));
        await ingest.commit();
        await expect(ingest.append(each([bytes]))).rejects.toThrow(AlreadyCommittedError);
        await ingest.close();
        expectSame(await everything(store, key), bytes);
      });
    });

    describe('delete', () => {
      it('removes a committed blob, and is no error the second time', async () => {
        const key = await aBlob(store, someBytes(1000));
        await store.delete(key);
        expect(await store.stat(key)).toBeUndefined();
        expect(await store.open(key)).toBeUndefined();
        await store.delete(key);
      });

      it('is no error for a key that was never written', async () => {
        await store.delete(aKey());
      });

      it('removes an unfinished write, which begins anew afterwards', async () => {
        const key = aKey();
        const ingest = await store.ingest(key);
        await ingest.append(each([someBytes(1000)]));
        await ingest.close();
        await store.delete(key);
        const again = await store.ingest(key);
        expect(again.size).toBe(0);
        await again.close();
        await store.delete(key);
      });

      it('leaves nothing to commit for whoever still holds the write', async () => {
        const key = aKey();
        const ingest = await store.ingest(key);
        await ingest.append(each([someBytes(1000)]));
        await store.delete(key);
        await expect(ingest.commit()).rejects.toThrow();
        await ingest.close();
        expect(await store.stat(key)).toBeUndefined();
      });

      it('gives readers all the bytes or an error, and nothing in between', async () => {
        const bytes = someBytes(4 * MIB);
        const key = await aBlob(store, bytes);
        const readers = await Promise.all(Array.from({ length: 6 }, () => opened(store, key)));
        const sendings = readers.map(async (reader) => {
          const slow = aDestination({ delay: 1 });
          await reader.send(slow.stream);
          return slow.received();
        });
        await wait(5);
        await store.delete(key);
        for (const outcome of await Promise.allSettled(sendings)) {
          if (outcome.status === 'fulfilled') expectSame(outcome.value, bytes);
        }
        for (const reader of readers) await reader.close();
        expect(await store.open(key)).toBeUndefined();
      });
    });

    describe('send', () => {
      it(
        'writes any range, and does not end the destination',
        async () => {
          const bytes = someBytes(MIB + 11);
          const key = await aBlob(store, bytes);
          const reader = await opened(store, key);
          const position = fc.oneof(
            fc.nat(bytes.length - 1),
            fc.constantFrom(0, 64 * KIB - 1, 64 * KIB, 256 * KIB, MIB - 1, MIB, bytes.length - 1),
          );
          await fc.assert(
            fc.asyncProperty(
              fc.array(fc.tuple(position, position), { maxLength: 3 }),
              async (pairs) => {
                const ranges = pairs.map(([a, b]) => ({
                  start: Math.min(a, b),
                  end: Math.max(a, b),
                }));
                const { stream, received } = aDestination();
                for (const range of ranges) await reader.send(stream, range);
                const wanted = ranges.map(({ start, end }) => bytes.subarray(start, end + 1));
                expectSame(received(), Buffer.concat(wanted));
                expect(stream.writableEnded).toBe(false);
              },
            ),
            { numRuns: runs },
          );
          await reader.close();
        },
        PATIENCE,
      );

      it.each<ByteRange>([
        { start: 0, end: 10 },
        { start: 10, end: 10 },
        { start: 5, end: 4 },
        { start: -1, end: 4 },
        { start: 0.5, end: 4 },
        { start: 0, end: Number.NaN },
      ])('refuses the range %j of ten bytes', async (range) => {
        const reader = await opened(store, await aBlob(store, someBytes(10)));
        const { stream, received } = aDestination();
        await expect(reader.send(stream, range)).rejects.toThrow(RangeError);
        expect(received()).toHaveLength(0);
        await reader.close();
      });

      it('goes to several destinations at once', async () => {
        const bytes = someBytes(2 * MIB);
        const reader = await opened(store, await aBlob(store, bytes));
        const destinations = [aDestination(), aDestination({ delay: 1 }), aDestination()];
        await Promise.all(destinations.map(({ stream }) => reader.send(stream)));
        for (const { received } of destinations) expectSame(received(), bytes);
        await reader.close();
      });

      it('uses no memory again that a slow destination still holds', async () => {
        const bytes = someBytes(3 * MIB + 1);
        const reader = await opened(store, await aBlob(store, bytes));
        const { stream, received } = aDestination({ delay: 2 });
        await reader.send(stream);
        expectSame(received(), bytes);
        await reader.close();
      });

      it('waits for a destination that stands still, and holds little meanwhile', async () => {
        const reader = await opened(store, await aBlob(store, someBytes(16 * MIB)));
        const { stream } = aDestination({ delay: Infinity });
        const sending = reader.send(stream);
        sending.catch(() => undefined);
        while (stream.writableLength === 0) await wait(10);
        await wait(100);
        expect(stream.writableLength).toBeLessThanOrEqual(2 * MIB);
        stream.destroy();
        await expect(within(4000, sending)).rejects.toThrow(DestinationClosedError);
        await reader.close();
      });

      it('ends at once when the destination is closed', async () => {
        const reader = await opened(store, await aBlob(store, someBytes(4 * MIB)));
        const { stream } = aDestination({ delay: Infinity });
        const sending = reader.send(stream);
        setTimeout(() => stream.destroy(), 10);
        await expect(within(4000, sending)).rejects.toThrow(DestinationClosedError);
        await expect(reader.send(stream)).rejects.toThrow(DestinationClosedError);
        await within(4000, reader.close());
      });

      it('ends with the cause when the destination fails', async () => {
        const reader = await opened(store, await aBlob(store, someBytes(4 * MIB)));
        for (const aFailure of [failsInWrite, failsBetween]) {
          const failure: unknown = await within(4000, reader.send(aFailure())).catch(
            (e: unknown) => e,
          );
          expect(failure).toBeInstanceOf(DestinationClosedError);
          expect(failure).toHaveProperty('cause.message', 'connection reset');
        }
        await wait(5);
        await reader.close();
      });

      it('ends at once with the reason when it is aborted', async () => {
        const reader = await opened(store, await aBlob(store, someBytes(4 * MIB)));
        const { stream } = aDestination({ delay: Infinity });
        const abort = new AbortController();
        const reason = new Error('shutting down');
        const sending = reader.send(stream, undefined, abort.signal);
        setTimeout(() => abort.abort(reason), 10);
        await expect(within(4000, sending)).rejects.toBe(reason);
        await expect(reader.send(stream, undefined, abort.signal)).rejects.toBe(reason);
        await reader.close();
      });

      it('leaves no listener behind', async () => {
        const reader = await opened(store, await aBlob(store, someBytes(10)));
        const { stream } = aDestination();
        const before = stream.eventNames().map((event) => stream.listenerCount(event));
        for (let n = 0; n < 20; n++) await reader.send(stream, { start: n % 10, end: 9 });
        expect(stream.eventNames().map((event) => stream.listenerCount(event))).toEqual(before);
        await reader.close();
      });
    });

    it('counts no committed blob among the writes that somebody may have left', async () => {
      const key = await aBlob(store, someBytes(9 * MIB));
      const strays = await store.strays(new Date(Date.now() + 60_000));
      expect(strays.map((stray) => stray.key)).not.toContain(key);
    });

    it('says that it is well', async () => {
      await store.check();
    });
  });
}

function aKey(): StorageKey {
  return parseStorageKey(randomUUID());
}

async function aBlob(store: BlobStore, bytes: Uint8Array): Promise<StorageKey> {
  const key = aKey();
  const ingest = await store.ingest(key);
  await ingest.append(each([bytes]));
  await ingest.commit();
  await ingest.close();
  return key;
}

type Opened = NonNullable<Awaited<ReturnType<BlobStore['open']>>>;

async function opened(store: BlobStore, key: StorageKey): Promise<Opened> {
  const reader = await store.open(key);
  if (reader === undefined) throw new Error(`${key} is not there`);
  return reader;
}

async function everything(store: BlobStore, key: StorageKey): Promise<Buffer> {
  const reader = await opened(store, key);
  const { stream, received } = aDestination();
  await reader.send(stream);
  await reader.close();
  expect(reader.size).toBe(received().length);
  return received();
}

/** Bytes that differ everywhere, the same for the same size. */
function someBytes(size: number): Buffer {
  return createHash('shake256', { outputLength: size }).digest();
}

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* failing(bytes: Buffer, failure: Error): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 64 * KIB) {
    yield bytes.subarray(start, start + 64 * KIB);
  }
  throw failure;
}

/** A stream that looks at each chunk only `delay` milliseconds after it was given. */
function aDestination({ delay = 0 }: { readonly delay?: number } = {}): {
  readonly stream: Writable;
  readonly received: () => Buffer;
} {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    highWaterMark: 16 * KIB,
    write(chunk: Buffer, _encoding, taken) {
      const take = (): void => {
        chunks.push(Buffer.from(chunk));
        taken();
      };
      if (delay === Infinity) return;
      if (delay === 0) setImmediate(take);
      else setTimeout(take, delay);
    },
  });
  return { stream, received: () => Buffer.concat(chunks) };
}

function failsInWrite(): Writable {
  return new Writable({
    write: (_chunk, _encoding, taken) => setImmediate(taken, new Error('connection reset')),
  });
}

function failsBetween(): Writable {
  const { stream } = aDestination({ delay: Infinity });
  setTimeout(() => stream.destroy(new Error('connection reset')), 5);
  return stream;
}

/** `promise`, or an error when it takes longer. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  const enough = new AbortController();
  try {
    return await Promise.race([
      promise,
      wait(milliseconds, undefined, { signal: enough.signal }).then(() => {
        throw new Error(`nothing happened for ${milliseconds} ms`);
      }),
    ]);
  } finally {
    enough.abort();
  }
}

/** As `toEqual`, without printing megabytes. */
function expectSame(actual: Uint8Array, wanted: Uint8Array): void {
  expect(actual.length).toBe(wanted.length);
  expect(Buffer.compare(actual, wanted)).toBe(0);
}
