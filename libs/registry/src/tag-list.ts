import type {
  ListedTag,
  Metadata,
  MovedTag,
  RepositoryId,
  TagOrder,
  TagPlace,
} from '@slipway/metadata';
import type { RepositoryName } from '@slipway/oci';
import type { Identity } from './access.ts';
import { RegistryError } from './errors.ts';
import type { Images } from './images.ts';
import { existing, visibleTo } from './repositories.ts';

/** Which tags of a repository somebody wants to see. */
export interface TagsWanted {
  /** As they were then; `undefined` for as they are. */
  readonly at: Date | undefined;
  /** Part of the name. */
  readonly text: string | undefined;
  readonly order: TagOrder;
  /** The `next` of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface TagsPage {
  readonly tags: readonly ListedTag[];
  readonly next: string | undefined;
  /** How many there are on all pages; `undefined` as they were at a time. */
  readonly total: number | undefined;
}

/** So many configs are read for one page at most, and so many at once. */
const MOST_LOOKED_AT = 200;
const AT_ONCE = 8;

/** A repository's tags, in any order, and the latest of all. */
export class TagList {
  readonly #metadata: Metadata;
  readonly #images: Images;

  constructor(metadata: Metadata, images: Images) {
    this.#metadata = metadata;
    this.#images = images;
  }

  async page(repository: RepositoryName, wanted: TagsWanted): Promise<TagsPage> {
    const { at, text, order, limit } = wanted;
    if (at !== undefined && (order.by !== 'name' || order.descending)) {
      throw new RegistryError(
        'request-invalid',
        'tags as they were at a time are listed by name; leave sort or at',
      );
    }
    const { tables } = this.#metadata;
    const id = await existing(tables, repository);
    const page = { text, after: placeOf(wanted), limit: limit + 1 };
    const [found, total] = await Promise.all([
      at === undefined ? tables.tagList.page(id, order, page) : tables.tagList.asOf(id, at, page),
      at === undefined ? tables.tagList.count(id, text) : undefined,
    ]);
    const tags = found.slice(0, limit);
    const last = found.length > limit ? tags.at(-1) : undefined;
    return {
      tags: await this.#withPlatforms(repository, id, tags),
      next: last && (last.key === '' ? last.name : `${last.key}~${last.name}`),
      total,
    };
  }

  /** At most `limit` tags of whichever repositories they may pull, those that were moved last first. */
  async latest(identity: Identity, limit: number): Promise<readonly MovedTag[]> {
    return this.#metadata.tables.tagList.latest(visibleTo(identity), limit);
  }

  /** What an image runs on stands in its config alone: it is read once, and written down beside the manifest. */
  async #withPlatforms(
    repository: RepositoryName,
    id: RepositoryId,
    tags: readonly (ListedTag & TagPlace)[],
  ): Promise<readonly ListedTag[]> {
    const unknown = tags.filter(({ kind, platforms }) => kind === 'image' && !platforms);
    const left = [...new Set(unknown.map(({ digest }) => digest))].slice(0, MOST_LOOKED_AT);
    if (left.length === 0) return tags;
    const learnt = new Map<ListedTag['digest'], string>();
    const look = async () => {
      for (let digest = left.pop(); digest !== undefined; digest = left.pop()) {
        const platform = await this.#images.platform(repository, digest);
        if (platform !== undefined) learnt.set(digest, platform);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, look));
    await this.#metadata.tables.tagList.learn(id, [...learnt]);
    return tags.map((tag) => {
      const platform = learnt.get(tag.digest);
      if (platform === undefined) return tag;
      return { ...tag, platforms: platform === '' ? [] : [platform] };
    });
  }
}

function placeOf({ after, order }: TagsWanted): TagPlace | undefined {
  if (after === undefined) return undefined;
  if (order.by === 'name') return { key: '', name: after };
  const [, key, name] = /^(\d{1,18})~(.+)$/.exec(after) ?? [];
  if (key === undefined || name === undefined) {
    throw new RegistryError(
      'request-invalid',
      `${after} is not the next of any page in that order`,
    );
  }
  return { key, name };
}
