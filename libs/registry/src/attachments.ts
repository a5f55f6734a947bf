import {
  type Digest,
  type Manifest,
  type ManifestMediaType,
  parseManifest,
  parseTag,
  type Reference,
  type RepositoryName,
} from '@slipway/oci';
import { asRegistryError } from './errors.ts';
import type { Manifests } from './manifests.ts';
import type { Referrers } from './referrers.ts';

/** What was pushed about a manifest. */
export interface Attachment {
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  readonly artifactType: string | undefined;
  /** Of the manifest, in bytes. */
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly createdAt: Date | undefined;
  readonly blobs: readonly {
    readonly digest: Digest;
    readonly mediaType: string;
    readonly size: number;
    readonly title: string | undefined;
  }[];
  /** What it is about. */
  readonly subject: Digest;
}

/** A signature of an attestation of an SBOM: deeper has nobody gone. */
const DEEPEST = 4;

/** A page that shows more is read by nobody. */
const MOST = 200;

const MOST_BLOBS = 100;

/** How cosign names what it attaches where a registry has no referrers: sha256-<hex>.sig. */
const COSIGN = ['sig', 'att', 'sbom'] as const;

/** Signatures, SBOMs and attestations. */
export class Attachments {
  readonly #manifests: Manifests;
  readonly #referrers: Referrers;

  constructor(manifests: Manifests, referrers: Referrers) {
    this.#manifests = manifests;
    this.#referrers = referrers;
  }

  /**
   * Of whatever the reference names, and of those again, each before what is about it; `manifest-unknown` when it
   * names nothing.
   */
  async of(repository: RepositoryName, reference: Reference): Promise<readonly Attachment[]> {
    const { digest } = await this.#manifests.get(repository, reference);
    const found = new Map<Digest, Attachment>();
    let subjects: readonly Digest[] = [digest];
    for (let depth = 0; depth < DEEPEST && subjects.length > 0; depth++) {
      const next: Digest[] = [];
      for (const subject of subjects) {
        for (const about of await this.#about(repository, subject)) {
          if (found.size >= MOST) break;
          const attachment = await this.#read(repository, subject, about);
          if (attachment === undefined || found.has(attachment.digest)) continue;
          found.set(attachment.digest, attachment);
          next.push(attachment.digest);
        }
      }
      subjects = next;
    }
    found.delete(digest);
    return [...found.values()];
  }

  async #about(repository: RepositoryName, subject: Digest): Promise<readonly Reference[]> {
    const all = { artifactType: undefined, after: '' };
    const { referrers } = await this.#referrers.list(repository, subject, all);
    const tags = COSIGN.flatMap((suffix) => {
      const tag = parseTag(`${subject.replace(':', '-')}.${suffix}`);
      return tag === undefined ? [] : [{ kind: 'tag', tag } as const];
    });
    return [...referrers.map(({ digest }) => ({ kind: 'digest', digest }) as const), ...tags];
  }

  /** `undefined` for what is not there, or not any more. */
  async #read(
    repository: RepositoryName,
    subject: Digest,
    reference: Reference,
  ): Promise<Attachment | undefined> {
    try {
      const { digest, mediaType, content } = await this.#manifests.get(repository, reference);
      const parsed = parseManifest(content, mediaType);
      if ('problem' in parsed) return undefined;
      return { digest, subject, mediaType, size: content.length, ...toldOf(parsed.manifest) };
    } catch (error) {
      if (asRegistryError(error)?.reason === 'manifest-unknown') return undefined;
      throw error;
    }
  }
}

function toldOf({ artifactType, annotations = {}, layers }: Manifest) {
  const created = Date.parse(annotations['org.opencontainers.image.created'] ?? '');
  return {
    artifactType: artifactType ?? layers[0]?.mediaType,
    annotations,
    createdAt: Number.isNaN(created) ? undefined : new Date(created),
    blobs: layers.slice(0, MOST_BLOBS).map(({ digest, mediaType, size, annotations: own }) => ({
      ...{ digest, mediaType, size },
      title: own?.['org.opencontainers.image.title'],
    })),
  };
}
