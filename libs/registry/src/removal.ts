import type { Going, NewAuditEvent, RepositoryId, Tables } from '@slipway/metadata';
import { type Digest, parseRepositoryName, type RepositoryName, type Tag } from '@slipway/oci';
import { RegistryError } from './errors.ts';
import { type By, eventOf, onRepository } from './audit-event.ts';
import type { GarbageTimes } from './garbage-times.ts';

/** What becomes of the repositories of a namespace that goes. */
export type Fate =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'transfer'; readonly to: string };

/** Whom a deletion is put down to when nobody asked for it. */
const NOBODY = { action: '', actor: '' };

/** Deletes a repository that the transaction holds, with everything in it: into the trash, where there is one. */
export async function deleteRepository(
  tables: Tables,
  { id, name }: { readonly id: RepositoryId; readonly name: RepositoryName },
  times: GarbageTimes,
  by: By | undefined,
): Promise<void> {
  const event = by && eventOf(by, onRepository('repository.delete', name, undefined), 'done');
  if (times.trashDelay > 0) {
    const discarding = { event: event ?? NOBODY, delay: times.trashDelay };
    return tables.trash.putRepository(id, name, discarding);
  }
  if (event !== undefined) await tables.tagMoves.attribute(event);
  await tables.repositories.unname(id);
  await removeRepository(tables, id, times);
}

/**
 * Deletes tags, and manifests that the transaction has locked with whatever tags those have: into the trash,
 * where there is one; returns the deletion. Blobs that nothing in the repository points at any more are looked at later.
 */
export async function deleteManifests(
  tables: Tables,
  id: RepositoryId,
  { tags, manifests }: Going,
  times: GarbageTimes,
  event: NewAuditEvent | undefined,
): Promise<RepositoryId | undefined> {
  const references = await tables.manifests.references(id, manifests);
  let deletion: RepositoryId | undefined;
  if (times.trashDelay > 0) {
    const discarding = { event: event ?? NOBODY, delay: times.trashDelay };
    deletion = await tables.trash.begin(id, discarding);
    for (const some of inParts(tags)) await tables.trash.putTags(deletion, id, some);
    for (const some of inParts(manifests)) await tables.trash.putManifests(deletion, id, some);
  } else {
    for (const some of inParts(tags)) await tables.tags.deleteAll(id, some);
    for (const some of inParts(manifests)) await tables.manifests.delete(id, some);
  }
  await tables.blobReviews.schedule(id, references, times.reviewDelay);
  return deletion;
}

/**
 * What goes, all of it locked. What is pushed or pulled between the look and the lock may change what goes, so
 * it looks again until nothing goes that is not locked: what is, cannot come to be needed any more.
 */
export async function holdGoing(
  tables: Tables,
  id: RepositoryId,
  look: () => Promise<Going>,
): Promise<Going> {
  const tags = new Set<Tag>();
  const manifests = new Set<Digest>();
  for (;;) {
    const going = await look();
    const more = {
      tags: going.tags.filter((tag) => !tags.has(tag)),
      manifests: going.manifests.filter((digest) => !manifests.has(digest)),
    };
    if (more.tags.length + more.manifests.length === 0) return going;
    await tables.retention.hold(id, more);
    for (const tag of more.tags) tags.add(tag);
    for (const digest of more.manifests) manifests.add(digest);
  }
}

/** As much as a statement does in a second or so, for none may take too long. */
const PART = 10_000;

function inParts<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / PART) }, (_, at) =>
    items.slice(at * PART, (at + 1) * PART),
  );
}

/**
 * Ends a repository without a name, which the transaction holds, with everything in it and all that was deleted from it. Bytes
 * that no other repository has wait as long as those of any garbage, for whoever is reading them.
 */
export async function removeRepository(
  tables: Tables,
  id: RepositoryId,
  times: GarbageTimes,
): Promise<void> {
  // All at once and last: two removals that lock the same blobs then lock them in the same order.
  const keys = await tables.blobs.removeAllUnlinked(await endRepository(tables, id));
  await tables.deletions.add(keys, times.deletionDelay);
}

/** Returns the digests that it linked, it and all that was deleted from it. */
async function endRepository(tables: Tables, id: RepositoryId): Promise<readonly Digest[]> {
  const linked: Digest[] = [];
  for (const kept of await tables.trash.of(id)) linked.push(...(await endRepository(tables, kept)));
  while ((await tables.manifests.deleteSome(id, PART)) === PART);
  linked.push(...(await tables.blobs.unlinkAll(id)));
  await tables.repositories.delete(id);
  return linked;
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
  if (names.length === 0 && fate.kind !== 'transfer') return; // the trash moves, too
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
        if (id !== undefined) await deleteRepository(tables, { id, name }, times, by);
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
