import {
  DamagedIndexError,
  INDEX_FORMAT,
  Kept,
  type LayerEntry,
  MergedFiles,
  readFileOf,
  type SeenEntry,
} from '@slipway/layers';
import type { LayerStanding, Metadata } from '@slipway/metadata';
import type { Digest, Platform, Reference, RepositoryName } from '@slipway/oci';
import { type BlobStore, parseStorageKey, readableOf } from '@slipway/storage';
import { compareFiles, type FileChange, type FileDifference } from './compare-files.ts';
import { RegistryError } from './errors.ts';
import type { Images } from './images.ts';
import { LayerIndexes } from './layer-indexes.ts';
import { keyOfText, type ShownFile, shownFile, textOf } from './shown-file.ts';
import { type Space, spaceOf } from './space-of.ts';
import { Turns } from './turns.ts';

/** How far the files of an image can be looked at: all of its layers must be indexed. */
export interface Indexing {
  readonly state: 'indexing' | 'indexed' | 'refused';
  readonly layers: number;
  readonly layersIndexed: number;
  /** Why its files cannot be seen. */
  readonly problem: string | undefined;
}

/** Whose files: an image, or one layer of it by itself, with its whiteouts. */
export interface Wanted {
  readonly repository: RepositoryName;
  readonly reference: Reference;
  readonly platform: Platform | undefined;
  readonly layer?: Digest | undefined;
}

export interface FilesPage extends Indexing {
  readonly items: readonly ShownFile[];
  readonly next: string | undefined;
}

/** Where two images differ; `indexing` is of both together. */
export interface DifferencesPage extends Indexing {
  readonly items: readonly ShownDifference[];
  readonly next: string | undefined;
}

interface ShownDifference {
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly from: ShownFile | undefined;
  readonly to: ShownFile | undefined;
  readonly changed: readonly FileChange[];
}

interface Page {
  readonly after: string | undefined;
  readonly limit: number;
}

/** One file, to be read once. */
export interface ReadableFile {
  readonly name: string;
  readonly size: number;
  readonly content: AsyncIterable<Buffer>;
}

interface Looked {
  readonly indexing: Indexing;
  readonly layers: readonly LayerStanding[];
}

const LARGEST_TEXT = 1024 * 1024;
const MOST_LINKS = 5;
const KEPT_SPACES = 32;
const WAITING = 100;

/** The files of images, out of the indexes of their layers. What is not indexed yet is, as somebody looks at it. */
export class Files {
  readonly #metadata: Metadata;
  readonly #store: BlobStore;
  readonly #images: Images;
  readonly #indexes: LayerIndexes;
  readonly #spaces = new Kept<Space>(KEPT_SPACES);
  readonly #looks = new Turns(8, WAITING);
  readonly #walks = new Turns(2, WAITING);
  readonly #reads = new Turns(4, WAITING);

  constructor(metadata: Metadata, store: BlobStore, images: Images) {
    this.#metadata = metadata;
    this.#store = store;
    this.#images = images;
    this.#indexes = new LayerIndexes(store);
  }

  /** What lies in a folder, by pages. */
  async list(wanted: Wanted, path: string, { after, limit }: Page): Promise<FilesPage> {
    const folder = keyOfText(path);
    return this.#page(this.#looks, wanted, limit, async function* (files) {
      const found = await files.find(folder);
      if (found === undefined && folder === '') return;
      if (found?.entry.type !== 'folder') {
        throw unknownFile(`${nameOf(wanted.reference)} has no folder /${textOf(folder)}`);
      }
      for await (const each of files.in(folder, keyOfPlace(after))) yield each;
    });
  }

  /** Paths with that text in them, whatever its case, by pages. */
  async search(wanted: Wanted, text: string, { after, limit }: Page): Promise<FilesPage> {
    const sought = text.toLowerCase();
    return this.#page(this.#walks, wanted, limit, async function* (files) {
      for await (const each of files.all(keyOfPlace(after))) {
        if (textOf(each.entry.key).toLowerCase().includes(sought)) yield each;
      }
    });
  }

  async space(wanted: Wanted): Promise<Indexing & { readonly space: Space | undefined }> {
    const done = await this.#look(this.#walks, wanted, async (files, layers) => {
      const key = layers.map(({ storageKey }) => storageKey).join();
      return this.#spaces.get(key, () =>
        spaceOf(
          files,
          layers.map(({ digest, size = 0 }) => ({ digest, size })),
        ),
      );
    });
    return { ...done.indexing, space: done.found };
  }

  /** Files that were added, removed or changed from one image to another, by pages. */
  async compare(from: Wanted, to: Wanted, { after, limit }: Page): Promise<DifferencesPage> {
    let one: Indexing | undefined;
    const done = await this.#look(this.#walks, from, async (before, layersBefore) => {
      const looked = await this.#standing(to);
      one = looked.indexing;
      if (one.state !== 'indexed') return undefined;
      const digests = [layersBefore, looked.layers].map((layers) =>
        layers.map(({ digest }) => digest),
      );
      const then = await this.#merged(looked, to);
      const items: ShownDifference[] = [];
      let next: string | undefined;
      for await (const each of compareFiles(before, then, keyOfPlace(after))) {
        if (items.length === limit) return { items, next };
        items.push(shownDifference(each, digests));
        const last = each.to ?? each.from;
        next = last && placeOf(last.entry);
      }
      return { items, next: undefined };
    });
    const other = one ?? (await this.#standing(to)).indexing;
    return { ...together(done.indexing, other), ...(done.found ?? { items: [], next: undefined }) };
  }

  /** A file that is text of at most a megabyte. */
  async text(wanted: Wanted, path: string): Promise<string> {
    return this.#reads.take(async () => {
      const { entry, blobKey } = await this.#file(wanted, path);
      const shown = `/${textOf(entry.key)}`;
      if (entry.size > LARGEST_TEXT) {
        throw refused(
          `${shown} has ${entry.size} bytes, and files of more than ${LARGEST_TEXT} are not shown; download it`,
        );
      }
      const pieces: Buffer[] = [];
      for await (const piece of await this.#contentOf(entry, blobKey)) pieces.push(piece);
      const text = textIn(Buffer.concat(pieces));
      if (text === undefined) throw refused(`${shown} is no text, but binary; download it`);
      return text;
    });
  }

  /** A file of any size. Its layer is read up to where it begins before this is fulfilled. */
  async download(wanted: Wanted, path: string): Promise<ReadableFile> {
    return this.#reads.take(async () => {
      const { entry, blobKey } = await this.#file(wanted, path);
      const content = await this.#contentOf(entry, blobKey);
      const first = await content.next();
      const name = textOf(entry.key).split('/').at(-1) ?? '';
      return { name, size: entry.size, content: beginningWith(first, content) };
    });
  }

  async #page(
    turns: Turns,
    wanted: Wanted,
    limit: number,
    entries: (files: MergedFiles) => AsyncGenerator<SeenEntry, void, void>,
  ): Promise<FilesPage> {
    const done = await this.#look(turns, wanted, async (files, layers) => {
      const digests = layers.map(({ digest }) => digest);
      const items: ShownFile[] = [];
      let last: SeenEntry | undefined;
      for await (const each of entries(files)) {
        if (items.length === limit) return { items, next: last && placeOf(last.entry) };
        items.push(shownFile(each, digests));
        last = each;
      }
      return { items, next: undefined };
    });
    return { ...done.indexing, ...(done.found ?? { items: [], next: undefined }) };
  }

  /** Runs `work` over the files, if they are all indexed. An index that is damaged, or gone, is made again. */
  async #look<T>(
    turns: Turns,
    wanted: Wanted,
    work: (files: MergedFiles, layers: readonly LayerStanding[]) => Promise<T>,
  ): Promise<{ readonly indexing: Indexing; readonly found: T | undefined }> {
    const looked = await this.#standing(wanted);
    if (looked.indexing.state !== 'indexed') return { ...looked, found: undefined };
    try {
      const found = await turns.take(async () =>
        work(await this.#merged(looked, wanted), looked.layers),
      );
      return { ...looked, found };
    } catch (error) {
      if (!(error instanceof DamagedIndexError)) throw error;
      await this.#lost(looked.layers);
      return { indexing: (await this.#standing(wanted)).indexing, found: undefined };
    }
  }

  async #lost(layers: readonly LayerStanding[]): Promise<void> {
    for (const { storageKey } of layers) {
      if (storageKey === undefined) continue;
      this.#indexes.forget(storageKey);
      await this.#metadata.tables.layerIndexes.lost(storageKey);
    }
  }

  async #merged({ layers }: Looked, { layer }: Wanted): Promise<MergedFiles> {
    const indexes = await Promise.all(
      layers.map(({ storageKey = '' }) => this.#indexes.open(storageKey)),
    );
    return new MergedFiles(indexes, { whiteouts: layer !== undefined });
  }

  /** How it stands with the layers; those that nobody has asked for yet are asked for. */
  async #standing(wanted: Wanted): Promise<Looked> {
    const { repository, reference, platform, layer } = wanted;
    const image = await this.#images.find(repository, reference, platform);
    const all = image.layers.map(({ digest }) => digest);
    if (layer !== undefined && !all.includes(layer)) {
      throw new RegistryError('blob-unknown', `${nameOf(reference)} has no layer ${layer}`, {
        digest: layer,
      });
    }
    const digests = layer === undefined ? all : [layer];
    const { layerIndexes } = this.#metadata.tables;
    const layers = await layerIndexes.standing(repository, digests, INDEX_FORMAT);
    const missing = layers.find(({ held }) => !held);
    const fresh = layers.filter(({ held, state }) => held && state === undefined);
    if (missing === undefined && fresh.length > 0) {
      await layerIndexes.ask([...new Set(fresh.map(({ digest }) => digest))], INDEX_FORMAT);
    }
    return { layers, indexing: indexingOf(layers, missing) };
  }

  /** The file that a path names, by whatever name, and where its layer lies. */
  async #file(
    wanted: Wanted,
    path: string,
  ): Promise<{ readonly entry: LayerEntry; readonly blobKey: string }> {
    const key = keyOfText(path);
    const done = await this.#look(this.#looks, wanted, async (files, layers) => {
      let seen = await files.find(key);
      for (let links = 0; seen?.entry.type === 'hard-link' && links < MOST_LINKS; links++) {
        seen = await files.find(seen.entry.link.replaceAll('/', '\0'));
      }
      if (seen === undefined) {
        throw unknownFile(`${nameOf(wanted.reference)} has no file /${textOf(key)}`);
      }
      const { entry, layer } = seen;
      if (entry.type !== 'file')
        throw refused(`/${textOf(key)} is ${WHAT[entry.type]}, and no file`);
      return { entry, blobKey: layers[layer]?.blobKey ?? '' };
    });
    if (done.found !== undefined) return done.found;
    const { state, layers, layersIndexed, problem } = done.indexing;
    if (state === 'refused') throw refused(problem ?? '');
    throw new RegistryError(
      'files-not-indexed',
      `the layers are being indexed, ${layersIndexed} of ${layers} are done; try again in a moment`,
    );
  }

  async #contentOf(
    entry: LayerEntry,
    blobKey: string,
  ): Promise<AsyncGenerator<Buffer, void, void>> {
    const reader = await this.#store.open(parseStorageKey(blobKey));
    if (reader === undefined) throw new Error(`the bytes at ${blobKey} are missing from the store`);
    return readFileOf(readableOf(reader), entry);
  }
}

function indexingOf(
  layers: readonly LayerStanding[],
  missing: LayerStanding | undefined,
): Indexing {
  const counts = {
    layers: layers.length,
    layersIndexed: layers.filter(({ state }) => state === 'indexed').length,
  };
  if (missing !== undefined) {
    const problem = `the layer ${missing.digest} was never pushed here`;
    return { state: 'refused', ...counts, problem };
  }
  const bad = layers.find(({ state }) => state === 'refused');
  if (bad !== undefined) {
    const problem = `the layer ${bad.digest} is not shown: ${bad.reason ?? ''}`;
    return { state: 'refused', ...counts, problem };
  }
  const state = counts.layersIndexed === counts.layers ? 'indexed' : 'indexing';
  return { state, ...counts, problem: undefined };
}

function together(one: Indexing, other: Indexing): Indexing {
  const states = [one.state, other.state];
  const refused = states.includes('refused');
  return {
    state: refused ? 'refused' : states.includes('indexing') ? 'indexing' : 'indexed',
    layers: one.layers + other.layers,
    layersIndexed: one.layersIndexed + other.layersIndexed,
    problem: one.problem ?? other.problem,
  };
}

function shownDifference(
  { from, to, changed }: FileDifference,
  [before = [], then = []]: readonly (readonly Digest[])[],
): ShownDifference {
  const key = (to ?? from)?.entry.key ?? '';
  return {
    path: textOf(key),
    kind: from === undefined ? 'added' : to === undefined ? 'removed' : 'changed',
    from: from && shownFile(from, before),
    to: to && shownFile(to, then),
    changed,
  };
}

const WHAT: Readonly<Record<LayerEntry['type'], string>> = {
  file: 'a file',
  'hard-link': 'a link that leads nowhere',
  'symbolic-link': 'a symbolic link',
  device: 'a device',
  folder: 'a folder',
  fifo: 'a pipe',
  whiteout: 'a whiteout',
};

const nameOf = (reference: Reference): string =>
  reference.kind === 'tag' ? reference.tag : reference.digest;

const unknownFile = (message: string) => new RegistryError('file-unknown', message);

const refused = (message: string) => new RegistryError('file-refused', message);

/** Where a page ended, for the next one: keys are bytes, and may be no text. */
const placeOf = ({ key }: LayerEntry): string => Buffer.from(key, 'latin1').toString('base64url');

const keyOfPlace = (place: string | undefined): string | undefined =>
  place === undefined ? undefined : Buffer.from(place, 'base64url').toString('latin1');

function textIn(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function* beginningWith(
  first: IteratorResult<Buffer, void>,
  rest: AsyncGenerator<Buffer, void, void>,
): AsyncGenerator<Buffer, void, void> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}
