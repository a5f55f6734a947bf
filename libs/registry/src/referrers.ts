import type { Metadata, Referrer } from '@slipway/metadata';
import type { Digest, RepositoryName } from '@slipway/oci';

export interface ReferrersPage {
  readonly referrers: readonly Referrer[];
  readonly more: boolean;
}

const MOST = 1000;

/** Clients stop reading a referrers list at 4 MiB; half of it leaves room for what this estimate does not see. */
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
    const found = await this.#metadata.tables.manifests.referrers(repository, subject, {
      artifactType,
      after,
      limit: MOST + 1,
    });
    let fit = 0;
    for (let bytes = 0; fit < Math.min(found.length, MOST) && bytes < MOST_BYTES; fit++) {
      bytes += JSON.stringify(found[fit]).length;
    }
    return { referrers: found.slice(0, fit), more: fit < found.length };
  }
}
