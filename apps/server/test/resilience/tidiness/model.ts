/** A manifest as a test pushed it. */
export interface Known {
  readonly digest: string;
  readonly bytes: Buffer;
  readonly mediaType: string;
  /** Blobs that it points at. */
  readonly blobs: readonly string[];
  /** Manifests that it lists. */
  readonly children: readonly string[];
  readonly subject: string | undefined;
}

interface Named {
  readonly digest: string;
  /** Grows with each push of a tag; all that one restore brought back have the same. */
  readonly moved: number;
}

/** A deletion in the trash. */
export interface Deletion {
  readonly manifests: Map<string, Known>;
  readonly tags: ReadonlyMap<string, string>;
  /** What it goes on to keep, whichever of its manifests others take out of it. */
  readonly blobs: ReadonlySet<string>;
}

/** How many images of those whose tags fit the retention rule stay. */
export const KEPT = 3;
export const RETAINED = 'build-';

/** What one repository must have, by what was done to it and acknowledged: one worker does it, so in one order. */
export class RepositoryModel {
  readonly manifests = new Map<string, Known>();
  readonly tags = new Map<string, Named>();
  /** Oldest first. */
  readonly trash: Deletion[] = [];
  #moves = 0;

  push(manifest: Known, tag: string | undefined): void {
    this.manifests.set(manifest.digest, manifest);
    if (tag !== undefined) this.tags.set(tag, { digest: manifest.digest, moved: ++this.#moves });
  }

  deleteTag(tag: string): void {
    this.tags.delete(tag);
  }

  isListed(digest: string): boolean {
    return [...this.manifests.values()].some(({ children }) => children.includes(digest));
  }

  deleteManifest(digest: string): void {
    const tags = [...this.tags].filter(([, named]) => named.digest === digest);
    this.#discard([digest], new Map(tags.map(([tag]) => [tag, digest])));
  }

  /** Takes away what retention does not keep; returns whether that was anything. */
  retain(): boolean {
    const images = new Map<string, number>();
    for (const [tag, { digest, moved }] of this.tags) {
      if (tag.startsWith(RETAINED)) images.set(digest, Math.max(images.get(digest) ?? 0, moved));
    }
    const newestFirst = [...images].sort(
      ([one, at], [other, then]) => then - at || (one < other ? -1 : 1),
    );
    const kept = new Set(newestFirst.slice(0, KEPT).map(([digest]) => digest));
    const going = new Map(
      [...this.tags]
        .filter(([tag, { digest }]) => tag.startsWith(RETAINED) && !kept.has(digest))
        .map(([tag, { digest }]) => [tag, digest]),
    );
    const staying = [...this.tags].filter(([tag]) => !going.has(tag)).map(([, of]) => of.digest);
    const tagged = new Set([...this.tags.values()].map(({ digest }) => digest));
    const atTheTop = [...this.manifests.values()].filter(
      ({ digest, subject }) =>
        !tagged.has(digest) &&
        !this.isListed(digest) &&
        (subject === undefined || !this.manifests.has(subject)),
    );
    const stays = this.#reached([...staying, ...atTheTop.map(({ digest }) => digest)]);
    const gone = [...this.#reached([...going.values()])].filter((digest) => !stays.has(digest));
    if (going.size + gone.length === 0) return false;
    this.#discard(gone, going);
    return true;
  }

  /** Takes the deletion at `index` back, with what its manifests list, wherever that is kept. */
  restore(index: number): void {
    const deletion = this.trash[index];
    if (deletion === undefined) throw new RangeError(`there is no deletion ${index}`);
    const wanted = [...deletion.manifests.keys()];
    for (const digest of wanted) {
      const kept = this.trash.filter(({ manifests }) => manifests.has(digest));
      for (const { manifests } of kept) {
        for (const child of manifests.get(digest)?.children ?? []) {
          if (!wanted.includes(child)) wanted.push(child);
        }
      }
    }
    for (const digest of wanted) {
      if (this.manifests.has(digest)) continue;
      const newest = this.trash.findLast(({ manifests }) => manifests.has(digest));
      const known = newest?.manifests.get(digest);
      if (newest === undefined || known === undefined) continue;
      newest.manifests.delete(digest);
      this.manifests.set(digest, known);
    }
    const moved = ++this.#moves;
    for (const [tag, digest] of deletion.tags) {
      if (this.manifests.has(digest) && !this.tags.has(tag)) this.tags.set(tag, { digest, moved });
    }
    this.trash.splice(index, 1);
  }

  purge(index: number): void {
    this.trash.splice(index, 1);
  }

  clear(): void {
    this.manifests.clear();
    this.tags.clear();
    this.trash.length = 0;
  }

  /** Blobs that must be there, for what is there and for what may come back. */
  blobs(): ReadonlySet<string> {
    return new Set([
      ...[...this.manifests.values()].flatMap(({ blobs }) => blobs),
      ...this.trash.flatMap(({ blobs }) => [...blobs]),
    ]);
  }

  #discard(digests: readonly string[], tags: ReadonlyMap<string, string>): void {
    const manifests = new Map<string, Known>();
    for (const digest of digests) {
      const known = this.manifests.get(digest);
      if (known === undefined) throw new Error(`the model has no ${digest}`);
      manifests.set(digest, known);
      this.manifests.delete(digest);
    }
    for (const tag of tags.keys()) this.tags.delete(tag);
    const blobs = new Set([...manifests.values()].flatMap((known) => known.blobs));
    this.trash.push({ manifests, tags, blobs });
  }

  /** What hangs on manifests: what they list, and what refers to them. */
  #reached(from: readonly string[]): Set<string> {
    const reached = new Set<string>();
    const waiting = [...from];
    for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
      const known = this.manifests.get(digest);
      if (known === undefined || reached.has(digest)) continue;
      reached.add(digest);
      waiting.push(...known.children);
      for (const other of this.manifests.values()) {
        if (other.subject === digest) waiting.push(other.digest);
      }
    }
    return reached;
  }
}
