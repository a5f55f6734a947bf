import http, { type Agent, type IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A server, and who speaks to it. */
export interface Peer {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** A buffer goes with its length, anything else in chunks. */
  readonly body?: Buffer | AsyncIterable<Buffer> | undefined;
  readonly agent?: Agent;
}

/** One request and its whole answer; rejects only when the connection is lost before that has come. */
export async function send(
  peer: Peer,
  method: string,
  path: string,
  { headers, body, agent }: RequestOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(path, peer.url), {
      method,
      headers: { authorization: authorizationOf(peer), ...headers },
      ...(agent !== undefined && { agent }),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      response
        .toArray()
        .then((pieces) => {
          resolve({ status, headers, body: Buffer.concat(pieces as Buffer[]) });
        })
        .catch(reject);
    });
    // A server that has answered need not take the rest of the body; one that has not is gone.
    if (body === undefined || Buffer.isBuffer(body)) request.end(body);
    else pipeline(Readable.from(body), request).catch(reject);
  });
}

export function authorizationOf({ username, password }: Peer): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The answer, if it has one of these statuses; else an error that shows it. */
export function expectStatus(answer: Answer, ...statuses: readonly number[]): Answer {
  if (statuses.includes(answer.status)) return answer;
  throw new UnexpectedAnswer(answer, statuses);
}

export class UnexpectedAnswer extends Error {
  readonly answer: Answer;

  constructor(answer: Answer, expected: readonly number[]) {
    super(`${answer.status} instead of ${expected.join(' or ')}: ${answer.body.toString()}`);
    this.answer = answer;
  }
}

/** The first error of a body of the form that clients show to people; throws for any other body. */
export function ociError({ headers, body }: Pick<Answer, 'headers' | 'body'>): {
  readonly code: string;
  readonly message: string;
  readonly detail?: unknown;
} {
  const text = body.toString();
  if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
    throw new Error(`not JSON: ${text}`);
  const { errors } = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] };
  const [first] = errors ?? [];
  const { code, message } = first ?? {};
  if (typeof code === 'string' && typeof message === 'string') return { ...first, code, message };
  throw new Error(`not an error of the distribution protocol: ${text}`);
}
