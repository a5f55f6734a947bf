import type { Metadata, Tables, Trashed, TrashedManifest, TrashFilter } from '@slipway/metadata';
import type { RepositoryName, Tag } from '@slipway/oci';
import { type By, eventOf, onRepository } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import type { GarbageTimes } from './garbage-times.ts';
import { removeRepository } from './removal.ts';
import { existing } from './repositories.ts';

/** A deletion, by its repository and its number there. */
export interface Deletion {
  readonly repository: RepositoryName;
  readonly id: number;
  /** Whether it may have belonged to a namespace that is no more: for the site's administrators. */
  readonly orphans: boolean;
}

/** What came back. */
export interface Returned {
  readonly repository: RepositoryName;
  readonly manifests: number;
  /** Those that point again where they pointed. */
  readonly tags: number;
  /** Those that have been pushed again since, and stay where they are. */
  readonly tagsLeft: readonly Tag[];
}

/** What was deleted, and the way back until its time has come. */
export class Trash {
  readonly #metadata: Metadata;
  readonly #times: GarbageTimes;

  constructor(metadata: Metadata, times: GarbageTimes) {
    this.#metadata = metadata;
    this.#times = times;
  }

  /** At most `limit` deletions, newest first, of those before the one of that number. */
  async list(
    filter: TrashFilter,
    before: number | undefined,
    limit: number,
  ): Promise<readonly Trashed[]> {
    return this.#metadata.tables.trash.list(filter, before, limit);
  }

  async show(deletion: Deletion): Promise<Trashed> {
    return found(this.#metadata.tables, deletion);
  }

  /** At most `limit` of its manifests behind `after`, in the order of their digests. */
  async manifests(
    deletion: Deletion,
    after: string,
    limit: number,
  ): Promise<readonly TrashedManifest[]> {
    await found(this.#metadata.tables, deletion);
    return this.#metadata.tables.trash.manifests(deletion.id, after, limit);
  }

  /**
   * Takes a deletion back: a whole repository, under another name if need be; or manifests, with what they
   * list, and with their tags where those have not been pushed again.
   */
  async restore(deletion: Deletion, to: RepositoryName | undefined, by: By): Promise<Returned> {
    return this.#metadata.transaction(async (tables) => {
      const trashed = await held(tables, deletion);
      if (trashed.kind === 'repository') return restoreRepository(tables, trashed, to);
      if (to !== undefined && to !== trashed.repository) {
        throw new RegistryError(
          'request-invalid',
          `these manifests belong to ${trashed.repository} and come back there; only a whole repository gets another name`,
        );
      }
      return restoreManifests(tables, trashed, this.#times, by);
    });
  }

  /** Deletes for good what a deletion has kept, before its time. */
  async purge(deletion: Deletion, by: By): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const trashed = await held(tables, deletion);
      const deed = onRepository('trash.purge', trashed.repository, undefined);
      await tables.tagMoves.attribute(eventOf(by, deed, 'done'));
      await removeRepository(tables, trashed.id, this.#times);
    });
  }
}

async function restoreRepository(
  tables: Tables,
  { id, repository, manifests, tags }: Trashed,
  to: RepositoryName | undefined,
): Promise<Returned> {
  const name = to ?? repository;
  if (await tables.trash.takeRepository(id, name)) {
    return { repository: name, manifests, tags, tagsLeft: [] };
  }
  throw new RegistryError(
    'name-taken',
    `there is a repository ${name} again; give the one that comes back another name`,
    { name },
  );
}

async function restoreManifests(
  tables: Tables,
  { id, repository }: Trashed,
  times: GarbageTimes,
  by: By,
): Promise<Returned> {
  const of = await existing(tables, repository);
  const deed = onRepository('trash.restore', repository, undefined);
  await tables.tagMoves.attribute(eventOf(by, deed, 'done'));
  const manifests = await tables.trash.takeManifests(of, await tables.trash.digests(id));
  const all = await tables.trash.tags(id);
  const back = new Set(await tables.trash.takeTags(id, of));
  await removeRepository(tables, id, times);
  return {
    repository,
    manifests: manifests.length,
    tags: back.size,
    tagsLeft: all.filter((tag) => !back.has(tag)),
  };
}

async function found(tables: Tables, deletion: Deletion): Promise<Trashed> {
  const { id, repository } = deletion;
  const trashed = await tables.trash.find(id, deletion);
  if (trashed !== undefined) return trashed;
  throw new RegistryError(
    'trash-unknown',
    `the trash of ${repository} has nothing of the number ${id}, or not any more`,
    { repository, id },
  );
}

/** As `found`, for this transaction alone: whoever was before may have ended it. */
async function held(tables: Tables, deletion: Deletion): Promise<Trashed> {
  await tables.trash.hold(deletion.id);
  return found(tables, deletion);
}
