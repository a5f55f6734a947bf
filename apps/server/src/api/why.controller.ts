import { Controller, Inject } from '@nestjs/common';
import { BASE, why } from '@slipway/api';
import { type About, Explanations, RegistryError } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';

@Controller(BASE)
export class WhyController {
  readonly #explanations: Explanations;

  constructor(@Inject(Explanations) explanations: Explanations) {
    this.#explanations = explanations;
  }

  @Answers(why)
  async why({ query, identity }: Call<typeof why>) {
    const { action, repository } = query;
    const about = aboutOf(query, identity.name);
    const explanation = await this.#explanations.explain(identity, action, repository, about);
    return {
      ...explanation,
      rights: explanation.rights.map(({ pattern, ...right }) => ({
        ...right,
        repositories: pattern,
      })),
    };
  }
}

/** Who names themselves asks about themselves, with the credential that they came with. */
function aboutOf({ account, robot }: Call<typeof why>['query'], self: string): About {
  if (account !== undefined && robot !== undefined) {
    throw new RegistryError('request-invalid', 'say an account or a robot, not both');
  }
  const name = account ?? robot;
  if (name === undefined || name === self) return { kind: 'self' };
  return { kind: account === undefined ? 'robot' : 'account', name };
}
