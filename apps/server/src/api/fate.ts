import { type Fate, RegistryError } from '@slipway/registry';

/** What is to become of repositories, as a request says it. */
export function fateOf(query: {
  readonly repositories: Fate['kind'];
  readonly transferTo?: string | undefined;
}): Fate {
  const { repositories: kind, transferTo } = query;
  if (kind !== 'transfer') {
    if (transferTo === undefined) return { kind };
    throw new RegistryError('request-invalid', 'transferTo goes with repositories=transfer only');
  }
  if (transferTo !== undefined) return { kind, to: transferTo };
  throw new RegistryError('request-invalid', 'transferTo must say who gets the repositories');
}
