import http from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Question {
  /** Sent as they are; a list becomes a header field for each of its values. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A whole body is announced by its length, one that comes in pieces is not. */
  readonly body?: string | Buffer | AsyncIterable<Buffer>;
}

export interface Answer {
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Each value of a header that came more than once. */
  readonly each: (name: string) => readonly string[];
  readonly json: () => unknown;
}

/** One request over a connection of its own. Neither the path nor a header is tidied on the way. */
export async function exchange(
  port: number,
  method: string,
  path: string,
  { headers = {}, body }: Question = {},
): Promise<Answer> {
  const request = http.request({
    host: '127.0.0.1',
    port,
    method,
    path,
    agent: false,
    headers: headers as http.OutgoingHttpHeaders,
  });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
  });
  // A server may answer, and close, before it has read everything.
  const sent = send(request, body).catch(() => undefined);
  const response = await answered;
  const received: Buffer[] = [];
  for await (const chunk of response) received.push(chunk as Buffer);
  await sent;
  const bytes = Buffer.concat(received);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(response.headersDistinct).map(([name, values]) => [name, values?.join(', ')]),
    ),
    body: bytes,
    each: (name) => response.headersDistinct[name] ?? [],
    json: () => JSON.parse(bytes.toString('utf8')) as unknown,
  };
}

async function send(request: http.ClientRequest, body: Question['body']): Promise<void> {
  if (body === undefined) {
    request.end();
  } else if (typeof body === 'string' || Buffer.isBuffer(body)) {
    request.setHeader('Content-Length', Buffer.byteLength(body));
    request.end(body);
  } else {
    await pipeline(Readable.from(body), request);
  }
}

/** Status and code of a refusal, which has the body that registry clients show to people, whatever refused. */
export function refusal(answer: Answer): readonly [status: number, code: string] {
  expect(answer.headers['content-type']).toMatch(/^application\/json(;|$)/);
  const { errors } = answer.json() as { errors: { code: string; message: string }[] };
  for (const { code, message } of errors) {
    expect(code).toMatch(/^[A-Z_]+$/);
    expect(message).not.toBe('');
    expect(code).toBe(errors[0]?.code);
  }
  return [answer.status, errors[0]?.code ?? 'no error'];
}
