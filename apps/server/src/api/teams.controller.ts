import { Controller, Inject } from '@nestjs/common';
import {
  addTeamGroup,
  addTeamMember,
  BASE,
  createTeam,
  deleteTeam,
  listTeams,
  removeTeamGroup,
  removeTeamMember,
  showTeam,
  updateTeam,
} from '@slipway/api';
import { Teams, type WholeTeam } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';
import { pageOf } from './pages.ts';

@Controller(BASE)
export class TeamsController {
  readonly #teams: Teams;

  constructor(@Inject(Teams) teams: Teams) {
    this.#teams = teams;
  }

  @Answers(listTeams)
  async list({ parameters, query }: Call<typeof listTeams>) {
    return pageOf(
      query,
      (after, limit) => this.#teams.list(parameters.organisation, after, limit),
      ({ name }) => name,
    );
  }

  @Answers(createTeam)
  async create({ parameters, body }: Call<typeof createTeam>): Promise<WholeTeam> {
    return this.#teams.create(parameters.organisation, body.name, body.description);
  }

  @Answers(showTeam)
  async show({ parameters }: Call<typeof showTeam>): Promise<WholeTeam> {
    return this.#teams.show(parameters.organisation, parameters.team);
  }

  @Answers(updateTeam)
  async update({ parameters, body }: Call<typeof updateTeam>): Promise<WholeTeam> {
    return this.#teams.update(parameters.organisation, parameters.team, body);
  }

  @Answers(deleteTeam)
  async delete({ parameters }: Call<typeof deleteTeam>) {
    await this.#teams.delete(parameters.organisation, parameters.team);
  }

  @Answers(addTeamMember)
  async addMember({ parameters }: Call<typeof addTeamMember>) {
    const { organisation, team, username } = parameters;
    await this.#teams.addMember(organisation, team, username);
  }

  @Answers(removeTeamMember)
  async removeMember({ parameters }: Call<typeof removeTeamMember>) {
    const { organisation, team, username } = parameters;
    await this.#teams.removeMember(organisation, team, username);
  }

  @Answers(addTeamGroup)
  async addGroup({ parameters, body }: Call<typeof addTeamGroup>) {
    await this.#teams.addGroup(parameters.organisation, parameters.team, body);
  }

  @Answers(removeTeamGroup)
  async removeGroup({ parameters, query }: Call<typeof removeTeamGroup>) {
    await this.#teams.removeGroup(parameters.organisation, parameters.team, query);
  }
}
