import type { AccessTokenRecord, Metadata, TokenOwner } from '@slipway/metadata';
import { parseNamePattern } from '@slipway/oci';
import { RegistryError } from './errors.ts';
import { newSecret } from './secrets.ts';

/** What a token is to be good for. */
export interface Wanted {
  readonly name: string;
  readonly scopes:
    readonly { readonly repositories: string; readonly actions: readonly string[] }[] | undefined;
  readonly api: boolean;
  /** It does not end by itself without. */
  readonly expiresInDays: number | undefined;
}

/** How many one owner may have: a bound for lists, and a sign that nobody revokes any. */
const MOST = 100;
const DAY = 86_400_000;

/** Secrets that stand for a person or a robot. Each is shown once; what is kept is a hash. */
export class AccessTokens {
  readonly #metadata: Metadata;
  readonly #now: () => number;
  readonly #freshId: () => string;

  constructor(metadata: Metadata, now: () => number, freshId: () => string) {
    this.#metadata = metadata;
    this.#now = now;
    this.#freshId = freshId;
  }

  /** Oldest first, those that have expired too. */
  async list(owner: TokenOwner): Promise<readonly AccessTokenRecord[]> {
    return this.#metadata.tables.accessTokens.list(owner);
  }

  async create(
    owner: TokenOwner,
    { name, scopes, api, expiresInDays }: Wanted,
  ): Promise<{ readonly token: AccessTokenRecord; readonly secret: string }> {
    const { accessTokens } = this.#metadata.tables;
    const wrong = scopes?.find(({ repositories }) => parseNamePattern(repositories) === undefined);
    if (wrong !== undefined) {
      throw new RegistryError(
        'request-invalid',
        `${JSON.stringify(wrong.repositories)} is neither the name of a repository nor a pattern such as acme/web-*`,
      );
    }
    if (api && scopes !== undefined) {
      throw new RegistryError(
        'request-invalid',
        'a token that is limited to repositories does not open the management API; make two',
      );
    }
    if ((await accessTokens.list(owner)).length >= MOST) {
      throw new RegistryError('conflict', `there are ${MOST} tokens already; revoke some first`);
    }
    const { secret, hash } = newSecret();
    const token = await accessTokens.insert({
      id: this.#freshId(),
      hash,
      owner,
      name,
      scopes: scopes ?? null,
      api,
      expiresAt:
        expiresInDays === undefined ? undefined : new Date(this.#now() + expiresInDays * DAY),
    });
    return { token, secret };
  }

  /** It ends at once, on every replica, with the registry tokens that were had with it. */
  async revoke(owner: TokenOwner, id: string): Promise<void> {
    const known = UUID.test(id) && (await this.#metadata.tables.accessTokens.delete(id, owner));
    if (!known) throw new RegistryError('token-unknown', `there is no token ${id} here`, { id });
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
