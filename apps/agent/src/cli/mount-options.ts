import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { WishedMount } from '../container-record.ts';

const VOLUME =
  'It is /on/the/host:/in/the/container, volume:/in/the/container or /in/the/container; ro, rw or nocopy may follow.';

/** `/on/the/host:/in[:ro]`, `name:/in[:ro,nocopy]`, or `/in` for a volume without a name. */
export function parseVolume(
  text: string,
  before: readonly WishedMount[] = [],
): readonly WishedMount[] {
  const parts = text.startsWith('/') && !text.includes(':') ? ['', text] : text.split(':');
  const [source = '', destination = '', modes = '', ...more] = parts;
  const words = modes.split(',').filter(Boolean);
  const known = words.every((word) => ['ro', 'rw', 'nocopy'].includes(word));
  if (!destination.startsWith('/') || more.length > 0 || !known || text.startsWith(':')) {
    throw new InvalidArgumentError(VOLUME);
  }
  const readOnly = words.includes('ro');
  const noCopy = words.includes('nocopy');
  if (/^[/.]/.test(source)) {
    if (noCopy) throw new InvalidArgumentError(VOLUME);
    return [...before, { type: 'bind', source: resolve(source), destination, readOnly }];
  }
  const named = source === '' ? {} : { name: source };
  return [...before, { type: 'volume', ...named, destination, readOnly, noCopy }];
}

/** `/in/the/container[:size=64m,mode=700,exec]`. */
export function parseTmpfs(
  text: string,
  before: readonly WishedMount[] = [],
): readonly WishedMount[] {
  const [destination = '', options = '', ...more] = text.split(':');
  if (!destination.startsWith('/') || more.length > 0) {
    throw new InvalidArgumentError('It is /in/the/container, with :size=64m,mode=700 behind.');
  }
  return [...before, tmpfs(destination, options.split(',').filter(Boolean))];
}

function tmpfs(destination: string, options: string[]): WishedMount {
  const wrong = options.find((word) => !TMPFS_OPTION.test(word));
  if (wrong !== undefined) throw new InvalidArgumentError(`A tmpfs has no option ${wrong}.`);
  return { type: 'tmpfs', destination, options };
}

const TMPFS_OPTION =
  /^(?:(?:no)?(?:exec|suid|dev|atime|diratime)|relatime|strictatime|r[ow]|(?:size|nr_blocks|nr_inodes)=\d+[kmg%]?|mode=[0-7]{1,4}|[ug]id=\d+)$/i;

/** `type=bind,source=/a,target=/b,readonly`, `type=volume,source=name,…` or `type=tmpfs,target=/b,tmpfs-size=64m`. */
export function parseMount(
  text: string,
  before: readonly WishedMount[] = [],
): readonly WishedMount[] {
  const fields = new Map(fieldsOf(text).map(fieldOf));
  const take = (...names: readonly string[]) => {
    const found = names.filter((name) => fields.has(name));
    const value = fields.get(found[0] ?? '');
    for (const name of names) fields.delete(name);
    return value;
  };
  const type = take('type') ?? 'volume';
  const destination = take('target', 'destination', 'dst') ?? '';
  if (!destination.startsWith('/')) throw new InvalidArgumentError('It has no target=/…');
  const readOnly = isTrue(take('readonly', 'ro') ?? 'false');
  const mount = mountOf(type, destination, readOnly, take);
  const [unknown] = fields.keys();
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`A mount of type ${type} has no ${unknown}.`);
  }
  return [...before, mount];
}

function mountOf(
  type: string,
  destination: string,
  readOnly: boolean,
  take: (...names: readonly string[]) => string | undefined,
): WishedMount {
  switch (type) {
    case 'bind': {
      const source = take('source', 'src') ?? '';
      if (source === '') throw new InvalidArgumentError('A mount of type bind has a source=/…');
      return { type, source: resolve(source), destination, readOnly };
    }
    case 'tmpfs': {
      const size = take('tmpfs-size');
      const mode = take('tmpfs-mode');
      return tmpfs(destination, [
        ...(readOnly ? ['ro'] : []),
        ...(size === undefined ? [] : [`size=${size.replace(/([kmg])i?b$/i, '$1')}`]),
        ...(mode === undefined ? [] : [`mode=${mode}`]),
      ]);
    }
    case 'volume': {
      const name = take('source', 'src');
      const noCopy = isTrue(take('volume-nocopy') ?? 'false');
      return { type, ...(name !== undefined && { name }), destination, readOnly, noCopy };
    }
    default:
      throw new InvalidArgumentError('Its type is bind, volume or tmpfs.');
  }
}

/** Fields of a line of CSV: what holds a comma is quoted. */
function fieldsOf(text: string): readonly string[] {
  const fields = text.match(/(?:^|,)(?:"(?:[^"]|"")*"|[^,"]*)(?=,|$)/g) ?? [];
  if (fields.join('').length !== text.length) {
    throw new InvalidArgumentError('It is fields such as type=bind,source=/a,target=/b.');
  }
  return fields
    .map((field) => field.replace(/^,/, ''))
    .map((field) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field));
}

function fieldOf(field: string): readonly [string, string] {
  const at = field.indexOf('=');
  return at < 0
    ? [field.toLowerCase(), 'true']
    : [field.slice(0, at).toLowerCase(), field.slice(at + 1)];
}

function isTrue(text: string): boolean {
  if (['true', '1'].includes(text)) return true;
  if (['false', '0'].includes(text)) return false;
  throw new InvalidArgumentError('It is true or false.');
}
