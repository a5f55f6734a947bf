import type { Namespace, Tables } from '@slipway/metadata';
import type { Identity } from './access.ts';
import { RegistryError } from './errors.ts';
import { requireNewName } from './names.ts';

/** Who gives a name, and whether what stands under it already becomes part of what gets it. */
export interface Naming {
  readonly by: Identity;
  readonly adopt: boolean;
}

/**
 * Refuses a name that cannot be given now. Repositories may stand under a name that is nobody's, for
 * administrators push where they like; whoever got the name would get them.
 */
export async function requireFreeName(
  tables: Tables,
  name: string,
  { by, adopt }: Naming,
): Promise<void> {
  requireNewName(name);
  if ((await tables.namespaces.find(name)) !== undefined) throw taken(name);
  if (adopt && by.administrator) return;
  const repository = await tables.namespaces.repositoryUnder(name);
  if (repository === undefined) return;
  throw new RegistryError(
    'name-taken',
    by.administrator
      ? `repositories stand under ${name} already, such as ${repository}; say that they are to be adopted, or choose another name`
      : `${name} cannot be had; ask an administrator of the site, or choose another name`,
    { name },
  );
}

/** Gives the namespace another name, with all that stands under it. Pulls go on finding it under the old one. */
export async function renameNamespace(
  tables: Tables,
  namespace: Namespace,
  to: string,
  naming: Naming,
): Promise<void> {
  if (namespace.name === to) return;
  await requireFreeName(tables, to, naming);
  const collision = await tables.namespaces.collision(namespace.name, to);
  if (collision !== undefined) {
    throw new RegistryError('name-taken', `there is a repository ${collision} already`);
  }
  const long = (await tables.repositories.under(namespace.name)).find(
    (name) => name.length + to.length - namespace.name.length > 255,
  );
  if (long !== undefined) {
    throw new RegistryError('name-invalid', `the name of ${long} would be too long`);
  }
  if (!(await tables.namespaces.rename(namespace.id, namespace.name, to))) throw taken(to);
}

export function taken(name: string): RegistryError {
  return new RegistryError('name-taken', `somebody is called ${name} already`, { name });
}

export async function existingNamespace(tables: Tables, name: string): Promise<Namespace> {
  const found = await tables.namespaces.find(name);
  if (found === undefined) throw unknownNamespace(name);
  return found;
}

export function unknownNamespace(name: string): RegistryError {
  return new RegistryError('namespace-unknown', `there is no namespace ${name}`, { name });
}
