import type { ManifestRecord } from '@slipway/metadata';
import { type Digest, parseDigest } from '@slipway/oci';
import { RegistryError } from '@slipway/registry';
import type { FastifyReply } from 'fastify';
import { type Call, parameter, queries, requireReference, requireTag } from './call.ts';
import { entityTags, isCurrent } from './entity-tags.ts';
import { sendBytes } from './past-fastify.ts';
import { manifestBody } from './request-body.ts';
import { warning } from './warning.ts';

/** Tags that one push may set (distribution-spec main asks for 10 at least; the URL's length sets a limit of its own). */
const MOST_TAGS = 100;

export async function headManifest(call: Call): Promise<FastifyReply> {
  const record = await call.registry.manifests.stat(
    call.repository,
    requireReference(parameter(call, 'reference')),
  );
  return isCurrent(call, record.digest) ? notModified(call, record) : describe(call, record).send();
}

export async function getManifest(call: Call): Promise<FastifyReply> {
  const { manifests, pulls } = call.registry;
  const { content, ...record } = await manifests.get(
    call.repository,
    requireReference(parameter(call, 'reference')),
  );
  pulls.note(call.repository, record.digest);
  return isCurrent(call, record.digest)
    ? notModified(call, record)
    : sendBytes(describe(call, record), content);
}

export async function putManifest(call: Call): Promise<FastifyReply> {
  const { registry, reply, repository, request } = call;
  const reference = requireReference(parameter(call, 'reference'));
  const tags = queries(call, 'tag').map(requireTag);
  if (tags.length > MOST_TAGS) {
    throw new RegistryError(
      'tag-invalid',
      `${tags.length} tags in one push are more than ${MOST_TAGS}`,
    );
  }
  const expected = expectedTag(request.headers['if-match'], request.headers['if-none-match']);
  if (expected !== undefined && reference.kind === 'digest') {
    throw new RegistryError(
      'request-invalid',
      'If-Match and If-None-Match are about a tag; push to that tag instead of the digest',
    );
  }
  const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  const bytes = await manifestBody(call);
  const { digest, subject, lacking } = await registry.manifests.put(
    { repository, reference, tags, bytes, contentType, expected },
    call,
  );
  if (subject !== undefined) reply.header('OCI-Subject', subject);
  if (tags.length > 0) reply.header('OCI-Tag', tags.join(', '));
  const [first, ...others] = lacking;
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    reply.header(
      'Warning',
      warning(`${repository} does not have ${first}${more}, which this manifest points at`),
    );
  }
  return reply
    .code(201)
    .header('Location', `/v2/${repository}/manifests/${digest}`)
    .header('Docker-Content-Digest', digest)
    .header('ETag', `"${digest}"`)
    .send();
}

export async function deleteManifest(call: Call): Promise<FastifyReply> {
  await call.registry.manifests.delete(
    call.repository,
    requireReference(parameter(call, 'reference')),
    call,
  );
  return call.reply.code(202).send();
}

function describe({ reply }: Call, record: ManifestRecord): FastifyReply {
  return identify(reply, record)
    .header('Content-Type', record.mediaType)
    .header('Content-Length', record.size);
}

function identify(reply: FastifyReply, { digest }: ManifestRecord): FastifyReply {
  return reply.header('Docker-Content-Digest', digest).header('ETag', `"${digest}"`);
}

function notModified({ reply }: Call, record: ManifestRecord): FastifyReply {
  return identify(reply, record).code(304).send();
}

/** Compare-and-swap of a tag: `If-Match` names the digest it must have, `If-None-Match: *` says it must not be there. */
function expectedTag(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): Digest | 'absent' | undefined {
  if (ifNoneMatch?.trim() === '*') return 'absent';
  if (ifMatch === undefined) return undefined;
  const [only, ...others] = entityTags(ifMatch);
  const digest = parseDigest(only ?? '');
  if (digest !== undefined && others.length === 0) return digest;
  throw new RegistryError(
    'digest-invalid',
    'If-Match is not the ETag of one manifest, such as "sha256:…"',
  );
}
