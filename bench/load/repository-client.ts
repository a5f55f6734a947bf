import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { pullAndPush, type Contender } from '../contenders/contender.ts';
import type { Content } from './content.ts';

const IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Content;
}

/** The push protocol of one repository over connections that stay open. */
export class RepositoryClient {
  readonly #contender: Contender;
  readonly #repository: string;
  readonly #scope: string;
  readonly #agent: Agent;

  constructor(
    contender: Contender,
    repository: string,
    { connections = 1, scope = pullAndPush(repository) } = {},
  ) {
    this.#contender = contender;
    this.#repository = repository;
    this.#scope = scope;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  close(): void {
    this.#agent.destroy();
  }

  async hasBlob(digest: string): Promise<boolean> {
    const answer = await this.ask(
      { method: 'HEAD', path: `${this.#path}/blobs/${digest}` },
      [200, 404],
    );
    return answer.status === 200;
  }

  /** POST, then one PUT with all of the bytes. */
  async pushBlob(content: Content): Promise<void> {
    const session = await this.#beginUpload();
    await this.ask(
      {
        method: 'PUT',
        path: withDigest(session, content.digest),
        headers: octets(content.size),
        body: content,
      },
      [201],
    );
  }

  /** POST, one PATCH of unknown length with all of the bytes, as docker does, then an empty PUT. */
  async streamBlob(content: Content): Promise<void> {
    const session = await this.#beginUpload();
    const headers = { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' };
    const { headers: next } = await this.ask(
      { method: 'PATCH', path: session, headers, body: content },
      [202],
    );
    await this.ask(
      {
        method: 'PUT',
        path: withDigest(next.location ?? session, content.digest),
        headers: octets(0),
      },
      [201],
    );
  }

  async pushManifest(
    reference: string,
    manifest: Content,
    mediaType = IMAGE_MANIFEST,
  ): Promise<void> {
    await this.ask(
      {
        method: 'PUT',
        path: `${this.#path}/manifests/${reference}`,
        headers: { 'content-type': mediaType, 'content-length': manifest.size },
        body: manifest,
      },
      [201],
    );
  }

  /** Sends the request and reads the whole answer; one whose status is not expected is an error. */
  async ask(
    { method, path, headers, body }: Question,
    expected: readonly number[],
  ): Promise<Answer> {
    const authorization = await this.#contender.authorize(this.#scope);
    const outgoing = request(new URL(path, this.#contender.url), {
      method,
      agent: this.#agent,
      headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    });
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    const [[response]] = await Promise.all([answered, send(outgoing, body)]);
    const answer = {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: await readAll(response),
    };
    if (expected.includes(answer.status)) return answer;
    throw new Error(
      `${this.#contender.name} answered ${method} ${path} with ${answer.status} ${answer.body.toString()}`,
    );
  }

  get #path(): string {
    return `/v2/${this.#repository}`;
  }

  async #beginUpload(): Promise<string> {
    const { headers } = await this.ask(
      { method: 'POST', path: `${this.#path}/blobs/uploads/`, headers: { 'content-length': 0 } },
      [202],
    );
    return headers.location ?? '';
  }
}

const octets = (size: number): Record<string, string | number> => ({
  'content-type': 'application/octet-stream',
  'content-length': size,
});

function withDigest(location: string, digest: string): string {
  const url = new URL(location, 'http://relative');
  url.searchParams.set('digest', digest);
  return `${url.pathname}${url.search}`;
}

async function send(outgoing: ClientRequest, body: Content | undefined): Promise<void> {
  for (const chunk of body?.chunks() ?? []) {
    if (!outgoing.write(chunk)) await once(outgoing, 'drain');
  }
  outgoing.end();
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
