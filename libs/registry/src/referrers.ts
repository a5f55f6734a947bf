import type { Metadata, Referrer } from '@slipway/metadata';
import type { Digest, RepositoryName } from '@slipway/oci';

export interface ReferrersPage {
  readonly referrers: readonly Referrer[];
  readonly more: boolean;
}

const MOST = 1000;

/** Of annotations. Clients stop reading a referrers list at 4 MiB; half of it leaves room for all the rest. */
const MOST_BYTES = 2 * 1024 * 1024;

/** Manifests that name another as their subject, whether that one was pushed or not. */
export class Referrers {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** Those behind `after` in the order of their digests, as many as fit in one answer. Unknown subjects have none. */
  async list(
    repository: RepositoryName,
    subject: Digest,
    { artifactType, after }: { readonly artifactType: string | undefined; readonly after: string },
  ): Promise<ReferrersPage> {
    return this.#metadata.tables.manifests.referrers(repository, subject, {
      artifactType,
      after,
      limit: MOST,
      bytes: MOST_BYTES,
    });
  }
}
