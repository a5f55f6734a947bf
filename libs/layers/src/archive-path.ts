import { layerError } from './errors.ts';

export const PATH_LIMIT = 4096;
const NAME_LIMIT = 255;

/** The components of a name in an archive, cleaned as Docker does; one that leads out of the archive is refused. */
export function cleanPath(name: string): string[] {
  if (name.length > PATH_LIMIT) throw layerError(`the path ${shown(name)} is too long`);
  if (name.includes('\0')) throw layerError('a path has a NUL');
  const clean: string[] = [];
  for (const component of componentsOf(name)) {
    if (component === '..') {
      if (clean.pop() === undefined) throw layerError(`${shown(name)} leads out of the image`);
    } else {
      clean.push(component);
    }
  }
  return clean;
}

export function componentsOf(path: string): string[] {
  const components = path.split('/').filter((each) => each !== '' && each !== '.');
  const long = components.find((each) => each.length > NAME_LIMIT);
  if (long !== undefined) throw layerError(`the name ${shown(long)} is too long`);
  return components;
}

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const joined = (folder: string, name: string): string =>
  folder === '' ? name : `${folder}/${name}`;

/** A name of an archive for a message: never more than a line, and no control characters. */
export const shown = (name: string): string =>
  JSON.stringify(Buffer.from(name.slice(0, 200), 'latin1').toString('utf8'));
