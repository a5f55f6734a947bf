import { componentsOf, joined, parentOf, shown } from './archive-path.ts';
import { layerError } from './errors.ts';

/** As many as Linux follows on one way (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Where the folder of an entry called `name` really is: symbolic links on the way are followed, as if the archive were
 * all there is. `linkAt` is asked of each step where it leads, and answers `undefined` of what is no symbolic link.
 */
export function followLinks(
  folder: readonly string[],
  name: string,
  linkAt: (path: string) => string | undefined,
): string {
  let at = '';
  let links = 0;
  for (let rest = folder; rest.length > 0;) {
    const [component = '', ...others] = rest;
    rest = others;
    if (component === '..') {
      at = parentOf(at);
      continue;
    }
    const next = joined(at, component);
    const target = linkAt(next);
    if (target === undefined) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) throw layerError(`${shown(name)} leads through too many links`);
    if (target.startsWith('/')) at = '';
    rest = [...componentsOf(target), ...rest];
  }
  return at;
}
