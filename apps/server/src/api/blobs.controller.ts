import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { BASE, downloadOf } from '@slipway/api';
import { Blobs, may, refusal, RegistryError, Resources } from '@slipway/registry';
import { readableOf } from '@slipway/storage';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Asker } from './asker.ts';
import { attachment } from './attachment.ts';

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
    const identity = await this.#asker.of(request, reply);
    const asked = downloadOf.safeParse({ ...Object(parameters), ...Object(query) });
    if (!asked.success) throw new RegistryError('request-invalid', z.prettifyError(asked.error));
    const { repository, digest, filename } = asked.data;
    const resource = await this.#resources.repository(repository, 'pull');
    const decision = may(identity, 'pull', resource);
    if (!decision.allowed) throw refusal(identity, 'pull', resource, decision);
    const reader = await this.#blobs.open(resource.name, digest);
    await reply
      .header('Cache-Control', 'private, no-store')
      .header('Content-Disposition', attachment(filename ?? digest))
      .header('Content-Length', reader.size)
      .header('Content-Security-Policy', "default-src 'none'; sandbox")
      .header('X-Content-Type-Options', 'nosniff')
      .type('application/octet-stream')
      .send(readableOf(reader));
  }
}
