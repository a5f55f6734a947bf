import type { Descriptor } from './descriptor.ts';
import { DIGEST_FORM, parseDigest } from './digest.ts';

/** A document that is not of the shape it should have; the message says where and how. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

export type Fields = Readonly<Record<string, unknown>>;

function stringField(fields: Fields, key: string, where = key): string | undefined {
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
  const urls = value.urls ?? undefined;
  if (urls !== undefined && !isStrings(urls))
    throw new ShapeError(`its ${where}.urls is not a list of strings`);
  return {
    mediaType: mediaTypeField(value, 'mediaType', `${where}.mediaType`) ?? '',
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
    ...(urls !== undefined && { urls }),
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
