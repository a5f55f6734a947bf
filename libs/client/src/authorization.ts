import { type Challenge, parseChallenge } from './challenge.ts';
import { RemoteError } from './errors.ts';

/** Who asks. An identity token is what `login` gets from registries that hand out refresh tokens. */
export type Credentials =
  { readonly username: string; readonly password: string } | { readonly identityToken: string };

interface Token {
  readonly value: string;
  readonly until: number;
}

/** Tokens are not used in their last seconds: they must still be good when they arrive. */
const MARGIN = 10_000;
/** What the token specification says of an answer without `expires_in`. */
const DEFAULT_LIFE = 60;

const ANSWER_LIMIT = 64 * 1024;

/** Meets one registry's challenges: Basic, or Bearer with tokens by scope, kept until shortly before their end. */
export class Authorization {
  readonly #host: string;
  readonly #credentials: Credentials | undefined;
  readonly #now: () => number;
  readonly #tokens = new Map<string, Token>();
  readonly #asking = new Map<string, Promise<Token>>();
  #challenge: Challenge | undefined;

  constructor(host: string, credentials: Credentials | undefined, now: () => number) {
    this.#host = host;
    this.#credentials = credentials;
    this.#now = now;
  }

  /** Takes note of what a 401 of `origin` asks for; false when nothing of it can be met. */
  learn(header: string | null, origin: string): boolean {
    const challenge = header === null ? undefined : parseChallenge(header);
    if (challenge === undefined) return false;
    if (challenge.scheme === 'bearer') checkRealm(challenge.realm, origin);
    this.#challenge = challenge;
    return true;
  }

  /** Forgets the token of a scope: the registry does not take it any more. */
  forget(scope: string): void {
    this.#tokens.delete(scope);
  }

  /** The header for a request that needs `scope`; `undefined` as long as nothing was asked for. */
  async header(scope: string): Promise<string | undefined> {
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    if (challenge.scheme === 'basic') return this.#basic();
    const known = this.#tokens.get(scope);
    if (known !== undefined && known.until - MARGIN > this.#now()) return `Bearer ${known.value}`;
    const asking = this.#asking.get(scope) ?? this.#ask(challenge, scope);
    this.#asking.set(scope, asking);
    try {
      return `Bearer ${(await asking).value}`;
    } finally {
      this.#asking.delete(scope);
    }
  }

  #basic(): string | undefined {
    if (this.#credentials === undefined || 'identityToken' in this.#credentials) return undefined;
    const { username, password } = this.#credentials;
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  async #ask(challenge: Challenge & { scheme: 'bearer' }, scope: string): Promise<Token> {
    const asked = this.#now();
    const response = await this.#askFor(challenge, scope);
    if (!response.ok) throw this.#refusal(response.status);
    const { value, life } = readToken(await limitedText(response), this.#host);
    const token = { value, until: asked + Math.max(life, DEFAULT_LIFE) * 1000 };
    this.#tokens.set(scope, token);
    return token;
  }

  async #askFor(
    { realm, service }: Challenge & { scheme: 'bearer' },
    scope: string,
  ): Promise<Response> {
    const url = new URL(realm);
    const parameters = new URLSearchParams();
    if (service !== undefined) parameters.set('service', service);
    const init: RequestInit = { signal: AbortSignal.timeout(30_000) };
    if (this.#credentials !== undefined && 'identityToken' in this.#credentials) {
      parameters.set('grant_type', 'refresh_token');
      parameters.set('refresh_token', this.#credentials.identityToken);
      parameters.set('client_id', 'slipway');
      if (scope !== '') parameters.set('scope', scope);
      return this.#send(url, { ...init, method: 'POST', body: parameters });
    }
    for (const each of scope.split(' ').filter(Boolean)) parameters.append('scope', each);
    for (const [key, value] of parameters) url.searchParams.append(key, value);
    const basic = this.#basic();
    return this.#send(url, {
      ...init,
      headers: basic === undefined ? {} : { authorization: basic },
    });
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch (cause) {
      throw new RemoteError(
        'unavailable',
        `${url.origin}, which signs in to ${this.#host}, does not answer`,
        {
          cause,
        },
      );
    }
  }

  #refusal(status: number): RemoteError {
    if (status === 429) {
      return new RemoteError('too-many-requests', `${this.#host} hands out no more tokens for now`);
    }
    if (status >= 500) {
      return new RemoteError('unavailable', `${this.#host} cannot hand out tokens now (${status})`);
    }
    return new RemoteError(
      'unauthorized',
      this.#credentials === undefined
        ? `${this.#host} wants to know who asks: slipway login ${this.#host}`
        : `${this.#host} does not take this user name and password`,
    );
  }
}

/** The password goes to the realm, so it must not leave the protection that the registry itself has. */
function checkRealm(realm: string, origin: string): void {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const secure = url?.protocol === 'https:';
  if (url === undefined || (!secure && url.protocol !== 'http:')) {
    throw new RemoteError('invalid-answer', `${origin} names no URL to sign in at: ${realm}`);
  }
  if (!secure && origin.startsWith('https:')) {
    throw new RemoteError('invalid-answer', `${origin} sends passwords to ${realm}, in the clear`);
  }
}

function readToken(text: string, host: string): { readonly value: string; readonly life: number } {
  const answer = parsed(text);
  const value = [answer?.token, answer?.access_token].find(
    (candidate): candidate is string => typeof candidate === 'string' && candidate !== '',
  );
  if (value === undefined || !/^[\x21-\x7e]+$/.test(value)) {
    throw new RemoteError('invalid-answer', `${host} answered a request for a token without one`);
  }
  const life = answer?.expires_in;
  return { value, life: typeof life === 'number' && life > 0 ? life : DEFAULT_LIFE };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

async function limitedText(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > ANSWER_LIMIT) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
