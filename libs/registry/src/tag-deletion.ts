import type { DeletionSummary, Metadata, RepositoryId, Tables } from '@slipway/metadata';
import type { RepositoryName, Tag } from '@slipway/oci';
import { type By, eventOf, onRepository } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import type { GarbageTimes } from './garbage-times.ts';
import { deleteManifests, holdGoing } from './removal.ts';
import { existing } from './repositories.ts';

export interface DeletedTags {
  readonly tags: number;
  readonly manifests: number;
  /** Its number in the trash, where there is one. */
  readonly deletion: RepositoryId | undefined;
}

/**
 * Takes away tags that people chose, and the manifests that no tag names then, as one deletion that can be
 * taken back. Children, signatures and attestations that live by them alone go along.
 */
export class TagDeletion {
  readonly #metadata: Metadata;
  readonly #times: GarbageTimes;

  constructor(metadata: Metadata, times: GarbageTimes) {
    this.#metadata = metadata;
    this.#times = times;
  }

  /** What would go. Nothing is changed. */
  async rehearse(
    repository: RepositoryName,
    tags: readonly Tag[],
  ): Promise<DeletionSummary & { readonly tags: number }> {
    const { tables } = this.#metadata;
    const id = await existing(tables, repository);
    const chosen = await requireDeletable(tables, id, repository, tags);
    return { tags: chosen.length, ...(await tables.tagDeletion.summary(id, chosen)) };
  }

  async apply(repository: RepositoryName, tags: readonly Tag[], by: By): Promise<DeletedTags> {
    const deleted = (tag: Tag) =>
      eventOf(by, onRepository('tag.delete', repository, { kind: 'tag', tag }), 'done');
    return this.#metadata.transaction(async (tables) => {
      const id = await existing(tables, repository);
      const chosen = await requireDeletable(tables, id, repository, tags);
      const going = await holdGoing(tables, id, () => tables.tagDeletion.going(id, chosen));
      const events = chosen.map(deleted);
      await tables.auditEvents.insert(events);
      const [event] = events;
      if (event !== undefined) await tables.tagMoves.attribute(event);
      const deletion = await deleteManifests(tables, id, going, this.#times, event);
      return { tags: going.tags.length, manifests: going.manifests.length, deletion };
    });
  }
}

/** Each once; refuses, by name, those that are not there and those that are immutable. */
async function requireDeletable(
  tables: Tables,
  id: RepositoryId,
  repository: RepositoryName,
  tags: readonly Tag[],
): Promise<readonly Tag[]> {
  const chosen = [...new Set(tags)];
  const found = await tables.tagDeletion.look(id, chosen);
  const absent = chosen.filter((tag) => !found.has(tag));
  if (absent.length > 0) {
    throw new RegistryError('manifest-unknown', `${repository} has no tag ${named(absent)}`, {
      tags: absent,
    });
  }
  const immutable = chosen.filter((tag) => found.get(tag)?.immutable);
  if (immutable.length > 0) {
    throw new RegistryError(
      'tag-immutable',
      `${named(immutable)} of ${repository} ${immutable.length === 1 ? 'is' : 'are'} immutable; choose only others`,
      { tags: immutable },
    );
  }
  return chosen;
}

const named = (tags: readonly Tag[]) =>
  tags.slice(0, 10).join(', ') + (tags.length > 10 ? ` and ${tags.length - 10} more` : '');
