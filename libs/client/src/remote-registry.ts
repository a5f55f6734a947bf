import { Authorization, type Credentials } from './authorization.ts';
import { RemoteError } from './errors.ts';
import { ordinaryPatience, type Patience, readRetryAfter, withRetry } from './retry.ts';

export interface RemoteOptions {
  readonly credentials?: Credentials | undefined;
  readonly patience?: Patience;
  readonly now?: () => number;
}

export interface RemoteRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes can be sent again, a stream cannot: with one there is no second attempt. */
  readonly body?: Uint8Array | ReadableStream;
  /** What a token must allow, such as `repository:acme/app:pull`. */
  readonly scope: string;
  /** Statuses to hand back; any other is an error. */
  readonly expected: readonly number[];
  /** What was asked for, for messages: `acme/app:1`. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;
/** Docker Hub's name is not where its registry is. */
const ADDRESSES: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };
const REFUSAL_LIMIT = 64 * 1024;
const CONNECT_TIMEOUT = 30_000;

/**
 * Requests to one registry: signed, made again when that may help, refusals turned into `RemoteError`s. HTTPS,
 * and plain HTTP on this machine's own addresses when nobody speaks TLS there, as with Docker.
 */
export class RemoteRegistry {
  readonly host: string;
  readonly patience: Patience;
  readonly #now: () => number;
  readonly #authorization: Authorization;
  #origin: Promise<string> | undefined;

  constructor(host: string, options: RemoteOptions = {}) {
    this.host = host;
    this.patience = options.patience ?? ordinaryPatience;
    this.#now = options.now ?? Date.now;
    this.#authorization = new Authorization(host, options.credentials, this.#now);
  }

  /** Whether the registry is there and takes the credentials. */
  async check(signal?: AbortSignal): Promise<void> {
    const response = await this.request('/v2/', {
      scope: '',
      expected: [200],
      what: this.host,
      signal,
    });
    await response.body?.cancel();
  }

  /** `target` is a path, or a URL that the registry gave: the signature goes to its own origin only. */
  async request(target: string, request: RemoteRequest): Promise<Response> {
    const once = request.body instanceof ReadableStream;
    const patience = once ? { ...this.patience, attempts: 1 } : this.patience;
    return withRetry(patience, request.signal, async () => {
      const origin = await this.#reach(request.signal);
      const url = new URL(target, origin);
      const signed = url.origin === origin;
      const response = await this.#send(url, request, signed);
      if (response.status !== 401 || !signed || once) return this.#judge(response, request);
      const learnt = this.#authorization.learn(response.headers.get('www-authenticate'), origin);
      if (!learnt) return this.#judge(response, request);
      await response.body?.cancel();
      this.#authorization.forget(request.scope);
      return this.#judge(await this.#send(url, request, signed), request);
    });
  }

  async #send(url: URL, request: RemoteRequest, signed: boolean): Promise<Response> {
    const authorization = signed ? await this.#authorization.header(request.scope) : undefined;
    const { method = 'GET', body, signal } = request;
    try {
      return await fetch(url, {
        method,
        headers: {
          // A compressed answer would be unpacked on the way, and its digest would be another's.
          'accept-encoding': 'identity',
          'user-agent': 'slipway',
          ...request.headers,
          ...(authorization !== undefined && { authorization }),
        },
        ...(body !== undefined && { body, duplex: 'half' }),
        ...(signal && { signal }),
      });
    } catch (error) {
      throw this.#unreachable(error, signal);
    }
  }

  /** The origin, found once: a failure is not remembered. */
  async #reach(signal: AbortSignal | undefined): Promise<string> {
    this.#origin ??= this.#findOrigin();
    const found = this.#origin;
    try {
      const origin = await found;
      signal?.throwIfAborted();
      return origin;
    } catch (error) {
      if (this.#origin === found) this.#origin = undefined;
      throw error;
    }
  }

  async #findOrigin(): Promise<string> {
    const address = ADDRESSES[this.host] ?? this.host;
    try {
      return await this.#ping(`https://${address}`);
    } catch (error) {
      if (!LOOPBACK.test(this.host) || isRefusedConnection(error)) throw error;
      return this.#ping(`http://${address}`);
    }
  }

  async #ping(base: string): Promise<string> {
    const { origin } = new URL(base);
    let response: Response;
    try {
      response = await fetch(`${origin}/v2/`, { signal: AbortSignal.timeout(CONNECT_TIMEOUT) });
    } catch (error) {
      throw this.#unreachable(error, undefined);
    }
    await response.body?.cancel();
    if (response.status === 401) {
      this.#authorization.learn(response.headers.get('www-authenticate'), origin);
    }
    return origin;
  }

  #unreachable(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted || error instanceof RemoteError)
      return signal?.aborted ? signal.reason : error;
    const { code, message } = causeOf(error);
    return new RemoteError('unavailable', `${this.host} cannot be reached: ${code ?? message}`, {
      cause: error,
    });
  }

  async #judge(response: Response, request: RemoteRequest): Promise<Response> {
    if (request.expected.includes(response.status)) return response;
    const said = await refusalText(response);
    const { status } = response;
    const { what } = request;
    const retryAfter = readRetryAfter(response.headers.get('retry-after'), this.#now());
    switch (status) {
      case 401:
        throw new RemoteError(
          'unauthorized',
          `${this.host} wants a sign-in for ${what}, slipway login ${this.host}: ${said}`,
        );
      case 403:
        throw new RemoteError('denied', `${this.host} does not allow this with ${what}: ${said}`);
      case 404:
        throw new RemoteError('not-found', `${this.host} has no ${what}: ${said}`);
      case 429:
        throw new RemoteError('too-many-requests', `${this.host} is asked too often: ${said}`, {
          retryAfter,
        });
      default:
        if (status === 408 || status >= 500) {
          throw new RemoteError(
            'unavailable',
            `${this.host} answers ${status} for ${what}: ${said}`,
            {
              retryAfter,
            },
          );
        }
        throw new RemoteError('refused', `${this.host} answers ${status} for ${what}: ${said}`);
    }
  }
}

const isRefusedConnection = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH'].includes(causeOf(error).code ?? '');

/** fetch hides what happened one level down. */
function causeOf(error: unknown): { readonly code?: string; readonly message: string } {
  let message = String(error);
  for (let at = error, depth = 0; isErrorLike(at) && depth < 4; at = at.cause, depth++) {
    message = at.message;
    if (typeof at.code === 'string') return { code: at.code, message };
  }
  return { message };
}

const isErrorLike = (
  value: unknown,
): value is { readonly message: string; readonly code?: unknown; readonly cause?: unknown } =>
  typeof value === 'object' && value !== null && 'message' in value;

/** What the registry says (distribution-spec v1.1, spec.md#error-codes), on one line and not endless. */
async function refusalText(response: Response): Promise<string> {
  let text = '';
  try {
    const decoder = new TextDecoder();
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      text += decoder.decode(piece, { stream: true });
      if (text.length > REFUSAL_LIMIT) break;
    }
    const { errors } = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] };
    const said = errors?.map(({ code, message }) =>
      [code, message].filter((each) => typeof each === 'string' && each !== '').join(' '),
    );
    return oneLine(said?.join('; ') ?? '') || `status ${response.status}`;
  } catch {
    return `status ${response.status}`;
  }
}

const oneLine = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text.replaceAll(/[\x00-\x1f\x7f]+/g, ' ').slice(0, 500);
