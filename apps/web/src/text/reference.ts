/** What a page is about: `acme/web`, `acme/web:1.0` or `acme/web@sha256:…`, as one types it everywhere. */
export interface Place {
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string | undefined;
}

export function parsePlace(text: string): Place {
  const at = text.indexOf('@');
  if (at >= 0) {
    const [repository = ''] = text.slice(0, at).split(':');
    return { repository, reference: text.slice(at + 1) };
  }
  const [repository = '', tag] = text.split(':');
  return { repository, reference: tag };
}

export function placeOf(repository: string, reference?: string): string {
  if (reference === undefined) return repository;
  return `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
}

export function isDigest(reference: string): boolean {
  return reference.includes(':');
}

/** As much of a digest as people compare: sha256:2c26b46b68ff. */
export function short(digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return `${algorithm}:${hex.slice(0, 12)}`;
}
