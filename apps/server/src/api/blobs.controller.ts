import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { BASE, downloadOf } from '@slipway/api';
import { Blobs, Resources } from '@slipway/registry';
import { readableOf } from '@slipway/storage';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Asker } from './asker.ts';
import { attachment } from './attachment.ts';
import { askedToPull, guarded } from './pulled.ts';

/** The bytes of a blob for a browser: to be kept, never to be shown, whatever they say that they are. */
@Controller(BASE)
export class BlobsController {
  readonly #asker: Asker;
  readonly #blobs: Blobs;
  readonly #resources: Resources;

  constructor(
    @Inject(Asker) asker: Asker,
    @Inject(Blobs) blobs: Blobs,
    @Inject(Resources) resources: Resources,
  ) {
    this.#asker = asker;
    this.#blobs = blobs;
    this.#resources = resources;
  }

  /** A stream of bytes: no answer that an endpoint could describe. */
  @Get('repositories/:repository/blobs/:digest')
  async download(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param() parameters: unknown,
    @Query() query: unknown,
  ): Promise<void> {
    const asking = { request, reply, parameters, query };
    const parts = { asker: this.#asker, resources: this.#resources };
    const { repository, digest, filename } = await askedToPull(parts, downloadOf, asking);
    const reader = await this.#blobs.open(repository, digest);
    await guarded(reply)
      .header('Content-Disposition', attachment(filename ?? digest))
      .header('Content-Length', reader.size)
      .type('application/octet-stream')
      .send(readableOf(reader));
  }
}
