import { parseRepositoryName } from '@slipway/oci';
import { readBlob, readSmallBlob } from './read-blob.ts';
import { RemoteRegistry } from './remote-registry.ts';
import {
  answer,
  type Exchange,
  fakeRegistry,
  type FakeRegistry,
  impatience,
  sha256,
} from './testing/fake-registry.ts';

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7) % 251));
const descriptor = { mediaType: 'x/y', digest: sha256(bytes), size: bytes.length };
const repository =
  parseRepositoryName('acme/app') ??
  (() => {
    throw new Error('no name');
  })();

let registry: FakeRegistry | undefined;
afterEach(async () => {
  await registry?.close();
  registry = undefined;
});

/** Serves blobs as `serve` does, and counts how often it was asked for one. */
async function serving(serve: (exchange: Exchange, start: number, attempt: number) => void) {
  let attempts = 0;
  registry = await fakeRegistry((exchange) => {
    if (exchange.path === '/v2/') {
      answer(exchange, 200);
      return;
    }
    serve(
      exchange,
      Number(/^bytes=(\d+)-/.exec(exchange.headers.range ?? '')?.[1] ?? 0),
      ++attempts,
    );
  });
  return new RemoteRegistry(registry.host, { patience: impatience() });
}

/** Sends from `start` and cuts the connection after `length` bytes. */
function sendAndCut({ response }: Exchange, start: number, length: number): void {
  response.writeHead(start === 0 ? 200 : 206, {
    'content-length': bytes.length - start,
    ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  });
  response.write(bytes.subarray(start, start + length), () =>
    setTimeout(() => response.destroy(), 20),
  );
}

const partial = (exchange: Exchange, start: number) =>
  answer(
    exchange,
    start === 0 ? 200 : 206,
    start === 0 ? {} : { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` },
    bytes.subarray(start),
  );

async function read(remote: RemoteRegistry, idleTimeout?: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readBlob(remote, repository, descriptor, undefined, idleTimeout))
    pieces.push(piece);
  return Buffer.concat(pieces);
}

const ranges = () => registry?.asked.flatMap(({ headers }) => headers.range ?? []);

describe('readBlob', () => {
  it('goes on by range where the connection was cut, as often as that brings more', async () => {
    const remote = await serving((exchange, start, attempt) => {
      if (attempt < 8) sendAndCut(exchange, start, 30_000);
      else partial(exchange, start);
    });
    expect((await read(remote)).equals(bytes)).toBe(true);
    expect(ranges()).toHaveLength(7);
  });

  it('skips what it has when the registry knows no ranges', async () => {
    const remote = await serving((exchange, _start, attempt) => {
      if (attempt === 1) sendAndCut(exchange, 0, 100_000);
      else answer(exchange, 200, {}, bytes);
    });
    expect((await read(remote)).equals(bytes)).toBe(true);
  });

  it('gives up when no attempt brings anything', async () => {
    const remote = await serving((exchange) => exchange.response.destroy());
    await expect(read(remote)).rejects.toMatchObject({ reason: 'unavailable' });
  });

  it('gives up a connection that gives nothing, and goes on with another', async () => {
    const remote = await serving((exchange, start, attempt) => {
      if (attempt > 1) {
        partial(exchange, start);
        return;
      }
      exchange.response.writeHead(200, { 'content-length': bytes.length });
      exchange.response.write(bytes.subarray(0, 1000));
    });
    expect((await read(remote, 200)).equals(bytes)).toBe(true);
  });

  it.each([
    ['other bytes', Buffer.alloc(bytes.length, 'x'), /instead of sha256/],
    ['too many bytes', Buffer.concat([bytes, Buffer.from('!')]), /is longer than the 300000 bytes/],
  ])('does not end well with %s', async (_, sent, message) => {
    const remote = await serving((exchange) => answer(exchange, 200, {}, sent));
    await expect(read(remote)).rejects.toMatchObject({
      reason: 'digest-mismatch',
      message: expect.stringMatching(message) as string,
    });
  });

  it('does not end well with too few bytes', async () => {
    const remote = await serving((exchange, start) => {
      if (start >= 299_999) answer(exchange, 200, {}, bytes.subarray(0, 299_999));
      else answer(exchange, 200, {}, bytes.subarray(0, 299_999));
    });
    await expect(read(remote)).rejects.toThrow(/ended after 299999 of 300000 bytes/);
  });

  it('takes no part of the blob that it did not ask for', async () => {
    const remote = await serving((exchange, start, attempt) => {
      if (attempt === 1) sendAndCut(exchange, start, 1000);
      else answer(exchange, 206, { 'content-range': 'bytes 5-299999/300000' }, bytes.subarray(5));
    });
    await expect(read(remote)).rejects.toMatchObject({ reason: 'invalid-answer' });
  });

  it('proves a blob that went on after a cut as a whole', async () => {
    const remote = await serving((exchange, start, attempt) => {
      if (attempt === 1) sendAndCut(exchange, start, 1000);
      else
        answer(
          exchange,
          206,
          { 'content-range': `bytes ${start}-299999/300000` },
          Buffer.alloc(bytes.length - start),
        );
    });
    await expect(read(remote)).rejects.toMatchObject({ reason: 'digest-mismatch' });
  });

  it('lets go of the connection when nobody reads on', async () => {
    const remote = await serving((exchange) => {
      exchange.response.on('close', () => closed.resolve(true));
      exchange.response.writeHead(200, { 'content-length': bytes.length });
      exchange.response.write(bytes.subarray(0, 1000));
    });
    const closed = Promise.withResolvers<true>();
    for await (const _ of readBlob(remote, repository, descriptor)) break;
    await closed.promise;
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const remote = await serving((exchange) => {
      exchange.response.writeHead(200, { 'content-length': bytes.length });
      exchange.response.write(bytes.subarray(0, 1000));
    });
    const reading = async () => {
      for await (const _ of readBlob(remote, repository, descriptor, stop.signal))
        stop.abort(new Error('enough'));
    };
    await expect(reading()).rejects.toThrow('enough');
  });

  it('asks for nothing when there is nothing to read, and proves that too', async () => {
    const remote = await serving((exchange) => answer(exchange, 500));
    const empty = { mediaType: 'x/y', digest: sha256(''), size: 0 };
    expect(await readSmallBlob(remote, repository, empty, 10)).toHaveLength(0);
    await expect(
      readSmallBlob(remote, repository, { ...descriptor, size: 0 }, 10),
    ).rejects.toMatchObject({ reason: 'digest-mismatch' });
  });

  it('reads no document that is longer than it should be', async () => {
    const remote = await serving(partial);
    await expect(readSmallBlob(remote, repository, descriptor, 1000)).rejects.toThrow(
      /more than 1000/,
    );
  });
});
