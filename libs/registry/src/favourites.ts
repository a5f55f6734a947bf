import type { Metadata } from '@slipway/metadata';
import type { RepositoryName } from '@slipway/oci';
import { type Identity, may } from './access.ts';
import type { Accounts } from './accounts.ts';
import { RegistryError } from './errors.ts';
import { existing } from './repositories.ts';
import type { Resources } from './resources.ts';

/** Repositories that people want to find again: among those that they may pull. */
export class Favourites {
  readonly #metadata: Metadata;
  readonly #accounts: Accounts;
  readonly #resources: Resources;

  constructor(metadata: Metadata, accounts: Accounts, resources: Resources) {
    this.#metadata = metadata;
    this.#accounts = accounts;
    this.#resources = resources;
  }

  async add(identity: Identity, repository: RepositoryName): Promise<void> {
    const { tables } = this.#metadata;
    const { id } = await this.#accounts.own(identity);
    await tables.favourites.put(id, await this.#seen(identity, repository));
  }

  async remove(identity: Identity, repository: RepositoryName): Promise<void> {
    const { tables } = this.#metadata;
    const { id } = await this.#accounts.own(identity);
    await tables.favourites.delete(id, await this.#seen(identity, repository));
  }

  /** What somebody may not see and what is not there are told of in the same words. */
  async #seen(identity: Identity, asked: RepositoryName) {
    const resource = await this.#resources.repository(asked, 'pull');
    if (may(identity, 'pull', resource).allowed) {
      return existing(this.#metadata.tables, resource.name);
    }
    const [owner] = asked.split('/');
    throw new RegistryError(
      'repository-unknown',
      `there is no repository ${asked}, or ${identity.name} may not see it; ask an owner of ${owner} for the role pull on it`,
    );
  }
}
