import { cleanPath, joined, nameOf, parentOf, PATH_LIMIT, shown } from './archive-path.ts';
import { layerError } from './errors.ts';
import { followLinks } from './follow-links.ts';
import type { TarEntry } from './tar-entry.ts';

const WHITEOUT = '.wh.';
const AUFS = '.wh..wh.';
const OPAQUE = '.wh..wh..opq';

/** Characters of symbolic links that are followed; of those behind nobody's path leads through. */
const MOST_LINK_TEXT = 16 * 1024 * 1024;

export interface Place {
  readonly path: string;
  /** The entry says nothing of itself: it hides a path of lower layers, or all that they have in a folder. */
  readonly mark: 'whiteout' | 'opaque' | undefined;
  /** Where the link leads; of a hard link a path of the image. */
  readonly link: string;
}

/**
 * Where the entries of one layer lie in the image (image-spec v1.1.1, layer.md): symbolic links that the layer has on
 * the way are followed, as for who unpacks it, and names that begin with `.wh.` are taken for what they mean.
 */
export class ArchiveNames {
  readonly #links = new Map<string, string>();
  #linkText = 0;
  /** The folder that was asked for last, and where it was found. */
  #last = { folder: '', real: '' };

  /** `undefined` of what only one driver of old had a use for. */
  place(entry: TarEntry): Place | undefined {
    const path = this.#resolve(entry.path);
    const name = nameOf(path);
    const marked = parentOf(path)
      .split('/')
      .find((each) => each.startsWith(WHITEOUT));
    if (marked?.startsWith(AUFS) || (name.startsWith(AUFS) && name !== OPAQUE)) return undefined;
    if (marked !== undefined) throw layerError(`${shown(path)} lies in a whiteout`);
    if (name === OPAQUE) return { path: parentOf(path), mark: 'opaque', link: '' };
    if (name.startsWith(WHITEOUT)) {
      const hidden = name.slice(WHITEOUT.length);
      if (['', '.', '..'].includes(hidden)) {
        throw layerError(`the whiteout ${shown(path)} hides nothing`);
      }
      return { path: joined(parentOf(path), hidden), mark: 'whiteout', link: '' };
    }
    if (path === '' && entry.type !== 'folder') throw layerError('its root is no folder');
    this.#forget(path);
    switch (entry.type) {
      case 'symbolic-link':
        if (entry.link.length > PATH_LIMIT) {
          throw layerError(`the target of the symbolic link ${shown(path)} is too long`);
        }
        this.#remember(path, entry.link);
        return { path, mark: undefined, link: entry.link };
      case 'hard-link':
        return { path, mark: undefined, link: this.#resolve(entry.link) };
      case 'file':
      case 'folder':
      case 'device':
      case 'fifo':
        return { path, mark: undefined, link: '' };
    }
  }

  #remember(path: string, target: string): void {
    this.#linkText += path.length + target.length;
    if (this.#linkText > MOST_LINK_TEXT) return;
    this.#links.set(path, target);
    this.#last = { folder: '', real: '' };
  }

  #forget(path: string): void {
    if (!this.#links.delete(path)) return;
    this.#last = { folder: '', real: '' };
  }

  #resolve(name: string): string {
    const components = cleanPath(name);
    const last = components.pop();
    if (last === undefined) return '';
    const folder = components.join('/');
    if (folder !== this.#last.folder) {
      const linkAt = (at: string) => this.#links.get(at);
      const real = this.#links.size === 0 ? folder : followLinks(components, name, linkAt);
      this.#last = { folder, real };
    }
    const path = joined(this.#last.real, last);
    if (path.length > PATH_LIMIT) throw layerError(`the path ${shown(name)} is too long`);
    return path;
  }
}
