import { OCI_INDEX } from '@slipway/oci';
import type { Referrer } from '@slipway/metadata';
import type { FastifyReply } from 'fastify';
import { type Call, parameter, query, requireDigest } from './call.ts';
import { nextLink, pageAsked } from './pagination.ts';

/** end-8a and end-8b */
export async function listTags(call: Call): Promise<FastifyReply> {
  const { registry, reply, repository } = call;
  const { limit, after } = pageAsked(call);
  const { names, more } = await registry.repositories.tags(repository, after, limit);
  const last = names.at(-1);
  if (more && last !== undefined) {
    reply.header('Link', nextLink(`/v2/${repository}/tags/list`, { n: String(limit), last }));
  }
  return reply.send({ name: repository, tags: names });
}

/** The catalog of Docker's registry API, which OCI left out: every repository that the client may pull, by pages. */
export async function listRepositories(call: Omit<Call, 'repository'>): Promise<FastifyReply> {
  const { registry, reply, identity } = call;
  const { limit, after } = pageAsked(call);
  const { names, more } = await registry.repositories.list(identity, after, limit);
  const last = names.at(-1);
  if (more && last !== undefined)
    reply.header('Link', nextLink('/v2/_catalog', { n: String(limit), last }));
  return reply.send({ repositories: names });
}

/** end-12a and end-12b: an image index of what names the digest as its subject; empty, never 404. */
export async function listReferrers(call: Call): Promise<FastifyReply> {
  const { registry, reply, repository } = call;
  const subject = requireDigest(parameter(call, 'digest'));
  const artifactType = query(call, 'artifactType');
  const after = query(call, 'last') ?? '';
  const { referrers, more } = await registry.referrers.list(repository, subject, {
    artifactType,
    after,
  });
  const last = referrers.at(-1);
  if (more && last !== undefined) {
    const filter = artifactType === undefined ? {} : { artifactType };
    reply.header(
      'Link',
      nextLink(`/v2/${repository}/referrers/${subject}`, { ...filter, last: last.digest }),
    );
  }
  if (artifactType !== undefined) reply.header('OCI-Filters-Applied', 'artifactType');
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: referrers.map(descriptor) };
  // A buffer, for Fastify would add a charset to the media type, and clients compare it whole.
  return reply.header('Content-Type', OCI_INDEX).send(Buffer.from(JSON.stringify(index)));
}

function descriptor({ mediaType, digest, size, artifactType, annotations }: Referrer) {
  return { mediaType, digest, size, artifactType, annotations };
}
