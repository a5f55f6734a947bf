import {
  endOfArchive,
  layerError,
  nameOf,
  padding,
  parentOf,
  shown,
  type TarEntry,
  TarReader,
  writeEntry,
} from '@slipway/layers';
import { LayerTree } from './layer-tree.ts';

/** What cannot be seen in the unpacked tree and is needed to stack it on others. */
export interface LayerFacts {
  /** Folders that the layer has only because entries lie in them: theirs is what the layers below say of them. */
  readonly implicit: readonly string[];
  /** Folders that hide what the layers below have in them. */
  readonly opaque: readonly string[];
  /** Whether an entry describes `/` itself. */
  readonly hasRoot: boolean;
  readonly entries: number;
  /** Bytes of all files' content. */
  readonly size: number;
}

export interface LayerLimits {
  readonly entries: number;
}

export const ordinaryLimits: LayerLimits = { entries: 2_000_000 };

const WHITEOUT = '.wh.';
const AUFS = '.wh..wh.';
const OPAQUE = '.wh..wh..opq';
const OVERLAY_OPAQUE = new Map([['trusted.overlay.opaque', Buffer.from('y')]]);
const GATHERED = 64 * 1024;

/**
 * A layer's archive (image-spec v1.1.1, layer.md) turned into one that unpacks to what overlayfs stacks: every
 * header parsed, checked and written anew, every path resolved within the image, `.wh.` files turned into
 * overlayfs's whiteouts. What is not allowed ends it with a `LayerError`. The generator returns the facts.
 *
 * - A whiteout hides lower layers only: an entry of the same name in the same layer wins, wherever it stands,
 *   and a folder that does so hides what the lower layers have in it. So they are written at the end.
 * - Symbolic links are written at the end too, when it is known which of them stay: no path leads through one,
 *   and GNU tar, which puts a file where it means to make a link later, may take another file for that one.
 *   A hard link to one becomes a second one.
 * - Device nodes are left out: a container's /dev is the runtime's. What lower layers have there is hidden.
 * - Of the extended attributes `user.*` and file capabilities stay; `trusted.overlay.*` and `user.overlay.*`
 *   would be whiteouts and redirects that nobody looked at, and the others are the host's own.
 */
export async function* rewriteLayer(
  source: AsyncIterable<Uint8Array>,
  limits: LayerLimits = ordinaryLimits,
): AsyncGenerator<Buffer, LayerFacts, void> {
  const reader = new TarReader(source);
  const rewriting = new Rewriting();
  let gathered: Buffer[] = [];
  let length = 0;
  let entries = 0;
  let size = 0;
  try {
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      if (++entries > limits.entries)
        throw layerError(`it has more than ${limits.entries} entries`);
      const { headers, keep } = rewriting.add(entry);
      for (const header of headers) {
        gathered.push(header);
        length += header.length;
      }
      if (keep) {
        size += entry.size;
        for await (const piece of reader.content()) {
          gathered.push(piece);
          length += piece.length;
          if (length < GATHERED) continue;
          yield Buffer.concat(gathered);
          gathered = [];
          length = 0;
        }
        if (padding(entry.size) > 0) gathered.push(Buffer.alloc(padding(entry.size)));
      }
      if (length >= GATHERED) {
        yield Buffer.concat(gathered);
        gathered = [];
        length = 0;
      }
    }
    await reader.drain();
    const end = rewriting.finish();
    yield Buffer.concat([...gathered, ...end.headers, endOfArchive()]);
    const { implicit, opaque, hasRoot } = end;
    return { implicit, opaque, hasRoot, entries, size };
  } finally {
    await reader.close();
  }
}

/** The decisions, entry by entry; no bytes of content pass here. */
class Rewriting {
  readonly #tree = new LayerTree();
  readonly #folders = new Map<string, TarEntry>();
  readonly #links = new Map<string, TarEntry>();
  readonly #hidden = new Set<string>();
  readonly #opaque = new Set<string>();

  /** The headers to write for an entry, and whether its content follows them. */
  add(entry: TarEntry): { readonly headers: readonly Buffer[]; readonly keep: boolean } {
    const { path, missing } = this.#tree.resolve(entry.path);
    const name = nameOf(path);
    const marked = parentOf(path)
      .split('/')
      .find((each) => each.startsWith(WHITEOUT));
    if (marked?.startsWith(AUFS) || (name.startsWith(AUFS) && name !== OPAQUE)) return NOTHING;
    if (marked !== undefined) throw layerError(`${shown(path)} lies in a whiteout`);
    const folders = missing.map((folder) => this.#imply(folder));
    if (name.startsWith(WHITEOUT)) {
      this.#hide(path, name);
      return { headers: folders, keep: false };
    }
    if (path === '' && entry.type !== 'folder') throw layerError('its root is no folder');
    this.#links.delete(path);
    if (entry.type !== 'folder') this.#folders.delete(path);
    const placed = { ...entry, path, xattrs: allowedXattrs(entry.xattrs) };
    switch (entry.type) {
      case 'folder':
        this.#tree.set(path, { kind: 'folder', explicit: true });
        this.#folders.set(path, placed);
        return { headers: [...folders, writeEntry(placed)], keep: false };
      case 'symbolic-link':
        this.#tree.set(path, { kind: 'symbolic-link', target: checkedTarget(entry) });
        this.#links.set(path, { ...placed, xattrs: new Map() });
        return { headers: folders, keep: false };
      case 'hard-link': {
        const target = this.#linked(entry, path);
        const link = this.#links.get(target);
        if (link !== undefined) this.#links.set(path, { ...link, path });
        const header = { ...placed, link: target, xattrs: new Map<string, Buffer>() };
        return { headers: link ? folders : [...folders, writeEntry(header)], keep: false };
      }
      case 'device':
        this.#hidden.add(path);
        return { headers: folders, keep: false };
      case 'fifo':
      case 'file':
        this.#tree.set(path, { kind: 'other' });
        return { headers: [...folders, writeEntry(placed)], keep: entry.type === 'file' };
    }
  }

  finish(): Omit<LayerFacts, 'entries' | 'size'> & { readonly headers: readonly Buffer[] } {
    const headers = [...this.#links.values()].map(writeEntry);
    for (const path of this.#hidden) {
      const node = this.#tree.get(path);
      if (node === undefined)
        headers.push(writeEntry({ ...aFolder(path), type: 'device', mode: 0 }));
      if (node?.kind === 'folder') this.#opaque.add(path);
    }
    const opaque = [...this.#opaque].filter((path) => this.#tree.get(path)?.kind === 'folder');
    for (const path of opaque) {
      const folder = this.#folders.get(path) ?? aFolder(path);
      headers.push(
        writeEntry({ ...folder, xattrs: new Map([...folder.xattrs, ...OVERLAY_OPAQUE]) }),
      );
    }
    const { explicit: hasRoot = false } = this.#tree.get('') as { explicit?: boolean };
    return { headers, implicit: this.#tree.implicitFolders(), opaque, hasRoot };
  }

  #imply(path: string): Buffer {
    this.#tree.set(path, { kind: 'folder', explicit: false });
    return writeEntry(aFolder(path));
  }

  #hide(path: string, name: string): void {
    const folder = parentOf(path);
    if (name === OPAQUE) {
      this.#opaque.add(folder);
      return;
    }
    const hidden = name.slice(WHITEOUT.length);
    if (['', '.', '..'].includes(hidden))
      throw layerError(`the whiteout ${shown(path)} hides nothing`);
    this.#hidden.add(folder === '' ? hidden : `${folder}/${hidden}`);
  }

  /** Only what this layer has created can be linked to: anything else would be a file of the host or of nobody. */
  #linked(entry: TarEntry, path: string): string {
    const target = this.#tree.resolve(entry.link);
    const node = this.#tree.get(target.path);
    if (node === undefined || node.kind === 'folder' || target.path === path) {
      throw layerError(
        `${shown(entry.path)} is a hard link to ${shown(entry.link)}, which the layer has no file for`,
      );
    }
    this.#tree.set(path, node);
    return target.path;
  }
}

const NOTHING = { headers: [], keep: false };

const aFolder = (path: string): TarEntry => ({
  type: 'folder',
  path,
  link: '',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: '0',
  size: 0,
  xattrs: new Map(),
});

function checkedTarget({ path, link }: TarEntry): string {
  if (link === '' || link.includes('\0') || link.length > 4095) {
    throw layerError(`the target of the symbolic link ${shown(path)} cannot be one`);
  }
  return link;
}

/** A name with `=` or `%` would be another one to GNU tar. */
function allowedXattrs(xattrs: ReadonlyMap<string, Buffer>): ReadonlyMap<string, Buffer> {
  const isAllowed = (name: string) =>
    name === 'security.capability' ||
    (/^user\.[\x21-\x24\x26-\x3c\x3e-\x7e]{1,250}$/.test(name) &&
      !name.startsWith('user.overlay.'));
  return new Map([...xattrs].filter(([name]) => isAllowed(name)));
}
