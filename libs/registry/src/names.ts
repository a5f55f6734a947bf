import { RegistryError } from './errors.ts';

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** Paths and parts of this registry, and names that people would take for its own. */
const RESERVED = new Set([
  'account',
  'accounts',
  'anonymous',
  'api',
  'docs',
  'explore',
  'healthz',
  'library',
  'link',
  'login',
  'logout',
  'metrics',
  'new',
  'operator',
  'organisations',
  'readyz',
  'repositories',
  'search',
  'settings',
  'slipway',
  'system',
  'token',
  'v1',
  'v2',
]);

export function isReserved(name: string): boolean {
  return RESERVED.has(name);
}

/** Refuses what no person and no organisation may be called from now on. */
export function requireNewName(name: string): void {
  if (name.length < 2 || name.length > 64 || !NAME.test(name)) {
    throw new RegistryError(
      'name-invalid',
      `${JSON.stringify(name.slice(0, 100))} is no name: 2 to 64 lower-case letters and digits, joined inside by one ".", one or two "_" or any "-"`,
      { name },
    );
  }
  if (isReserved(name)) {
    throw new RegistryError('name-taken', `${name} is reserved; choose another name`, { name });
  }
}
