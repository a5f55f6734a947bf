/** What an event of the audit log was about, where that is in a repository. */
export interface Affected {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** `acme/web:1.0`, `acme/web@sha256:…` or `acme/web`, with what the detail knows better. */
export function affectedBy({
  resource,
  detail,
}: {
  readonly resource: string;
  readonly detail?: Readonly<Record<string, unknown>> | null | undefined;
}): Affected {
  const [, repository = '', tag, named] = /^([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(resource) ?? [];
  const { digest, tags } = detail ?? {};
  return {
    repository,
    tag: tag ?? (Array.isArray(tags) && typeof tags[0] === 'string' ? tags[0] : undefined),
    digest: typeof digest === 'string' ? digest : named,
  };
}
