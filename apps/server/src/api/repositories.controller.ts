import { Controller, Inject } from '@nestjs/common';
import {
  BASE,
  createRepository,
  deleteRepository,
  listRepositories,
  moveRepository,
  setReadme,
  setVisibility,
  showRepository,
  updateRepository,
} from '@slipway/api';
import { may, refusal, Repositories, Resources } from '@slipway/registry';
import { Answers } from './answers.ts';
import { byOf } from './by.ts';
import { type Call, repositoryOf } from './call.ts';

const ACTIONS = ['pull', 'push', 'delete', 'maintain', 'administer'] as const;

@Controller(BASE)
export class RepositoriesController {
  readonly #repositories: Repositories;
  readonly #resources: Resources;

  constructor(
    @Inject(Repositories) repositories: Repositories,
    @Inject(Resources) resources: Resources,
  ) {
    this.#repositories = repositories;
    this.#resources = resources;
  }

  @Answers(listRepositories)
  async list({ query, identity }: Call<typeof listRepositories>) {
    const { q, namespace, favourite, sort, after, limit } = query;
    const by = sort === 'name' ? 'name' : 'last-pushed';
    const { repositories, next } = await this.#repositories.browse(
      identity,
      { by, after, limit },
      { text: q, namespace, favourite },
    );
    return { items: repositories, next };
  }

  @Answers(createRepository)
  async create({ body }: Call<typeof createRepository>) {
    return this.#repositories.create(body);
  }

  @Answers(showRepository)
  async show(call: Call<typeof showRepository>) {
    const { identity, resource } = call;
    const shown = await this.#repositories.show(repositoryOf(call), identity);
    const actions = resource === undefined ? [] : ACTIONS;
    return {
      ...shown,
      may: actions.filter((action) => resource && may(identity, action, resource).allowed),
    };
  }

  @Answers(updateRepository)
  async update({ parameters, body, identity }: Call<typeof updateRepository>) {
    return this.#repositories.update(parameters.repository, body, identity);
  }

  @Answers(setReadme)
  async setReadme({ parameters, body, identity }: Call<typeof setReadme>) {
    const { readme } = await this.#repositories.update(parameters.repository, body, identity);
    return { readme };
  }

  @Answers(setVisibility)
  async setVisibility({ parameters, body, identity }: Call<typeof setVisibility>) {
    return this.#repositories.update(parameters.repository, body, identity);
  }

  @Answers(moveRepository)
  async move({ parameters, body, identity }: Call<typeof moveRepository>) {
    const target = await this.#resources.repository(body.name, 'administer');
    const decision = may(identity, 'administer', target);
    if (!decision.allowed) throw refusal(identity, 'administer', target, decision);
    return this.#repositories.move(parameters.repository, body.name, identity);
  }

  @Answers(deleteRepository)
  async delete(call: Call<typeof deleteRepository>) {
    await this.#repositories.delete(call.parameters.repository, byOf(call));
  }
}
