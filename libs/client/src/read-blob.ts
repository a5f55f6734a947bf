import { createHash } from 'node:crypto';
import { algorithmOf, type Descriptor, digestOf, type RepositoryName } from '@slipway/oci';
import { isTemporary, RemoteError } from './errors.ts';
import type { RemoteRegistry } from './remote-registry.ts';
import { pauseAfter } from './retry.ts';

/** A connection that gives nothing for so long is given up, and the blob gone on with on another. */
const IDLE_TIMEOUT = 60_000;

/**
 * The bytes of a blob. They are those of `descriptor` when, and only when, the iteration ends without an
 * error: whoever uses them must be able to take that back until then. After a cut it goes on, by range, from
 * the first byte that is missing, and gives up when several attempts in a row bring none.
 */
export async function* readBlob(
  registry: RemoteRegistry,
  repository: RepositoryName,
  descriptor: Descriptor,
  signal?: AbortSignal,
  idleTimeout = IDLE_TIMEOUT,
): AsyncGenerator<Uint8Array, void, void> {
  const { digest, size } = descriptor;
  const hash = createHash(algorithmOf(digest));
  let at = 0;
  for (let failures = 0; at < size;) {
    const before = at;
    try {
      for await (const piece of readFrom(
        registry,
        repository,
        descriptor,
        at,
        idleTimeout,
        signal,
      )) {
        at += piece.length;
        if (at > size) throw tooLong(descriptor);
        hash.update(piece);
        yield piece;
      }
      if (at < size) throw cut(`the connection ended after ${at} of ${size} bytes of ${digest}`);
    } catch (error) {
      signal?.throwIfAborted();
      failures = at > before ? 1 : failures + 1;
      if (!isTemporary(error) || failures >= registry.patience.attempts) throw error;
      await registry.patience.wait(
        pauseAfter(registry.patience, failures, error.retryAfter),
        signal,
      );
    }
  }
  const found = digestOf(algorithmOf(digest), hash.digest('hex'));
  if (found !== digest) {
    throw new RemoteError('digest-mismatch', `${registry.host} sent ${found} instead of ${digest}`);
  }
}

/** All of a small blob, such as an image's config. */
export async function readSmallBlob(
  registry: RemoteRegistry,
  repository: RepositoryName,
  descriptor: Descriptor,
  limit: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  if (descriptor.size > limit) {
    throw new RemoteError(
      'invalid-answer',
      `${descriptor.digest} is ${descriptor.size} bytes long, and more than ${limit} are not read`,
    );
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of readBlob(registry, repository, descriptor, signal)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* readFrom(
  registry: RemoteRegistry,
  repository: RepositoryName,
  descriptor: Descriptor,
  start: number,
  idleTimeout: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const { digest, size } = descriptor;
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), idleTimeout);
  const stop = signal ? AbortSignal.any([signal, idle.signal]) : idle.signal;
  try {
    const response = await registry.request(`/v2/${repository}/blobs/${digest}`, {
      scope: `repository:${repository}:pull`,
      expected: start === 0 ? [200] : [200, 206],
      what: `${repository}@${digest}`,
      ...(start > 0 && { headers: { range: `bytes=${start}-${size - 1}` } }),
      signal: stop,
    });
    let skip = response.status === 206 ? partStart(response, start, registry.host) : start;
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      timer.refresh();
      const rest = skip === 0 ? piece : piece.subarray(skip);
      skip -= piece.length - rest.length;
      if (rest.length > 0) yield rest;
      timer.refresh();
    }
  } catch (error) {
    if (error instanceof RemoteError) throw error;
    if (idle.signal.aborted) throw cut(`${registry.host} sent nothing for ${idleTimeout / 1000} s`);
    throw cut(`the connection to ${registry.host} broke within ${digest}`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Nothing to skip when the part begins where it was asked to. */
function partStart(response: Response, start: number, host: string): number {
  const range = response.headers.get('content-range') ?? '';
  if (range.startsWith(`bytes ${start}-`)) return 0;
  throw new RemoteError(
    'invalid-answer',
    `${host} was asked for the bytes from ${start} on and sent ${JSON.stringify(range)}`,
  );
}

const cut = (message: string, cause?: unknown): RemoteError =>
  new RemoteError('unavailable', message, { cause });

const tooLong = ({ digest, size }: Descriptor): RemoteError =>
  new RemoteError('digest-mismatch', `${digest} is longer than the ${size} bytes it should have`);
