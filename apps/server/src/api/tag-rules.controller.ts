import { Controller, Inject } from '@nestjs/common';
import {
  BASE,
  setImmutableTags,
  setImmutableTagsIn,
  showImmutableTags,
  showImmutableTagsIn,
} from '@slipway/api';
import { TagRules } from '@slipway/registry';
import { Answers } from './answers.ts';
import { type Call, repositoryOf } from './call.ts';

@Controller(BASE)
export class TagRulesController {
  readonly #rules: TagRules;

  constructor(@Inject(TagRules) rules: TagRules) {
    this.#rules = rules;
  }

  @Answers(showImmutableTags)
  async show(call: Call<typeof showImmutableTags>) {
    return this.#rules.immutable(repositoryOf(call));
  }

  @Answers(setImmutableTags)
  async set({ parameters, body }: Call<typeof setImmutableTags>) {
    return this.#rules.setImmutable(parameters.repository, body.patterns);
  }

  @Answers(showImmutableTagsIn)
  async showIn({ parameters }: Call<typeof showImmutableTagsIn>) {
    return { patterns: await this.#rules.immutableIn(parameters.namespace) };
  }

  @Answers(setImmutableTagsIn)
  async setIn({ parameters, body }: Call<typeof setImmutableTagsIn>) {
    return { patterns: await this.#rules.setImmutableIn(parameters.namespace, body.patterns) };
  }
}
