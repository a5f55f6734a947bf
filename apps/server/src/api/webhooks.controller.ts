import { Controller, Inject } from '@nestjs/common';
import {
  type Answered,
  BASE,
  createWebhook,
  deleteWebhook,
  listDeliveries,
  listWebhooks,
  pingWebhook,
  redeliver,
  rotateWebhookSecret,
  updateWebhook,
} from '@slipway/api';
import type { Delivery, Webhook } from '@slipway/metadata';
import { Webhooks } from '@slipway/registry';
import { Answers } from './answers.ts';
import { byOf } from './by.ts';
import type { Call } from './call.ts';
import { idOf, pageOf } from './pages.ts';

@Controller(BASE)
export class WebhooksController {
  readonly #webhooks: Webhooks;

  constructor(@Inject(Webhooks) webhooks: Webhooks) {
    this.#webhooks = webhooks;
  }

  @Answers(listWebhooks)
  async list({ parameters, query }: Call<typeof listWebhooks>) {
    const after = idOf(query.after) ?? 0;
    return pageOf(
      query,
      async (_, limit) =>
        (await this.#webhooks.list(parameters.namespace, after, limit)).map(toldWebhook),
      ({ id }) => id,
    );
  }

  @Answers(createWebhook)
  async create(call: Call<typeof createWebhook>): Promise<Answered<typeof createWebhook>> {
    const { namespace } = call.parameters;
    const { webhook, secret } = await this.#webhooks.create(namespace, call.body, byOf(call));
    return { webhook: toldWebhook(webhook), secret };
  }

  @Answers(updateWebhook)
  async update({ parameters, body }: Call<typeof updateWebhook>) {
    const { namespace, webhook } = parameters;
    return toldWebhook(await this.#webhooks.update(namespace, Number(webhook), body));
  }

  @Answers(rotateWebhookSecret)
  async rotate({
    parameters,
  }: Call<typeof rotateWebhookSecret>): Promise<Answered<typeof rotateWebhookSecret>> {
    const { namespace, webhook: id } = parameters;
    const { webhook, secret } = await this.#webhooks.rotate(namespace, Number(id));
    return { webhook: toldWebhook(webhook), secret };
  }

  @Answers(deleteWebhook)
  async delete({ parameters }: Call<typeof deleteWebhook>) {
    await this.#webhooks.delete(parameters.namespace, Number(parameters.webhook));
  }

  @Answers(pingWebhook)
  async ping(call: Call<typeof pingWebhook>) {
    const { namespace, webhook } = call.parameters;
    const by = byOf(call);
    return {
      delivery: String(await this.#webhooks.ping(namespace, Number(webhook), by, new Date())),
    };
  }

  @Answers(listDeliveries)
  async deliveries({ parameters, query }: Call<typeof listDeliveries>) {
    const { namespace, webhook } = parameters;
    const before = idOf(query.after);
    return pageOf(
      query,
      async (_, limit) =>
        (
          await this.#webhooks.deliveries(namespace, Number(webhook), query.state, before, limit)
        ).map(toldDelivery),
      ({ id }) => id,
    );
  }

  @Answers(redeliver)
  async redeliver({ parameters }: Call<typeof redeliver>) {
    const { namespace, webhook, delivery } = parameters;
    await this.#webhooks.redeliver(namespace, Number(webhook), Number(delivery));
  }
}

function toldWebhook({ id, ...webhook }: Webhook) {
  return { ...webhook, id: String(id) };
}

function toldDelivery(delivery: Delivery) {
  const { id, nextAttemptAt, deliveredAt, status, error } = delivery;
  return {
    ...delivery,
    id: String(id),
    nextAttemptAt: nextAttemptAt ?? undefined,
    deliveredAt: deliveredAt ?? undefined,
    status: status ?? undefined,
    error: error ?? undefined,
  };
}
