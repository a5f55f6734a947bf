import { Readable } from 'node:stream';
import { type Descriptor, type Digest, parseDigest, type RepositoryName } from '@slipway/oci';
import { isTemporary, RemoteError } from './errors.ts';
import type { RemoteRegistry } from './remote-registry.ts';
import { pauseAfter } from './retry.ts';

/** The bytes of a blob from a position on; asked again with another one when a push is gone on with. */
export type BlobSource = (start: number) => AsyncIterable<Uint8Array>;

/**
 * Puts a blob into a repository; says how it came there. What is there already is not sent. After a cut it
 * goes on from where the registry says it is.
 */
export async function pushBlob(
  registry: RemoteRegistry,
  repository: RepositoryName,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  open: BlobSource,
  options: { readonly from?: RepositoryName; readonly signal?: AbortSignal } = {},
): Promise<'present' | 'mounted' | 'uploaded'> {
  const { from, signal } = options;
  const what = `${repository}@${digest}`;
  const scope = pushScope(repository, from);
  const ask = { scope, what, signal };
  const found = await registry.request(`/v2/${repository}/blobs/${digest}`, {
    ...ask,
    method: 'HEAD',
    expected: [200, 404],
  });
  if (found.status === 200) return 'present';

  const mount =
    from === undefined ? '' : `?${String(new URLSearchParams({ mount: digest, from }))}`;
  const begun = await registry.request(`/v2/${repository}/blobs/uploads/${mount}`, {
    ...ask,
    method: 'POST',
    expected: [201, 202],
  });
  await begun.body?.cancel();
  if (begun.status === 201) return 'mounted';
  let location = locationOf(begun, `/v2/${repository}/blobs/uploads/`);

  for (let failures = 0, at = 0; at < size;) {
    try {
      const response = await registry.request(location, {
        ...ask,
        method: 'PATCH',
        expected: [202],
        headers: {
          'content-type': 'application/octet-stream',
          'content-range': `${at}-${size - 1}`,
          'content-length': String(size - at),
        },
        body: Readable.toWeb(Readable.from(open(at), { objectMode: false })) as ReadableStream,
      });
      await response.body?.cancel();
      location = locationOf(response, location);
      at = size;
    } catch (error) {
      if (!isTemporary(error) || ++failures >= registry.patience.attempts) throw error;
      await registry.patience.wait(
        pauseAfter(registry.patience, failures, error.retryAfter),
        signal,
      );
      ({ at, location } = await whereItIs(registry, ask, location));
    }
  }

  const closing = new URL(location, 'http://registry');
  closing.searchParams.set('digest', digest);
  const closed = await registry.request(
    closing.host === 'registry' ? closing.pathname + closing.search : closing.href,
    { ...ask, method: 'PUT', expected: [201], headers: { 'content-length': '0' } },
  );
  await closed.body?.cancel();
  return 'uploaded';
}

/** Puts a manifest under a tag or its digest. */
export async function pushManifest(
  registry: RemoteRegistry,
  repository: RepositoryName,
  reference: string,
  content: { readonly bytes: Uint8Array; readonly mediaType: string; readonly digest: Digest },
  signal?: AbortSignal,
): Promise<void> {
  const response = await registry.request(`/v2/${repository}/manifests/${reference}`, {
    method: 'PUT',
    scope: pushScope(repository),
    what: `${repository} ${reference}`,
    expected: [201],
    headers: { 'content-type': content.mediaType },
    body: content.bytes,
    signal,
  });
  await response.body?.cancel();
  const stored = parseDigest(response.headers.get('docker-content-digest') ?? '');
  if (stored !== undefined && stored !== content.digest) {
    throw new RemoteError(
      'digest-mismatch',
      `${registry.host} stored ${stored} instead of ${content.digest}`,
    );
  }
}

async function whereItIs(
  registry: RemoteRegistry,
  ask: { readonly scope: string; readonly what: string; readonly signal: AbortSignal | undefined },
  location: string,
): Promise<{ readonly at: number; readonly location: string }> {
  const response = await registry.request(location, { ...ask, expected: [204] });
  const last = /^0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1];
  // `0-0` is nothing as well as one byte, and the registry refuses a byte that it has: nothing is the safe guess.
  const at = last === undefined || last === '0' ? 0 : Number(last) + 1;
  return { at, location: locationOf(response, location) };
}

/** A location is relative to what was asked; another origin's is kept whole. */
function locationOf(response: Response, asked: string): string {
  const location = response.headers.get('location');
  if (location === null) return asked;
  const url = new URL(location, response.url);
  return url.origin === new URL(response.url).origin ? url.pathname + url.search : url.href;
}

const pushScope = (repository: RepositoryName, from?: RepositoryName): string =>
  [
    `repository:${repository}:pull,push`,
    ...(from === undefined || from === repository ? [] : [`repository:${from}:pull`]),
  ].join(' ');
