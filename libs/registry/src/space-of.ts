import { insideOf, type MergedFiles, type SeenEntry } from '@slipway/layers';
import type { Digest } from '@slipway/oci';
import { type ShownFile, shownFile, textOf } from './shown-file.ts';

const MOST_SHOWN = 100;

/** What takes the space in an image. */
export interface Space {
  readonly files: number;
  /** Bytes of all files that are seen. */
  readonly size: number;
  readonly largest: readonly ShownFile[];
  /** Each with all that lies in it, at whatever depth. */
  readonly folders: readonly SizedFolder[];
  readonly layers: readonly {
    readonly digest: Digest;
    /** Bytes of its files, unpacked. */
    readonly size: number;
    /** Of those, what is seen in the image; the rest is hidden by layers above. */
    readonly seen: number;
  }[];
}

interface SizedFolder {
  readonly path: string;
  readonly files: number;
  readonly size: number;
}

export async function spaceOf(
  merged: MergedFiles,
  layers: readonly { readonly digest: Digest; readonly size: number }[],
): Promise<Space> {
  const seen = layers.map(() => 0);
  const largest = new Largest<SeenEntry>(({ entry }) => entry.size);
  const folders = new Largest<SizedFolder>(({ size }) => size);
  const around: { key: string; files: number; size: number }[] = [];
  const all = { files: 0, size: 0 };
  const close = () => {
    const folder = around.pop();
    if (folder === undefined) return;
    const { key, files, size } = folder;
    const outer = around.at(-1) ?? all;
    outer.files += files;
    outer.size = plus(outer.size, size);
    if (size > 0) folders.offer({ path: textOf(key), files, size });
  };
  for await (const each of merged.all()) {
    const { key, type, size } = each.entry;
    for (let top = around.at(-1); top && !key.startsWith(insideOf(top.key)); top = around.at(-1)) {
      close();
    }
    if (type === 'folder') {
      if (key !== '') around.push({ key, files: 0, size: 0 });
      continue;
    }
    if (type === 'whiteout') continue;
    const folder = around.at(-1) ?? all;
    folder.files++;
    folder.size = plus(folder.size, size);
    seen[each.layer] = plus(seen[each.layer] ?? 0, size);
    if (size > 0) largest.offer(each);
  }
  while (around.length > 0) close();
  const digests = layers.map(({ digest }) => digest);
  return {
    ...all,
    largest: largest.inOrder().map((each) => shownFile(each, digests)),
    folders: folders.inOrder(),
    layers: layers.map(({ digest, size }, n) => ({ digest, size, seen: seen[n] ?? 0 })),
  };
}

/** What an archive claims of its holes adds up to more than numbers can say. */
const plus = (one: number, other: number): number => Math.min(one + other, Number.MAX_SAFE_INTEGER);

class Largest<T> {
  readonly #sizeOf: (item: T) => number;
  #items: T[] = [];
  #least = 0;

  constructor(sizeOf: (item: T) => number) {
    this.#sizeOf = sizeOf;
  }

  offer(item: T): void {
    if (this.#sizeOf(item) <= this.#least) return;
    this.#items.push(item);
    if (this.#items.length < 2 * MOST_SHOWN) return;
    this.#items = this.inOrder();
    this.#least = this.#sizeOf(this.#items.at(-1) ?? item);
  }

  inOrder(): T[] {
    return this.#items
      .toSorted((one, other) => this.#sizeOf(other) - this.#sizeOf(one))
      .slice(0, MOST_SHOWN);
  }
}
