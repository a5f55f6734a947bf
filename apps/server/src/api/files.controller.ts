import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import {
  type Answered,
  BASE,
  compareFiles,
  fileOf,
  listFiles,
  searchFiles,
  showSpace,
} from '@slipway/api';
import { Files, Resources, type Wanted } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers } from './answers.ts';
import { Asker } from './asker.ts';
import { attachment } from './attachment.ts';
import { type Call, repositoryOf } from './call.ts';
import { askedToPull, guarded } from './pulled.ts';

const FILE = 'repositories/:repository/images/:reference/files';

@Controller(BASE)
export class FilesController {
  readonly #asker: Asker;
  readonly #files: Files;
  readonly #resources: Resources;

  constructor(
    @Inject(Asker) asker: Asker,
    @Inject(Files) files: Files,
    @Inject(Resources) resources: Resources,
  ) {
    this.#asker = asker;
    this.#files = files;
    this.#resources = resources;
  }

  @Answers(listFiles)
  async list(call: Call<typeof listFiles>): Promise<Answered<typeof listFiles>> {
    const { path, after, limit } = call.query;
    return this.#files.list(wantedBy(call), path, { after, limit });
  }

  @Answers(searchFiles)
  async search(call: Call<typeof searchFiles>): Promise<Answered<typeof searchFiles>> {
    const { text, after, limit } = call.query;
    return this.#files.search(wantedBy(call), text, { after, limit });
  }

  @Answers(showSpace)
  async space(call: Call<typeof showSpace>): Promise<Answered<typeof showSpace>> {
    return this.#files.space(wantedBy(call));
  }

  @Answers(compareFiles)
  async compare(call: Call<typeof compareFiles>): Promise<Answered<typeof compareFiles>> {
    const { from, to, platform, toPlatform = platform, after, limit } = call.query;
    const repository = repositoryOf(call);
    return this.#files.compare(
      { repository, reference: from, platform },
      { repository, reference: to, platform: toPlatform },
      { after, limit },
    );
  }

  /** A file to be shown, which a browser takes for nothing but text. */
  @Get(`${FILE}/text`)
  async text(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param() parameters: unknown,
    @Query() query: unknown,
  ): Promise<void> {
    const { wanted, path } = await this.#asked(request, reply, parameters, query);
    const text = await this.#files.text(wanted, path);
    await guarded(reply).type('text/plain; charset=utf-8').send(text);
  }

  /** A file to be kept. */
  @Get(`${FILE}/download`)
  async download(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param() parameters: unknown,
    @Query() query: unknown,
  ): Promise<void> {
    const { wanted, path } = await this.#asked(request, reply, parameters, query);
    const { name, size, content } = await this.#files.download(wanted, path);
    await guarded(reply)
      .header('Content-Disposition', attachment(name))
      .header('Content-Length', size)
      .type('application/octet-stream')
      .send(Readable.from(content, { objectMode: false }));
  }

  async #asked(
    request: FastifyRequest,
    reply: FastifyReply,
    parameters: unknown,
    query: unknown,
  ): Promise<{ readonly wanted: Wanted; readonly path: string }> {
    const asking = { request, reply, parameters, query };
    const parts = { asker: this.#asker, resources: this.#resources };
    const asked = await askedToPull(parts, fileOf, asking);
    const { repository, reference, platform, layer, path } = asked;
    return { wanted: { repository, reference, platform, layer }, path };
  }
}

function wantedBy(call: Call<typeof listFiles | typeof searchFiles | typeof showSpace>): Wanted {
  const { platform, layer } = call.query;
  const { reference } = call.parameters;
  return { repository: repositoryOf(call), reference, platform, layer };
}
