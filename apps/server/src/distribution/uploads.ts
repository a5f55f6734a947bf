import {
  type Digest,
  parseAlgorithm,
  parseRepositoryName,
  type RepositoryName,
} from '@slipway/oci';
import { bearerOf, type Chunk, may, RegistryError, type UploadId } from '@slipway/registry';
import type { FastifyReply } from 'fastify';
import { type Call, parameter, query, requireDigest, shortened } from './call.ts';
import { parseChunkRange, uploadedRange } from './content-range.ts';
import { announcedLength, requestBody } from './request-body.ts';

/** end-4a, end-4b, end-4c and end-11: begins an upload, brings a whole blob, or mounts one. */
export async function startUpload(call: Call): Promise<FastifyReply> {
  const { registry, repository } = call;
  const mount = query(call, 'mount');
  if (mount !== undefined) return mountBlob(call, requireDigest(mount));
  const algorithm = requireAlgorithm(query(call, 'digest-algorithm'));
  const digest = query(call, 'digest');
  if (digest === undefined)
    return accepted(call, await registry.uploads.start(repository, algorithm), 0, 202);
  const expected = requireDigest(digest);
  await registry.uploads.push(repository, expected, chunkOf(call));
  return created(call, expected);
}

/** end-5 */
export async function appendToUpload(call: Call): Promise<FastifyReply> {
  const upload = uploadOf(call);
  return accepted(
    call,
    upload,
    await guarded(call, () => call.registry.uploads.append(upload, chunkOf(call))),
    202,
  );
}

/** end-6 */
export async function completeUpload(call: Call): Promise<FastifyReply> {
  const digest = requireDigest(query(call, 'digest') ?? '');
  await guarded(call, () => call.registry.uploads.complete(uploadOf(call), digest, chunkOf(call)));
  return created(call, digest);
}

/** end-13 */
export async function getUpload(call: Call): Promise<FastifyReply> {
  const upload = uploadOf(call);
  return accepted(call, upload, await call.registry.uploads.size(upload), 204);
}

/** end-14 */
export async function cancelUpload(call: Call): Promise<FastifyReply> {
  await call.registry.uploads.cancel(uploadOf(call));
  return call.reply.code(204).send();
}

/** Whatever stands in the way of a mount, the answer is a fresh upload: clients know no other (spec.md, end-11). */
async function mountBlob(call: Call, digest: Digest): Promise<FastifyReply> {
  const { registry, repository } = call;
  for (const from of await sources(call, digest)) {
    if (await registry.uploads.mount(repository, digest, from, call)) return created(call, digest);
  }
  return accepted(call, await registry.uploads.start(repository), 0, 202);
}

/** Repositories that may hold the blob and that the client may pull from: the one it names, or any. */
async function sources(call: Call, digest: Digest): Promise<readonly RepositoryName[]> {
  const from = query(call, 'from');
  const named = from === undefined ? undefined : parseRepositoryName(from);
  const candidates =
    from === undefined
      ? await call.registry.uploads.holders(digest)
      : named === undefined
        ? []
        : [named];
  const bearer = bearerOf(call.identity);
  const pullable = await Promise.all(
    candidates.map(async (name) => {
      const resource = await call.registry.resources.repository(name, 'pull');
      return may(bearer, 'pull', resource).allowed ? [resource.name] : [];
    }),
  );
  return pullable.flat();
}

/** A chunk that does not follow the last is told where the next byte belongs. */
async function guarded<T>(call: Call, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RegistryError && error.reason === 'range-not-next') {
      const upload = uploadOf(call);
      const { size } = error.detail as { readonly size: number };
      call.reply.header('Location', locationOf(upload)).header('Range', uploadedRange(size));
    }
    throw error;
  }
}

function chunkOf(call: Call): Chunk {
  const range = parseChunkRange(call.request.raw.headers['content-range']);
  const length = announcedLength(call);
  if (range !== undefined && length !== undefined && range.length !== length) {
    throw new RegistryError(
      'size-mismatch',
      `Content-Range speaks of ${range.length} bytes and Content-Length of ${length}`,
    );
  }
  return { ...requestBody(call), start: range?.start, length: range?.length ?? length };
}

function uploadOf(call: Call): UploadId {
  const id = parameter(call, 'session');
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    return { repository: call.repository, id };
  throw new RegistryError('upload-unknown', `there is no upload ${JSON.stringify(shortened(id))}`);
}

function requireAlgorithm(text: string | undefined) {
  if (text === undefined) return undefined;
  const algorithm = parseAlgorithm(text);
  if (algorithm !== undefined) return algorithm;
  throw new RegistryError(
    'digest-invalid',
    `${JSON.stringify(shortened(text))} is neither sha256 nor sha512`,
  );
}

function accepted(
  { reply }: Call,
  upload: UploadId,
  size: number,
  status: 202 | 204,
): FastifyReply {
  return reply
    .code(status)
    .header('Location', locationOf(upload))
    .header('Range', uploadedRange(size))
    .header('Docker-Upload-UUID', upload.id)
    .send();
}

function created({ reply, repository }: Call, digest: Digest): FastifyReply {
  return reply
    .code(201)
    .header('Location', `/v2/${repository}/blobs/${digest}`)
    .header('Docker-Content-Digest', digest)
    .send();
}

/** Relative: behind a proxy that ends TLS, an absolute one would send clients to http. */
function locationOf({ repository, id }: UploadId): string {
  return `/v2/${repository}/blobs/uploads/${id}`;
}
