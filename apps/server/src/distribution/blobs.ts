import type { Digest } from '@slipway/oci';
import { RegistryError } from '@slipway/registry';
import { type BlobReader, type ByteRange, DestinationClosedError } from '@slipway/storage';
import type { FastifyReply } from 'fastify';
import { parseByteRanges } from './byte-ranges.ts';
import { type Call, parameter, requireDigest } from './call.ts';
import { isCurrent } from './entity-tags.ts';
import { multipart } from './multipart.ts';
import { writeHead } from './past-fastify.ts';

/** A digest never stands for other bytes. */
const FOREVER = 'private, max-age=31536000, immutable';

export async function headBlob(call: Call): Promise<FastifyReply> {
  const digest = requireDigest(parameter(call, 'digest'));
  const { size } = await call.registry.blobs.stat(call.repository, digest);
  if (isCurrent(call, digest)) return notModified(call, digest);
  return call.reply.headers(describe(digest)).header('Content-Length', size).send();
}

export async function getBlob(call: Call): Promise<FastifyReply> {
  const { registry, reply, repository, request } = call;
  const digest = requireDigest(parameter(call, 'digest'));
  if (call.mayRedirect(request.ip) && isSimple(call)) {
    const link = await registry.blobs.link(repository, digest);
    if (link !== undefined) {
      return isCurrent(call, digest) ? notModified(call, digest) : redirect(call, digest, link);
    }
  }
  const reader = await registry.blobs.open(repository, digest);
  try {
    if (isCurrent(call, digest)) return await notModified(call, digest);
    const ifRange = request.headers['if-range'];
    const asked =
      ifRange === undefined || ifRange === `"${digest}"`
        ? parseByteRanges(request.headers.range, reader.size)
        : { kind: 'whole' as const };
    switch (asked.kind) {
      case 'whole':
        return await send(
          call,
          reader,
          200,
          { ...describe(digest), 'Content-Length': reader.size },
          undefined,
        );
      case 'unsatisfiable':
        reply.header('Content-Range', `bytes */${reader.size}`);
        throw new RegistryError('range-unsatisfiable', `${digest} has ${reader.size} bytes`, {
          size: reader.size,
        });
      case 'too-many':
        throw new RegistryError(
          'range-invalid',
          'the ranges are too many, or more than twice the whole',
        );
      case 'ranges':
        return await sendRanges(call, reader, digest, asked.ranges);
    }
  } finally {
    await reader.close();
  }
}

export async function deleteBlob(call: Call): Promise<FastifyReply> {
  const digest = requireDigest(parameter(call, 'digest'));
  await call.registry.blobs.delete(call.repository, digest, call);
  return call.reply.code(202).send();
}

/** Object stores serve one range at most, answer a wrong one as they like, and know entity tags of their own alone. */
function isSimple({ request: { headers } }: Call): boolean {
  if (headers['if-range'] !== undefined) return false;
  if (headers.range === undefined) return true;
  const [, start, end] = /^bytes=(\d*)-(\d*)$/.exec(headers.range) ?? [];
  if (start === undefined || end === undefined || start + end === '') return false;
  return start === '' || end === '' || Number(start) <= Number(end);
}

/** RFC 9110 section 15.4.8. The URL holds for a while and for GET alone, so nobody may keep it. */
function redirect({ reply }: Call, digest: Digest, location: string): FastifyReply {
  return reply
    .code(307)
    .headers({ Location: location, 'Docker-Content-Digest': digest, 'Cache-Control': 'no-store' })
    .send();
}

function describe(digest: Digest) {
  return {
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    'Accept-Ranges': 'bytes',
    'Cache-Control': FOREVER,
  };
}

function notModified({ reply }: Call, digest: Digest): FastifyReply {
  return reply.code(304).headers(describe(digest)).send();
}

async function sendRanges(
  call: Call,
  reader: BlobReader,
  digest: Digest,
  ranges: readonly ByteRange[],
): Promise<FastifyReply> {
  const [only, ...others] = ranges;
  if (only === undefined || others.length > 0) {
    const { headers, parts } = multipart(ranges, reader.size);
    return send(call, reader, 206, { ...describe(digest), ...headers }, parts);
  }
  const headers = {
    ...describe(digest),
    'Content-Length': only.end - only.start + 1,
    'Content-Range': `bytes ${only.start}-${only.end}/${reader.size}`,
  };
  return send(call, reader, 206, headers, [only]);
}

/** Writes past Fastify: text as it is, ranges from the blob (all of it without `parts`), no faster than the client reads. */
async function send(
  { limits, log, reply, request }: Call,
  reader: BlobReader,
  status: number,
  headers: Readonly<Record<string, string | number>>,
  parts: readonly (string | ByteRange)[] | undefined,
): Promise<FastifyReply> {
  const raw = writeHead(reply, status, headers);
  raw.setTimeout(limits.idle, () => raw.destroy());
  try {
    for (const part of parts ?? [undefined]) {
      if (typeof part === 'string') raw.write(part);
      else await reader.send(raw, part);
    }
    raw.end();
  } catch (error) {
    // The status is sent: a broken connection is all that can still tell the client.
    raw.destroy();
    if (!(error instanceof DestinationClosedError)) {
      log.error({ err: error, id: request.id }, 'a blob could not be read to its end');
    }
  }
  return reply;
}
