import { createHash } from 'node:crypto';

export interface BlobKey {
  readonly repository: string;
  readonly digest: string;
}

export interface PushedManifest extends BlobKey {
  readonly bytes: Buffer;
}

/** An upload that has not got its 201. */
export interface OpenUpload {
  readonly repository: string;
  readonly content: Buffer;
  /** Known once the session has been opened. */
  location?: string;
  /** Bytes of it that the registry has answered for. */
  acknowledged: number;
  /** Whether the request was sent that makes a blob of it. */
  finishing: boolean;
}

/** A compare-and-swap of a tag that was asked for. */
export interface Move {
  readonly repository: string;
  readonly from: string | undefined;
  readonly to: string;
  acknowledged: boolean;
}

interface TagHistory {
  /** What the last 201 said it is. */
  acknowledged: string | undefined;
  /** What it may have become since. */
  asked: string[];
}

/** All that the registry has promised, and all that it was asked and has not answered. */
export class Ledger {
  readonly blobs = new Map<string, BlobKey>();
  /** What was promised since somebody last looked whether it is kept. */
  readonly freshBlobs = new Set<BlobKey>();
  readonly freshManifests = new Set<PushedManifest>();
  readonly askedBlobs = new Map<string, BlobKey>();
  readonly manifests = new Map<string, PushedManifest>();
  readonly askedManifests = new Map<string, PushedManifest>();
  readonly uploads = new Set<OpenUpload>();
  readonly moves: Move[] = [];
  /** Of every content that was ever pushed, by its digest. */
  readonly sizes = new Map<string, number>();
  readonly #tags = new Map<string, TagHistory>();

  askBlob(repository: string, content: Buffer): BlobKey {
    const blob = { repository, digest: sha256(content) };
    this.askedBlobs.set(keyOf(blob), blob);
    this.sizes.set(blob.digest, content.length);
    return blob;
  }

  promiseBlob(blob: BlobKey): void {
    this.blobs.set(keyOf(blob), blob);
    this.freshBlobs.add(blob);
  }

  askManifest(manifest: PushedManifest): void {
    this.askedManifests.set(keyOf(manifest), manifest);
  }

  promiseManifest(manifest: PushedManifest): void {
    this.askedManifests.delete(keyOf(manifest));
    this.manifests.set(keyOf(manifest), manifest);
    this.freshManifests.add(manifest);
  }

  askTag(repository: string, tag: string, digest: string): void {
    this.#historyOf(repository, tag).asked.push(digest);
  }

  /** The one that sets this tag waits for each answer, so this ends all doubt about it. */
  promiseTag(repository: string, tag: string, digest: string): void {
    const history = this.#historyOf(repository, tag);
    history.acknowledged = digest;
    history.asked = [];
  }

  tags(): {
    repository: string;
    tag: string;
    acknowledged: string | undefined;
    possible: (string | undefined)[];
  }[] {
    return [...this.#tags].map(([key, { acknowledged, asked }]) => {
      const [repository = '', tag = ''] = key.split(' ');
      return { repository, tag, acknowledged, possible: [acknowledged, ...asked] };
    });
  }

  blobsOf(repository: string): BlobKey[] {
    return [...this.blobs.values()].filter((blob) => blob.repository === repository);
  }

  #historyOf(repository: string, tag: string): TagHistory {
    const key = `${repository} ${tag}`;
    const history = this.#tags.get(key) ?? { acknowledged: undefined, asked: [] };
    this.#tags.set(key, history);
    return history;
  }
}

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function keyOf({ repository, digest }: BlobKey): string {
  return `${repository}@${digest}`;
}
