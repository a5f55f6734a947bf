import type { Metadata, TagMove } from '@slipway/metadata';
import type { Digest, RepositoryName, Tag } from '@slipway/oci';
import { type By, eventOf, onRepository } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import { existing } from './repositories.ts';

/** What a restored tag points at, and what it pointed at until then. */
export interface Restored {
  readonly tag: Tag;
  readonly digest: Digest;
  /** `undefined` when it had been deleted. */
  readonly before: Digest | undefined;
}

/** Where tags pointed, who moved them, and the way back. */
export class TagHistory {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** At most `limit` moves of a tag, newest first, of those before the move of that id. */
  async moves(
    repository: RepositoryName,
    tag: Tag,
    before: number | undefined,
    limit: number,
  ): Promise<readonly TagMove[]> {
    const { tables } = this.#metadata;
    const moves = await tables.tagMoves.ofTag(repository, tag, before, limit);
    if (moves.length > 0 || before !== undefined) return moves;
    await existing(tables, repository);
    throw neverThere(repository, tag);
  }

  /**
   * Points a tag at what it pointed at once: at `digest`, or where it was before its last move. The way back
   * is a move like any other, so it can be undone too. A manifest that is in the trash comes out of it.
   */
  async restore(
    repository: RepositoryName,
    tag: Tag,
    digest: Digest | undefined,
    by: By,
  ): Promise<Restored> {
    return this.#metadata.transaction(async (tables) => {
      const id = await existing(tables, repository);
      const before = await tables.tags.hold(id, tag);
      const earlier = digest ?? (await tables.tagMoves.before(id, tag));
      if (earlier === undefined) {
        throw before === undefined
          ? neverThere(repository, tag)
          : new RegistryError('history-unknown', `${repository}:${tag} never pointed at another`);
      }
      if (!(await tables.tagMoves.hasPointedAt(id, tag, earlier))) {
        throw new RegistryError(
          'history-unknown',
          `${repository}:${tag} never pointed at ${earlier}; push it under that tag instead`,
          { tag, digest: earlier },
        );
      }
      const deed = onRepository('tag.restore', repository, { kind: 'tag', tag });
      await tables.tagMoves.attribute(eventOf(by, deed, 'done'));
      await tables.trash.takeManifests(id, [earlier]);
      if (!(await tables.manifests.held(id, [earlier])).has(earlier)) {
        throw new RegistryError(
          'manifest-unknown',
          `${repository} has no manifest ${earlier} any more: it was deleted for good after ${tag} had pointed at it`,
          { tag, digest: earlier },
        );
      }
      await tables.tags.set(id, tag, earlier);
      return { tag, digest: earlier, before };
    });
  }
}

function neverThere(repository: RepositoryName, tag: Tag): RegistryError {
  return new RegistryError('history-unknown', `${repository} never had a tag ${tag}`, { tag });
}
