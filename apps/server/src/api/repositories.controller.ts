import { Controller, Inject } from '@nestjs/common';
import {
  BASE,
  createRepository,
  deleteRepository,
  listRepositories,
  moveRepository,
  setVisibility,
  showRepository,
  updateRepository,
} from '@slipway/api';
import { may, refusal, Repositories, Resources } from '@slipway/registry';
import { Answers } from './answers.ts';
import { byOf } from './by.ts';
import { type Call, repositoryOf } from './call.ts';
import { pageOf } from './pages.ts';

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
    const filter = { text: query.q, namespace: query.namespace };
    return pageOf(
      query,
      (after, limit) => this.#repositories.browse(identity, after, limit, filter),
      ({ name }) => name,
    );
  }

  @Answers(createRepository)
  async create({ body }: Call<typeof createRepository>) {
    return this.#repositories.create(body);
  }

  @Answers(showRepository)
  async show(call: Call<typeof showRepository>) {
    return this.#repositories.show(repositoryOf(call));
  }

  @Answers(updateRepository)
  async update({ parameters, body }: Call<typeof updateRepository>) {
    return this.#repositories.update(parameters.repository, body);
  }

  @Answers(setVisibility)
  async setVisibility({ parameters, body }: Call<typeof setVisibility>) {
    return this.#repositories.update(parameters.repository, body);
  }

  @Answers(moveRepository)
  async move({ parameters, body, identity }: Call<typeof moveRepository>) {
    const target = await this.#resources.repository(body.name, 'administer');
    const decision = may(identity, 'administer', target);
    if (!decision.allowed) throw refusal(identity, 'administer', target, decision);
    return this.#repositories.move(parameters.repository, body.name);
  }

  @Answers(deleteRepository)
  async delete(call: Call<typeof deleteRepository>) {
    await this.#repositories.delete(call.parameters.repository, byOf(call));
  }
}
