import { Controller, Inject } from '@nestjs/common';
import {
  BASE,
  createRobot,
  createSecret,
  createTrust,
  deleteRobot,
  deleteTrust,
  listRobots,
  listSecrets,
  listTrusts,
  revokeSecret,
  showRobot,
  updateRobot,
} from '@slipway/api';
import type { RobotTrust, TokenOwner } from '@slipway/metadata';
import { AccessTokens, Robots, type WholeRobot } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';
import { pageOf } from './pages.ts';
import { toAccessToken } from './to-access-token.ts';

@Controller(BASE)
export class RobotsController {
  readonly #robots: Robots;
  readonly #tokens: AccessTokens;

  constructor(@Inject(Robots) robots: Robots, @Inject(AccessTokens) tokens: AccessTokens) {
    this.#robots = robots;
    this.#tokens = tokens;
  }

  @Answers(listRobots)
  async list({ parameters, query }: Call<typeof listRobots>) {
    const { items, next } = await pageOf(
      query,
      (after, limit) => this.#robots.list(parameters.namespace, query.repository, after, limit),
      ({ name }) => name.slice(name.indexOf('+') + 1),
    );
    return { items: items.map(toRobot), next };
  }

  @Answers(createRobot)
  async create({ parameters, body, identity }: Call<typeof createRobot>) {
    const { name, description, repository } = body;
    const robot = { name, description, repository, createdBy: identity.name };
    return toRobot(await this.#robots.create(parameters.namespace, robot));
  }

  @Answers(showRobot)
  async show({ parameters }: Call<typeof showRobot>) {
    return toRobot(await this.#robots.show(parameters.namespace, parameters.robot));
  }

  @Answers(updateRobot)
  async update({ parameters, body }: Call<typeof updateRobot>) {
    return toRobot(await this.#robots.update(parameters.namespace, parameters.robot, body));
  }

  @Answers(deleteRobot)
  async delete({ parameters }: Call<typeof deleteRobot>) {
    await this.#robots.delete(parameters.namespace, parameters.robot);
  }

  @Answers(listSecrets)
  async secrets({ parameters }: Call<typeof listSecrets>) {
    const secrets = await this.#tokens.list(await this.#owner(parameters));
    return { items: secrets.map(toAccessToken) };
  }

  @Answers(createSecret)
  async createSecret({ parameters, body }: Call<typeof createSecret>) {
    const { name, expiresInDays } = body;
    const wanted = { name, expiresInDays, scopes: undefined, api: false };
    const { token, secret } = await this.#tokens.create(await this.#owner(parameters), wanted);
    return { token: toAccessToken(token), secret };
  }

  @Answers(revokeSecret)
  async revokeSecret({ parameters }: Call<typeof revokeSecret>) {
    await this.#tokens.revoke(await this.#owner(parameters), parameters.secret);
  }

  @Answers(listTrusts)
  async trusts({ parameters }: Call<typeof listTrusts>) {
    const trusts = await this.#robots.trusts(parameters.namespace, parameters.robot);
    return { items: trusts.map(toTrust) };
  }

  @Answers(createTrust)
  async createTrust({ parameters, body }: Call<typeof createTrust>) {
    return toTrust(await this.#robots.addTrust(parameters.namespace, parameters.robot, body));
  }

  @Answers(deleteTrust)
  async deleteTrust({ parameters }: Call<typeof deleteTrust>) {
    const { namespace, robot, trust } = parameters;
    await this.#robots.removeTrust(namespace, robot, Number(trust));
  }

  async #owner({ namespace, robot }: Call<typeof showRobot>['parameters']): Promise<TokenOwner> {
    return { kind: 'robot', id: (await this.#robots.show(namespace, robot)).id };
  }
}

function toRobot(robot: WholeRobot) {
  return { ...robot, grants: robot.grants.map(({ id, ...rest }) => ({ ...rest, id: String(id) })) };
}

function toTrust(trust: RobotTrust) {
  return { ...trust, id: String(trust.id) };
}
