import { Controller, Inject } from '@nestjs/common';
import {
  type Answered,
  applyRetention,
  BASE,
  rehearseRetention,
  setRetention,
  setRetentionIn,
  showRetention,
  showRetentionIn,
} from '@slipway/api';
import { Retention } from '@slipway/registry';
import { Answers } from './answers.ts';
import { byOf } from './by.ts';
import { type Call, repositoryOf } from './call.ts';
import { pageOf } from './pages.ts';

const GOING = { all: undefined, going: true, staying: false } as const;

@Controller(BASE)
export class RetentionController {
  readonly #retention: Retention;

  constructor(@Inject(Retention) retention: Retention) {
    this.#retention = retention;
  }

  @Answers(showRetention)
  async show(call: Call<typeof showRetention>): Promise<Answered<typeof showRetention>> {
    return this.#retention.show(repositoryOf(call));
  }

  @Answers(setRetention)
  async set({
    parameters,
    body,
  }: Call<typeof setRetention>): Promise<Answered<typeof setRetention>> {
    return this.#retention.set(parameters.repository, body);
  }

  @Answers(showRetentionIn)
  async showIn({
    parameters,
  }: Call<typeof showRetentionIn>): Promise<Answered<typeof showRetentionIn>> {
    return { policy: await this.#retention.showIn(parameters.namespace) };
  }

  @Answers(setRetentionIn)
  async setIn({
    parameters,
    body,
  }: Call<typeof setRetentionIn>): Promise<Answered<typeof setRetentionIn>> {
    return { policy: await this.#retention.setIn(parameters.namespace, body) };
  }

  @Answers(rehearseRetention)
  async rehearse({
    parameters,
    query,
    body,
  }: Call<typeof rehearseRetention>): Promise<Answered<typeof rehearseRetention>> {
    const { repository } = parameters;
    const { rules, protect, untaggedDays } = body;
    const proposed =
      (rules ?? protect ?? untaggedDays) === undefined
        ? undefined
        : { rules: rules ?? [], protect: protect ?? [], untaggedDays };
    const summary = await this.#retention.rehearse(repository, proposed);
    const tags = await pageOf(
      query,
      (after, limit) =>
        this.#retention.judge(repository, proposed, { after, limit, going: GOING[query.show] }),
      ({ name }) => name,
    );
    return { ...summary, ...tags };
  }

  @Answers(applyRetention)
  async apply(call: Call<typeof applyRetention>): Promise<Answered<typeof applyRetention>> {
    return this.#retention.apply(call.parameters.repository, byOf(call));
  }
}
