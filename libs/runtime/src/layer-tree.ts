import { cleanPath, followLinks, joined, layerError, PATH_LIMIT, shown } from '@slipway/layers';

type Node =
  | { readonly kind: 'folder'; readonly explicit: boolean }
  | { readonly kind: 'symbolic-link'; readonly target: string }
  | { readonly kind: 'other' };

/**
 * What a layer has created so far. Nothing but the layer itself writes where it is unpacked, and that begins
 * empty, so this knows every symbolic link on any path, and nobody can put one there in between.
 */
export class LayerTree {
  readonly #nodes = new Map<string, Node>([['', { kind: 'folder', explicit: false }]]);

  get(path: string): Node | undefined {
    return this.#nodes.get(path);
  }

  /** The folders that entries lie in and that no entry describes, but the root. */
  implicitFolders(): readonly string[] {
    return [...this.#nodes].flatMap(([path, node]) =>
      path !== '' && node.kind === 'folder' && !node.explicit ? [path] : [],
    );
  }

  /** Puts an entry there instead of what was there before; a folder that something lies in stays one. */
  set(path: string, node: Node): void {
    if (this.#nodes.get(path)?.kind === 'folder' && node.kind !== 'folder') {
      for (const each of this.#nodes.keys()) {
        if (!each.startsWith(`${path}/`)) continue;
        throw layerError(
          `${shown(path)} is a folder with something in it, and then something else`,
        );
      }
    }
    this.#nodes.set(path, node);
  }

  /**
   * The real place of an entry: the symbolic links that its parents are in this layer followed, as if the layer
   * were all there is, and its own name kept. `missing` are the folders to make first.
   */
  resolve(name: string): { readonly path: string; readonly missing: readonly string[] } {
    const components = cleanPath(name);
    const last = components.pop();
    if (last === undefined) return { path: '', missing: [] };
    const missing: string[] = [];
    const at = followLinks(components, name, (step) => {
      const node = this.#nodes.get(step);
      switch (node?.kind) {
        case undefined:
          missing.push(step);
          return undefined;
        case 'folder':
          return undefined;
        case 'symbolic-link':
          return node.target;
        case 'other':
          throw layerError(`${shown(name)} lies in ${shown(step)}, which is no folder`);
      }
    });
    const path = joined(at, last);
    if (path.length > PATH_LIMIT) throw layerError(`the path ${shown(name)} is too long`);
    return { path, missing };
  }
}
