import type { Descriptor } from './descriptor.ts';
import { DIGEST_FORM, parseDigest } from './digest.ts';
import type { Platform } from './platform.ts';
import { foldCase } from './strict-json.ts';

/** A document that is not of the shape it should have; the message says where and how. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

export type Fields = Readonly<Record<string, unknown>>;

export function stringField(fields: Fields, key: string, where = key): string | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new ShapeError(`its ${where} is not a string`);
  return value;
}

/** A media type as far as it must be one here: printable, without spaces, of a length that a header can carry. */
export function mediaTypeField(fields: Fields, key: string, where = key): string | undefined {
  const value = stringField(fields, key, where);
  if (value === undefined || value === '' || /^[\x21-\x7e]{1,255}$/.test(value)) return value;
  throw new ShapeError(`its ${where} ${JSON.stringify(value.slice(0, 100))} is not a media type`);
}

export function stringMap(
  fields: Fields,
  key: string,
  where = key,
): Readonly<Record<string, string>> | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  if (!isFields(value)) throw new ShapeError(`its ${where} is not an object`);
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw new ShapeError(`its ${where}[${JSON.stringify(name)}] is not a string`);
  }
  return value as Record<string, string>;
}

export function numberField(fields: Fields, key: string, where = key): number | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new ShapeError(`its ${where} is not a number`);
}

export function stringList(
  fields: Fields,
  key: string,
  where = key,
): readonly string[] | undefined {
  const value = fields[key] ?? undefined;
  if (value === undefined || isStrings(value)) return value;
  throw new ShapeError(`its ${where} is not a list of strings`);
}

export function fieldsField(fields: Fields, key: string, where = key): Fields | undefined {
  const value = fields[key] ?? undefined;
  if (value === undefined || isFields(value)) return value;
  throw new ShapeError(`its ${where} is not an object`);
}

/** `Layers` is no field to us and is `layers` to Go, so it is refused. */
export function refuseDisguisedKeys(fields: Fields, known: readonly string[]): void {
  const folded = new Map(known.map((name) => [foldCase(name), name]));
  for (const key of Object.keys(fields)) {
    const meant = folded.get(foldCase(key));
    if (meant !== undefined && meant !== key) {
      throw new ShapeError(`its key ${JSON.stringify(key)} is written ${JSON.stringify(meant)}`);
    }
  }
}

export function parseDescriptor(fields: Fields, key: string): Descriptor | undefined {
  const value = fields[key];
  return value === undefined || value === null ? undefined : readDescriptor(value, key);
}

/** A list of descriptors; Go writes an empty one as `null`. */
export function parseDescriptors(fields: Fields, key: string): readonly Descriptor[] {
  const value = fields[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ShapeError(`its ${key} is not a list`);
  return value.map((item, index) => readDescriptor(item, `${key}[${index}]`));
}

function readDescriptor(value: unknown, where: string): Descriptor {
  if (!isFields(value)) throw new ShapeError(`its ${where} is not a descriptor`);
  const digestText = stringField(value, 'digest', `${where}.digest`) ?? '';
  const digest = parseDigest(digestText);
  if (digest === undefined) {
    throw new ShapeError(
      `its ${where}.digest ${JSON.stringify(digestText)} is not a digest: ${DIGEST_FORM}`,
    );
  }
  const size = value.size;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new ShapeError(`its ${where}.size is not a number of bytes`);
  }
  const artifactType = mediaTypeField(value, 'artifactType', `${where}.artifactType`);
  const annotations = stringMap(value, 'annotations', `${where}.annotations`);
  const urls = stringList(value, 'urls', `${where}.urls`);
  const platform = platformOf(value);
  return {
    mediaType: mediaTypeField(value, 'mediaType', `${where}.mediaType`) ?? '',
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
    ...(urls !== undefined && { urls }),
    ...(platform !== undefined && { platform }),
  };
}

/** A platform that names no system or no architecture is none that anybody could ask for. */
function platformOf({ platform }: Fields): Platform | undefined {
  if (!isFields(platform)) return undefined;
  const { os, architecture, variant, 'os.version': osVersion } = platform;
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return {
    os,
    architecture,
    ...(typeof variant === 'string' && { variant }),
    ...(typeof osVersion === 'string' && { osVersion }),
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
