import type { Digest } from '@slipway/oci';

const CAPACITY = 32 * 1024 * 1024;

/**
 * Bytes of manifests by digest, at most 32 MiB, the longest unused dropped first. Only content is kept
 * here, which can never change; whether a repository has it, and who may see it, is asked every time.
 */
export class ManifestCache {
  readonly #bytes = new Map<Digest, Buffer>();
  #size = 0;

  get(digest: Digest): Buffer | undefined {
    const content = this.#bytes.get(digest);
    if (content === undefined) return undefined;
    this.#bytes.delete(digest);
    this.#bytes.set(digest, content);
    return content;
  }

  put(digest: Digest, content: Buffer): void {
    if (this.#bytes.has(digest)) return;
    this.#bytes.set(digest, content);
    this.#size += content.length;
    for (const [oldest, bytes] of this.#bytes) {
      if (this.#size <= CAPACITY) return;
      this.#bytes.delete(oldest);
      this.#size -= bytes.length;
    }
  }
}
