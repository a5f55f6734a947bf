import { Controller, Inject } from '@nestjs/common';
import { BASE, listTags, restoreTag, tagHistory } from '@slipway/api';
import { may, TagHistory } from '@slipway/registry';
import { Answers } from './answers.ts';
import { byOf } from './by.ts';
import { type Call, repositoryOf } from './call.ts';
import { idOf, pageOf } from './pages.ts';

@Controller(BASE)
export class TagsController {
  readonly #history: TagHistory;

  constructor(@Inject(TagHistory) history: TagHistory) {
    this.#history = history;
  }

  @Answers(listTags)
  async list(call: Call<typeof listTags>) {
    const { query } = call;
    return pageOf(
      query,
      (after, limit) => this.#history.tags(repositoryOf(call), query.at, after, limit),
      ({ name }) => name,
    );
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
}
