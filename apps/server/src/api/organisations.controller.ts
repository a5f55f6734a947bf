import { Controller, Inject } from '@nestjs/common';
import {
  BASE,
  createOrganisation,
  deleteOrganisation,
  leaveOrganisation,
  listMembers,
  listOrganisations,
  putMember,
  removeMember,
  renameOrganisation,
  showOrganisation,
  updateOrganisation,
} from '@slipway/api';
import { Organisations } from '@slipway/registry';
import { Answers } from './answers.ts';
import { byOf } from './by.ts';
import type { Call } from './call.ts';
import { fateOf } from './fate.ts';
import { pageOf } from './pages.ts';

@Controller(BASE)
export class OrganisationsController {
  readonly #organisations: Organisations;

  constructor(@Inject(Organisations) organisations: Organisations) {
    this.#organisations = organisations;
  }

  @Answers(listOrganisations)
  async list({ query, identity }: Call<typeof listOrganisations>) {
    return pageOf(
      query,
      (after, limit) => this.#organisations.list(identity, after, limit),
      ({ name }) => name,
    );
  }

  @Answers(createOrganisation)
  async create({ body, identity }: Call<typeof createOrganisation>) {
    const { name, displayName, createOnPush, owner, adopt } = body;
    const organisation = { name, displayName, createOnPush, owner };
    return this.#organisations.create(organisation, { by: identity, adopt });
  }

  @Answers(showOrganisation)
  async show({ parameters }: Call<typeof showOrganisation>) {
    return this.#organisations.show(parameters.organisation);
  }

  @Answers(updateOrganisation)
  async update({ parameters, body }: Call<typeof updateOrganisation>) {
    return this.#organisations.update(parameters.organisation, body);
  }

  @Answers(renameOrganisation)
  async rename({ parameters, body, identity }: Call<typeof renameOrganisation>) {
    const naming = { by: identity, adopt: body.adopt };
    return this.#organisations.rename(parameters.organisation, body.name, naming);
  }

  @Answers(deleteOrganisation)
  async delete(call: Call<typeof deleteOrganisation>) {
    await this.#organisations.delete(call.parameters.organisation, fateOf(call.query), byOf(call));
  }

  @Answers(listMembers)
  async members({ parameters, query }: Call<typeof listMembers>) {
    return pageOf(
      query,
      (after, limit) => this.#organisations.members(parameters.organisation, after, limit),
      ({ username }) => username,
    );
  }

  @Answers(putMember)
  async putMember({ parameters, body }: Call<typeof putMember>) {
    const { organisation, username } = parameters;
    await this.#organisations.putMember(organisation, username, body.role);
  }

  @Answers(removeMember)
  async removeMember({ parameters }: Call<typeof removeMember>) {
    await this.#organisations.removeMember(parameters.organisation, parameters.username);
  }

  @Answers(leaveOrganisation)
  async leave({ parameters, identity }: Call<typeof leaveOrganisation>) {
    await this.#organisations.removeMember(parameters.organisation, identity.name);
  }
}
