import type {
  ManifestRecord,
  Metadata,
  NewAuditEvent,
  NewManifest,
  RepositoryId,
  Tables,
} from '@slipway/metadata';
import {
  algorithmOf,
  bytesOf,
  type Digest,
  kindOf,
  type Manifest,
  parseManifest,
  platformsOf,
  type Reference,
  type RepositoryName,
  type Successor,
  successors,
  type Tag,
} from '@slipway/oci';
import { type By, eventOf, onRepository } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import type { GarbageTimes } from './garbage-times.ts';
import { digestOfBytes } from './hashing.ts';
import { ManifestCache } from './manifest-cache.ts';
import { deleteManifests } from './removal.ts';
import type { Quotas } from './quotas.ts';
import { existing } from './repositories.ts';

/** Which manifests may point at what the repository lacks: none, indexes (at manifests they list), or any. */
export type SparseManifests = 'none' | 'index' | 'any';

/** A manifest on its way in. */
export interface Push {
  readonly repository: RepositoryName;
  readonly reference: Reference;
  /** More tags for the same manifest. */
  readonly tags: readonly Tag[];
  readonly bytes: Uint8Array;
  /** Without parameters; '' when the client sent none. */
  readonly contentType: string;
  /** What the tag must be before: a manifest with this digest, or not there. */
  readonly expected: Digest | 'absent' | undefined;
}

export interface Pushed {
  readonly digest: Digest;
  readonly subject: Digest | undefined;
  /** What the manifest points at and the repository does not have, where that is permitted. */
  readonly lacking: readonly Digest[];
}

/** What a push writes. */
interface Parts {
  readonly manifest: NewManifest;
  readonly pointsAt: readonly Successor[];
  readonly tags: readonly Tag[];
  readonly events: readonly NewAuditEvent[];
}

/** Manifests, and the tags that name them. */
export class Manifests {
  readonly #metadata: Metadata;
  readonly #times: GarbageTimes;
  readonly #sparse: SparseManifests;
  readonly #cache = new ManifestCache();
  readonly #quotas: Quotas;

  constructor(metadata: Metadata, times: GarbageTimes, sparse: SparseManifests, quotas: Quotas) {
    this.#metadata = metadata;
    this.#times = times;
    this.#sparse = sparse;
    this.#quotas = quotas;
  }

  /** Asks the database every time: another replica may have moved the tag, or taken the manifest out, just now. */
  async stat(repository: RepositoryName, reference: Reference): Promise<ManifestRecord> {
    const { tables } = this.#metadata;
    const found =
      reference.kind === 'tag'
        ? await tables.manifests.byTag(repository, reference.tag)
        : await tables.manifests.byDigest(repository, reference.digest);
    if (found !== undefined) return found;
    await existing(tables, repository);
    throw unknownManifest(repository, reference);
  }

  /** The bytes, exactly as they were pushed. */
  async get(
    repository: RepositoryName,
    reference: Reference,
  ): Promise<ManifestRecord & { readonly content: Buffer }> {
    const record = await this.stat(repository, reference);
    const content =
      this.#cache.get(record.digest) ??
      (await this.#metadata.tables.manifests.content(repository, record.digest));
    if (content === undefined) throw unknownManifest(repository, reference);
    this.#cache.put(record.digest, content);
    return { ...record, content };
  }

  /** Stores the manifest with what it points at, its tags, and who did it, all of it or nothing. */
  async put(push: Push, by?: By): Promise<Pushed> {
    const manifest = parsed(push);
    const { reference } = push;
    const algorithm = reference.kind === 'digest' ? algorithmOf(reference.digest) : 'sha256';
    const digest = digestOfBytes(algorithm, push.bytes);
    if (reference.kind === 'digest' && reference.digest !== digest) {
      throw new RegistryError(
        'digest-mismatch',
        `the manifest that was pushed is ${digest}, not ${reference.digest}`,
        { digest: reference.digest, actual: digest },
      );
    }
    const named = reference.kind === 'tag' ? [reference.tag, ...push.tags] : push.tags;
    // In one order everywhere, so that two pushes of the same tags wait for each other and do not lock up.
    const tags = [...new Set(named)].sort();
    const pointsAt = successors(manifest);
    const stored = {
      digest,
      mediaType: manifest.mediaType,
      size: push.bytes.length,
      content: push.bytes,
      subject: manifest.subject?.digest,
      artifactType: manifest.artifactType,
      annotations: manifest.annotations,
      kind: kindOf(manifest),
      layersSize: bytesOf(manifest.layers),
      platforms: platformsOf(manifest),
    };
    const detail = { digest, mediaType: manifest.mediaType, tags };
    const deed = onRepository('manifest.push', push.repository, reference, detail);
    const events = by === undefined ? [] : [eventOf(by, deed, 'done')];
    const parts = { manifest: stored, pointsAt, tags, events };
    const lacking = await this.#quotas.admit(push.repository, { manifest: digest }, async () =>
      push.expected === undefined && (await this.#putWhole(push, parts))
        ? []
        : this.#putChecked(push, parts),
    );
    return { digest, subject: manifest.subject?.digest, lacking };
  }

  /** What nearly every push is, in one statement: `false`, and nothing done, when it is something else. */
  async #putWhole(
    { repository }: Push,
    { manifest, pointsAt, tags, events }: Parts,
  ): Promise<boolean> {
    const descriptors = pointsAt.map(({ descriptor }) => descriptor);
    const { manifests } = this.#metadata.tables;
    return manifests.putWhole(repository, manifest, { pointsAt: descriptors, tags, events });
  }

  /** Refuses what must be refused; returns what the manifest points at and lacks. */
  async #putChecked(
    push: Push,
    { manifest, pointsAt, tags, events }: Parts,
  ): Promise<readonly Digest[]> {
    return this.#metadata.transaction(async (tables) => {
      const id = await tables.repositories.ensure(push.repository);
      const missing = await this.#requireSuccessors(tables, id, push.repository, pointsAt);
      const digests = pointsAt.map(({ descriptor }) => descriptor.digest);
      await tables.manifests.put(id, manifest, digests);
      const [event] = events;
      if (event !== undefined) await tables.tagMoves.attribute(event);
      for (const tag of tags) await setTag(tables, id, push, tag, manifest.digest);
      if (event !== undefined) await tables.auditEvents.insertOne(event);
      return missing;
    });
  }

  /** Takes a tag away, and nothing else; or a manifest, with all its tags. */
  async delete(repository: RepositoryName, reference: Reference, by?: By): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const id = await existing(tables, repository);
      const action = reference.kind === 'tag' ? 'tag.delete' : 'manifest.delete';
      const event = by && eventOf(by, onRepository(action, repository, reference), 'done');
      if (event !== undefined) {
        await tables.auditEvents.insertOne(event);
        await tables.tagMoves.attribute(event);
      }
      if (reference.kind === 'tag') {
        if (!(await tables.tags.delete(id, reference.tag)))
          throw unknownManifest(repository, reference);
        return;
      }
      await this.#requireUnlisted(tables, id, repository, reference.digest);
      await deleteManifests(
        tables,
        id,
        { tags: [], manifests: [reference.digest] },
        this.#times,
        event,
      );
    });
  }

  /** Nobody begins to refer to the manifest until the transaction ends, and no index does. */
  async #requireUnlisted(
    tables: Tables,
    id: RepositoryId,
    repository: RepositoryName,
    digest: Digest,
  ): Promise<void> {
    if (!(await tables.manifests.lock(id, digest))) {
      throw unknownManifest(repository, { kind: 'digest', digest });
    }
    const parent = await tables.manifests.pointingAt(id, digest);
    if (parent !== undefined) {
      throw new RegistryError(
        'manifest-in-use',
        `${digest} is listed by the index ${parent} in ${repository}; delete that first`,
        { digest, index: parent },
      );
    }
  }

  /** Refuses a manifest that points at what must be there and is not, or has another size; returns what may be missing and is. */
  async #requireSuccessors(
    tables: Tables,
    id: RepositoryId,
    repository: RepositoryName,
    pointsAt: readonly Successor[],
  ): Promise<readonly Digest[]> {
    const digests = pointsAt.map(({ descriptor }) => descriptor.digest);
    if (digests.length === 0) return [];
    const blobs = await tables.blobs.held(id, digests);
    const others = digests.filter((digest) => !blobs.has(digest));
    const manifests =
      others.length === 0 ? new Map<string, number>() : await tables.manifests.held(id, others);
    const missing = pointsAt.filter(
      ({ descriptor: { digest } }) => !blobs.has(digest) && !manifests.has(digest),
    );
    const refused = missing.filter((successor) => !this.#mayLack(successor));
    if (refused.length > 0) throw missingSuccessors(repository, refused);
    for (const { descriptor } of pointsAt) {
      const size = blobs.get(descriptor.digest) ?? manifests.get(descriptor.digest);
      if (size !== undefined && size !== descriptor.size) {
        throw new RegistryError(
          'manifest-invalid',
          `the manifest says that ${descriptor.digest} has ${descriptor.size} bytes, but it has ${size}`,
          { digest: descriptor.digest, size: descriptor.size, actual: size },
        );
      }
    }
    return missing.map(({ descriptor }) => descriptor.digest);
  }

  #mayLack({ kind, foreign }: Successor): boolean {
    return foreign || this.#sparse === 'any' || (this.#sparse === 'index' && kind === 'manifest');
  }
}

function parsed(push: Push): Manifest {
  const result = parseManifest(push.bytes, push.contentType);
  if ('manifest' in result) return result.manifest;
  throw new RegistryError('manifest-invalid', `the manifest is refused: ${result.problem}`);
}

/** The condition is about the tag that the request is addressed to; its other tags follow. */
async function setTag(
  tables: Tables,
  repository: RepositoryId,
  push: Push,
  tag: Tag,
  digest: Digest,
): Promise<void> {
  const conditional = push.reference.kind === 'tag' && push.reference.tag === tag;
  const { expected } = push;
  if (!conditional || expected === undefined) return tables.tags.set(repository, tag, digest);
  const done =
    expected === 'absent'
      ? await tables.tags.create(repository, tag, digest)
      : await tables.tags.move(repository, tag, expected, digest);
  if (done) return;
  throw new RegistryError(
    'tag-moved',
    expected === 'absent'
      ? `${push.repository} has a tag ${tag} already`
      : `${push.repository}:${tag} is not, or no longer, ${expected}`,
    { tag, expected },
  );
}

function unknownManifest(repository: RepositoryName, reference: Reference): RegistryError {
  return reference.kind === 'tag'
    ? new RegistryError('manifest-unknown', `${repository} has no tag ${reference.tag}`, {
        tag: reference.tag,
      })
    : new RegistryError('manifest-unknown', `${repository} has no manifest ${reference.digest}`, {
        digest: reference.digest,
      });
}

function missingSuccessors(
  repository: RepositoryName,
  missing: readonly Successor[],
): RegistryError {
  const digests = missing.map(({ descriptor }) => descriptor.digest);
  const named =
    digests.slice(0, 3).join(', ') + (digests.length > 3 ? ` and ${digests.length - 3} more` : '');
  return new RegistryError(
    'manifest-references-unknown',
    `the manifest points at what ${repository} does not have: ${named}; push that first`,
    digests.map((digest) => ({ digest })),
  );
}
