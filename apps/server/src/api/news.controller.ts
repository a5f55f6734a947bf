import { Readable } from 'node:stream';
import { Controller, Get, Inject, type OnModuleDestroy, Query, Req, Res } from '@nestjs/common';
import { BASE, newsFilter } from '@slipway/api';
import { Metadata } from '@slipway/metadata';
import { parseRepositoryName } from '@slipway/oci';
import {
  type Identity,
  may,
  type News,
  Newsroom,
  RegistryError,
  Resources,
} from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Asker } from './asker.ts';

/** After how many milliseconds a browser comes back to a stream that ended. */
const RETRY = 2000;

type Filter = z.output<typeof newsFilter>;

/** What happens in the repositories that somebody may pull from, as server-sent events. */
@Controller(BASE)
export class NewsController implements OnModuleDestroy {
  readonly #asker: Asker;
  readonly #metadata: Metadata;
  readonly #newsroom: Newsroom;
  readonly #resources: Resources;

  constructor(
    @Inject(Asker) asker: Asker,
    @Inject(Metadata) metadata: Metadata,
    @Inject(Newsroom) newsroom: Newsroom,
    @Inject(Resources) resources: Resources,
  ) {
    this.#asker = asker;
    this.#metadata = metadata;
    this.#newsroom = newsroom;
    this.#resources = resources;
  }

  async onModuleDestroy(): Promise<void> {
    await this.#newsroom.close();
  }

  /** https://html.spec.whatwg.org/multipage/server-sent-events.html: no answer that an endpoint could describe. */
  @Get('events')
  async events(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query() query: unknown,
  ): Promise<void> {
    const identity = await this.#asker.of(request, reply);
    const asked = newsFilter.safeParse(query);
    if (!asked.success) throw new RegistryError('request-invalid', z.prettifyError(asked.error));
    const gone = new AbortController();
    reply.raw.once('close', () => {
      gone.abort();
    });
    const after = cursorOf(request.headers['last-event-id']);
    const news = this.#newsroom.listen(after, gone.signal);
    // Whether there is place for one more is found out before anything is answered.
    const first = await news.next();
    const reader = this.#reader(identity, request, reply);
    await reply
      .header('Cache-Control', 'no-store')
      .header('X-Accel-Buffering', 'no')
      // Its end is that of the connection: a server that stops must not wait for an idle one.
      .header('Connection', 'close')
      .type('text/event-stream; charset=utf-8')
      .send(Readable.from(this.#lines(first, news, reader, asked.data)));
  }

  async *#lines(
    first: IteratorResult<News, void>,
    news: AsyncGenerator<News, void>,
    reader: () => Promise<Identity | undefined>,
    filter: Filter,
  ): AsyncGenerator<string, void> {
    yield `retry: ${RETRY}\n`;
    if (!first.done) yield block(first.value);
    for await (const told of news) {
      const identity = await reader();
      if (identity === undefined) return;
      const { item } = told;
      if (item === undefined || (await this.#concerns(identity, item.repository, filter))) {
        yield block(told);
      }
    }
  }

  async #concerns(identity: Identity, repository: string, filter: Filter): Promise<boolean> {
    const name = parseRepositoryName(repository);
    if (name === undefined) return false;
    if (filter.repository !== undefined && filter.repository !== name) return false;
    if (filter.namespace !== undefined && !name.startsWith(`${filter.namespace}/`)) return false;
    return may(identity, 'pull', await this.#resources.repository(name, 'pull')).allowed;
  }

  /** Who listens, asked again whenever rights may have changed; nobody, once their credential holds no more. */
  #reader(
    identity: Identity,
    request: FastifyRequest,
    reply: FastifyReply,
  ): () => Promise<Identity | undefined> {
    let known: { identity: Identity | undefined; epoch: number | undefined } = {
      identity,
      epoch: this.#metadata.access.epoch,
    };
    return async () => {
      const { epoch } = this.#metadata.access;
      if (epoch === undefined || epoch !== known.epoch) {
        known = { identity: await this.#asker.of(request, reply).catch(refused), epoch };
      }
      return known.identity;
    };
  }
}

function refused(error: unknown): undefined {
  if (!(error instanceof RegistryError)) throw error;
}

function block({ cursor, item }: News): string {
  if (item === undefined) return `id: ${cursor}\n\n`;
  return `id: ${cursor}\nevent: ${item.type}\ndata: ${JSON.stringify(item)}\n\n`;
}

function cursorOf(header: string | readonly string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
