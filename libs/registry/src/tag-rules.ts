import type { Metadata } from '@slipway/metadata';
import type { RepositoryName } from '@slipway/oci';
import { RegistryError } from './errors.ts';
import { existingNamespace } from './namespaces.ts';
import { existing, unknownRepository } from './repositories.ts';

/** Patterns of tags that are never moved or deleted once they are there. */
export interface ImmutableTags {
  readonly patterns: readonly string[];
  /** What the namespace says, for all its repositories. */
  readonly inherited: readonly string[];
}

/** What may be done to tags, beside what somebody has a right to. The database keeps it, in the change itself. */
export class TagRules {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  async immutable(repository: RepositoryName): Promise<ImmutableTags> {
    const found = await this.#metadata.tables.repositories.immutableTags(repository);
    if (found === undefined) throw unknownRepository(repository);
    return found;
  }

  async setImmutable(
    repository: RepositoryName,
    patterns: readonly string[],
  ): Promise<ImmutableTags> {
    requireSense(patterns);
    const { repositories } = this.#metadata.tables;
    const id = await existing(this.#metadata.tables, repository);
    await repositories.setImmutableTags(id, patterns);
    return this.immutable(repository);
  }

  async immutableIn(namespace: string): Promise<readonly string[]> {
    const { id } = await existingNamespace(this.#metadata.tables, namespace);
    return this.#metadata.tables.namespaces.immutableTags(id);
  }

  async setImmutableIn(namespace: string, patterns: readonly string[]): Promise<readonly string[]> {
    requireSense(patterns);
    const { namespaces } = this.#metadata.tables;
    const { id } = await existingNamespace(this.#metadata.tables, namespace);
    await namespaces.setImmutableTags(id, patterns);
    return namespaces.immutableTags(id);
  }
}

function requireSense(patterns: readonly string[]): void {
  if (patterns.length === 0 || patterns.some((pattern) => !pattern.startsWith('!'))) return;
  throw new RegistryError(
    'request-invalid',
    `${patterns.join(', ')} ${patterns.length === 1 ? 'excepts' : 'except'} from nothing; say from what too: *, for all tags`,
  );
}
