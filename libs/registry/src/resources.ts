import { type Metadata, Remembered } from '@slipway/metadata';
import { parseRepositoryName, type RepositoryName } from '@slipway/oci';
import type { Action, RepositoryResource } from './access.ts';

const REMEMBERED = 10_000;

interface NamespaceFacts {
  /** What the namespace is called now; the same, unless it was renamed. */
  readonly name: string;
  readonly createOnPush: boolean;
}

interface RepositoryFacts {
  readonly public: boolean;
}

/** The facts about repositories that the policy looks at. */
export class Resources {
  readonly #metadata: Metadata;
  readonly #namespaces: Remembered<NamespaceFacts>;
  readonly #repositories: Remembered<RepositoryFacts>;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
    this.#namespaces = new Remembered(metadata.access, REMEMBERED);
    this.#repositories = new Remembered(metadata.access, REMEMBERED);
  }

  /** A repository that a client names, whether there is one or not. Pulls find it under a former name, too. */
  async repository(asked: RepositoryName, action: Action): Promise<RepositoryResource> {
    const [first = '', ...rest] = asked.split('/');
    const namespace = await this.#namespace(first);
    const renamed = action === 'pull' && namespace.name !== first;
    const name = renamed ? parseRepositoryName([namespace.name, ...rest].join('/')) : asked;
    if (name === undefined)
      return { kind: 'repository', name: asked, public: false, pushable: false };
    return {
      kind: 'repository',
      name,
      ...(renamed && { alias: asked }),
      public: (await this.#facts(name)).public,
      pushable: action !== 'push' || namespace.createOnPush || (await this.#exists(name)),
    };
  }

  async #namespace(name: string): Promise<NamespaceFacts> {
    const found = await this.#namespaces.get(name, async () => {
      const { namespaces } = this.#metadata.tables;
      const { createOnPush } = (await namespaces.find(name)) ?? {};
      if (createOnPush !== undefined) return { name, createOnPush };
      return { name: (await namespaces.renamedTo(name)) ?? name, createOnPush: true };
    });
    return found ?? { name, createOnPush: true };
  }

  /** What is not there is remembered as private: it begins so, and making it public is a change that is noticed. */
  async #facts(name: RepositoryName): Promise<RepositoryFacts> {
    const found = await this.#repositories.get(name, async () => ({
      public: (await this.#metadata.tables.repositories.visibility(name)) === 'public',
    }));
    return found ?? { public: false };
  }

  async #exists(name: RepositoryName): Promise<boolean> {
    return (await this.#metadata.tables.repositories.find(name)) !== undefined;
  }
}
