import { Controller, Inject } from '@nestjs/common';
import {
  BASE,
  deleteTags,
  latestTags,
  listTags,
  rehearseDeletion,
  restoreTag,
  tagHistory,
} from '@slipway/api';
import { may, TagDeletion, TagHistory, TagList } from '@slipway/registry';
import { Answers } from './answers.ts';
import { byOf } from './by.ts';
import { type Call, repositoryOf } from './call.ts';
import { idOf, pageOf } from './pages.ts';

@Controller(BASE)
export class TagsController {
  readonly #history: TagHistory;

  readonly #list: TagList;

  readonly #deletion: TagDeletion;

  constructor(
    @Inject(TagDeletion) deletion: TagDeletion,
    @Inject(TagHistory) history: TagHistory,
    @Inject(TagList) list: TagList,
  ) {
    this.#deletion = deletion;
    this.#history = history;
    this.#list = list;
  }

  @Answers(listTags)
  async list(call: Call<typeof listTags>) {
    const { at, q, sort, after, limit } = call.query;
    const wanted = { at, text: q, order: orderOf(sort), after, limit };
    const { tags, next, total } = await this.#list.page(repositoryOf(call), wanted);
    const items = tags.map((tag) => ({ ...tag, platforms: tag.platforms ?? [] }));
    return { items, next, total };
  }

  @Answers(latestTags)
  async latest({ query, identity }: Call<typeof latestTags>) {
    return { items: await this.#list.latest(identity, query.limit) };
  }

  /** Addresses and credentials are for those who look after the repository. */
  @Answers(tagHistory)
  async history(call: Call<typeof tagHistory>) {
    const { parameters, query, identity, resource } = call;
    const all = resource !== undefined && may(identity, 'maintain', resource).allowed;
    const before = idOf(query.after);
    return pageOf(
      query,
      async (_, limit) => {
        const moves = await this.#history.moves(repositoryOf(call), parameters.tag, before, limit);
        return moves.map(({ credential, address, client, ...move }) => ({
          ...move,
          id: String(move.id),
          ...(all && { credential, address, client }),
        }));
      },
      ({ id }) => id,
    );
  }

  @Answers(restoreTag)
  async restore(call: Call<typeof restoreTag>) {
    const { repository, tag } = call.parameters;
    return this.#history.restore(repository, tag, call.body.digest, byOf(call));
  }

  @Answers(rehearseDeletion)
  async rehearse({ parameters, body }: Call<typeof rehearseDeletion>) {
    return this.#deletion.rehearse(parameters.repository, body.tags);
  }

  @Answers(deleteTags)
  async delete(call: Call<typeof deleteTags>) {
    const { parameters, body } = call;
    const done = await this.#deletion.apply(parameters.repository, body.tags, byOf(call));
    return { ...done, deletion: done.deletion?.toString() };
  }
}

type Sort = Call<typeof listTags>['query']['sort'];

function orderOf(sort: Sort) {
  switch (sort) {
    case 'name':
    case 'pushed':
    case 'size':
    case 'pulls':
      return { by: sort, descending: false };
    case '-name':
      return { by: 'name', descending: true } as const;
    case '-pushed':
      return { by: 'pushed', descending: true } as const;
    case '-size':
      return { by: 'size', descending: true } as const;
    case '-pulls':
      return { by: 'pulls', descending: true } as const;
  }
}
