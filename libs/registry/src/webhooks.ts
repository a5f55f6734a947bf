import { randomBytes } from 'node:crypto';
import type {
  Delivery,
  Metadata,
  NamespaceId,
  Tables,
  Webhook,
  WebhookEventType,
} from '@slipway/metadata';
import type { By } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import { existingNamespace } from './namespaces.ts';

/** A webhook with the secret that its deliveries are signed with: the only time that anybody sees it. */
export interface WebhookWithSecret {
  readonly webhook: Webhook;
  readonly secret: string;
}

/** What is `undefined` stays as it is. */
type Change = {
  readonly [Field in 'name' | 'url' | 'events' | 'format' | 'enabled']?: Webhook[Field] | undefined;
};

const MOST_IN_ONE_NAMESPACE = 50;

/** Who is told what happens in a namespace, and what became of what they were told. */
export class Webhooks {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  async list(namespace: string, after: number, limit: number): Promise<readonly Webhook[]> {
    const { tables } = this.#metadata;
    const { id } = await existingNamespace(tables, namespace);
    return tables.webhooks.list(id, after, limit);
  }

  async create(
    namespace: string,
    webhook: Pick<Webhook, 'name' | 'url' | 'events' | 'format'>,
    by: By,
  ): Promise<WebhookWithSecret> {
    const secret = newSecret();
    return this.#metadata.transaction(async (tables) => {
      const { id } = await existingNamespace(tables, namespace);
      const others = await tables.webhooks.list(id, 0, MOST_IN_ONE_NAMESPACE);
      if (others.length === MOST_IN_ONE_NAMESPACE) {
        throw new RegistryError(
          'conflict',
          `${namespace} has ${MOST_IN_ONE_NAMESPACE} webhooks; delete one first`,
        );
      }
      const made = { ...webhook, secret, createdBy: by.identity.name };
      return { webhook: await tables.webhooks.insert(id, made), secret };
    });
  }

  async update(namespace: string, id: number, change: Change): Promise<Webhook> {
    const { tables } = this.#metadata;
    const of = await existing(tables, namespace, id);
    await tables.webhooks.update(id, change);
    return found(tables, namespace, of, id);
  }

  /** Another secret; the one before signs nothing any more. */
  async rotate(namespace: string, id: number): Promise<WebhookWithSecret> {
    const { tables } = this.#metadata;
    const of = await existing(tables, namespace, id);
    const secret = newSecret();
    await tables.webhooks.update(id, { secret });
    return { webhook: await found(tables, namespace, of, id), secret };
  }

  async delete(namespace: string, id: number): Promise<void> {
    const { tables } = this.#metadata;
    await existing(tables, namespace, id);
    await tables.webhooks.delete(id);
  }

  /** Something to tell, so that one sees whether it arrives; returns the delivery's number. */
  async ping(namespace: string, id: number, by: By, now: Date): Promise<number> {
    const { tables } = this.#metadata;
    await existing(tables, namespace, id);
    return tables.webhooks.tell(id, 'ping' satisfies WebhookEventType, {
      at: now.toISOString(),
      action: 'webhooks.ping',
      actor: by.identity.name,
      resource: namespace,
      address: by.asking.address,
      client: by.asking.client,
      requestId: by.asking.requestId,
      detail: null,
    });
  }

  async deliveries(
    namespace: string,
    id: number,
    state: Delivery['state'] | undefined,
    before: number | undefined,
    limit: number,
  ): Promise<readonly Delivery[]> {
    const { tables } = this.#metadata;
    await existing(tables, namespace, id);
    return tables.webhooks.deliveries(id, state, before, limit);
  }

  async redeliver(namespace: string, id: number, delivery: number): Promise<void> {
    const { tables } = this.#metadata;
    await existing(tables, namespace, id);
    if (await tables.webhooks.redeliver(id, delivery)) return;
    throw new RegistryError(
      'webhook-unknown',
      `the webhook ${id} of ${namespace} has no delivery ${delivery}, or not any more`,
    );
  }
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

async function existing(tables: Tables, namespace: string, id: number): Promise<NamespaceId> {
  const of = (await existingNamespace(tables, namespace)).id;
  await found(tables, namespace, of, id);
  return of;
}

async function found(
  tables: Tables,
  namespace: string,
  of: NamespaceId,
  id: number,
): Promise<Webhook> {
  const webhook = await tables.webhooks.find(of, id);
  if (webhook !== undefined) return webhook;
  throw new RegistryError('webhook-unknown', `${namespace} has no webhook ${id}`, { id });
}
