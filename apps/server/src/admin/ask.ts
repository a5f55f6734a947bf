import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { type Asking, type Endpoint, type Problem, problem, requestOf } from '@slipway/api';
import { operatorFolder, SOCKET, socketPath } from '../operator-path.ts';

const PATIENCE = 120_000;

/** Where the server is: a socket on this machine, or a URL and a token for it. */
export type Place =
  | { readonly kind: 'socket'; readonly dataDir: string }
  | { readonly kind: 'url'; readonly url: string; readonly token: string | undefined };

/** The server refused, and says why. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly problem: Problem;

  constructor(told: Problem) {
    super(told.detail);
    this.problem = told;
  }
}

/** The server is not there, or what is there is none. */
export class NotReached extends Error {
  override readonly name = 'NotReached';
}

/** The answer, as it is on the wire. */
export async function ask(place: Place, endpoint: Endpoint, asking: Asking): Promise<unknown> {
  const { method, path, body } = requestOf(endpoint, asking);
  const headers = {
    'user-agent': 'slipway-admin',
    ...(place.kind === 'url' &&
      place.token !== undefined && { authorization: `Bearer ${place.token}` }),
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }),
  };
  const { status, answer } = await sent(place, path, { method, headers }, body);
  if (status === 204) return undefined;
  const json = parsed(answer);
  if (status >= 200 && status < 300) return json;
  const told = problem.safeParse(json);
  if (told.success) throw new Refused(told.data);
  throw new NotReached(`what answers at ${inWords(place)} is no Slipway: ${status}`);
}

async function sent(
  place: Place,
  path: string,
  options: http.RequestOptions,
  body: string | undefined,
): Promise<{ readonly status: number; readonly answer: string }> {
  const socket = place.kind === 'socket' ? pathOf(place.dataDir) : undefined;
  try {
    return await new Promise((resolve, reject) => {
      const receive = (response: http.IncomingMessage) => {
        text(response).then((answer) => {
          resolve({ status: response.statusCode ?? 0, answer });
        }, reject);
      };
      const request =
        place.kind === 'socket'
          ? http.request({ ...options, path, socketPath: socket?.path }, receive)
          : requestTo(place.url, path, options, receive);
      request.setTimeout(PATIENCE, () => request.destroy(new Error('no answer in time')));
      request.on('error', reject);
      request.end(body);
    });
  } catch (error) {
    throw new NotReached(`${inWords(place)} does not answer: ${reason(place, error)}`, {
      cause: error,
    });
  } finally {
    socket?.close();
  }
}

function requestTo(
  base: string,
  path: string,
  options: http.RequestOptions,
  receive: (response: http.IncomingMessage) => void,
): http.ClientRequest {
  const url = new URL(path, base);
  return (url.protocol === 'https:' ? https : http).request(url, options, receive);
}

function pathOf(dataDir: string) {
  try {
    return socketPath(operatorFolder(dataDir), SOCKET);
  } catch (error) {
    throw new NotReached(`there is no server on ${dataDir}: ${String(error)}`, { cause: error });
  }
}

function inWords(place: Place): string {
  return place.kind === 'socket' ? `the server on ${place.dataDir}` : place.url;
}

function reason({ kind }: Place, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (kind === 'socket' && (code === 'ENOENT' || code === 'ECONNREFUSED')) {
    return 'it does not run, or SLIPWAY_DATA_DIR is another one';
  }
  if (kind === 'socket' && code === 'EACCES') return 'only who started it may open its socket';
  return message;
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return undefined;
  }
}
