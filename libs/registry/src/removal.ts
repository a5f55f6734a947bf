import type { RepositoryId, Tables } from '@slipway/metadata';
import { parseRepositoryName, type RepositoryName } from '@slipway/oci';
import { RegistryError } from './errors.ts';
import { type By, eventOf, onRepository } from './audit-event.ts';
import type { GarbageTimes } from './garbage-times.ts';

/** What becomes of the repositories of a namespace that goes. */
export type Fate =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'transfer'; readonly to: string };

/**
 * Deletes a repository that the transaction holds, with everything in it. Bytes that no other repository has
 * wait as long as those of any garbage, for whoever is reading them.
 */
export async function removeRepository(
  tables: Tables,
  { id, name }: { readonly id: RepositoryId; readonly name: RepositoryName },
  times: GarbageTimes,
  by: By | undefined,
): Promise<void> {
  if (by !== undefined) {
    const deed = onRepository('repository.delete', name, undefined);
    await tables.tagMoves.attribute(eventOf(by, deed, 'done'));
  }
  const digests = await tables.blobs.unlinkAll(id);
  await tables.repositories.delete(id);
  const keys = await tables.blobs.removeAllUnlinked(digests);
  await tables.deletions.add(keys, times.deletionDelay);
}

/** Leaves no repository under the name, or refuses. */
export async function settleRepositories(
  tables: Tables,
  namespace: string,
  fate: Fate,
  times: GarbageTimes,
  by: By | undefined,
): Promise<void> {
  const names = await tables.repositories.under(namespace);
  if (names.length === 0) return;
  switch (fate.kind) {
    case 'refuse':
      throw new RegistryError(
        'namespace-in-use',
        `${namespace} has ${names.length === 1 ? 'a repository' : `${names.length} repositories`}, ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and others' : ''}; say whether to transfer or to delete them`,
        { repositories: names.length },
      );
    case 'delete':
      for (const name of names) {
        const id = await tables.repositories.hold(name);
        if (id !== undefined) await removeRepository(tables, { id, name }, times, by);
      }
      return;
    case 'transfer': {
      const taken = await tables.namespaces.collision(namespace, fate.to);
      if (taken !== undefined) {
        throw new RegistryError('name-taken', `there is a repository ${taken} already`, {
          name: taken,
        });
      }
      const long = names.find(
        (name) => parseRepositoryName(fate.to + name.slice(namespace.length)) === undefined,
      );
      if (long !== undefined) {
        throw new RegistryError('name-invalid', `the name of ${long} would be too long`);
      }
      await tables.namespaces.moveRepositories(namespace, fate.to);
    }
  }
}
