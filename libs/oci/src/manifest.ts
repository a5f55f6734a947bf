import {
  parseDescriptor,
  parseDescriptors,
  refuseDisguisedKeys,
  ShapeError,
  stringMap,
  mediaTypeField,
  type Fields,
} from './fields.ts';
import type { Descriptor } from './descriptor.ts';
import {
  isManifestMediaType,
  isNonDistributable,
  isSchema1,
  MANIFEST_MEDIA_TYPES,
  type ManifestMediaType,
  OCI_INDEX,
  OCI_MANIFEST,
  shapeOf,
} from './media-types.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * What Slipway needs to know of a manifest or an index (image-spec v1.1.1, manifest.md and image-index.md;
 * Docker's Image Manifest Version 2, Schema 2). The bytes themselves are stored as they came.
 */
export interface Manifest {
  readonly mediaType: ManifestMediaType;
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  /** As the referrers list shows it: an image's falls back to its config's media type, an index's does not. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export type ParsedManifest = { readonly manifest: Manifest } | { readonly problem: string };

/** Parses what was pushed as `contentType` (without parameters; '' when the client sent none). */
export function parseManifest(bytes: Uint8Array, contentType: string): ParsedManifest {
  if (isSchema1(contentType)) return { problem: SCHEMA_1 };
  const json = parseStrictJson(bytes);
  if ('problem' in json) return json;
  try {
    return { manifest: readManifest(json.value, contentType) };
  } catch (error) {
    if (error instanceof ShapeError) return { problem: error.message };
    throw error;
  }
}

export interface Successor {
  readonly descriptor: Descriptor;
  /** What it must be when clients follow it: a manifest, a blob, or either (an index may list layers). */
  readonly kind: 'manifest' | 'blob';
  /** Clients do not upload it: a non-distributable layer, or one that is fetched from its `urls`. */
  readonly foreign: boolean;
}

/** Everything a manifest points at but its subject, each digest once. */
export function successors(manifest: Manifest): readonly Successor[] {
  const found = new Map<string, Successor>();
  const add = (descriptor: Descriptor, kind: Successor['kind']) => {
    if (found.has(descriptor.digest)) return;
    const foreign = isNonDistributable(descriptor.mediaType) || (descriptor.urls?.length ?? 0) > 0;
    found.set(descriptor.digest, { descriptor, kind, foreign });
  };
  if (manifest.config !== undefined) add(manifest.config, 'blob');
  for (const layer of manifest.layers) add(layer, 'blob');
  for (const child of manifest.manifests) {
    add(child, isManifestMediaType(child.mediaType) ? 'manifest' : 'blob');
  }
  return [...found.values()];
}

const SCHEMA_1 =
  'it is an Image Manifest Version 2, Schema 1, which clients no longer pull; push it again with Docker 1.10 or newer, or any current client';

function readManifest(value: unknown, contentType: string): Manifest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShapeError('it is not a JSON object');
  }
  const fields = value as Fields;
  refuseDisguisedKeys(fields, KNOWN);
  if (fields.schemaVersion === 1) throw new ShapeError(SCHEMA_1);
  if (fields.schemaVersion !== 2) throw new ShapeError('its schemaVersion is not 2');
  const mediaType = mediaTypeOf(fields, contentType);
  const annotations = stringMap(fields, 'annotations');
  const subject = parseDescriptor(fields, 'subject');
  const parts = shapeOf(mediaType) === 'image' ? imageParts(fields) : indexParts(fields);
  const named = mediaTypeField(fields, 'artifactType') ?? '';
  const artifactType = named === '' ? parts.config?.mediaType : named;
  return {
    mediaType,
    ...parts,
    ...(subject !== undefined && { subject }),
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  };
}

/** The type the body names, the client says, or the fields imply, in that order; they must not disagree. */
function mediaTypeOf(fields: Fields, contentType: string): ManifestMediaType {
  const named = mediaTypeField(fields, 'mediaType') ?? '';
  const generic = ['', 'application/json', 'application/octet-stream'].includes(contentType);
  if (isSchema1(named)) throw new ShapeError(SCHEMA_1);
  if (named !== '' && !generic && named !== contentType) {
    throw new ShapeError(
      `its mediaType is ${named}, but it was pushed with Content-Type ${contentType}`,
    );
  }
  const mediaType = named !== '' ? named : generic ? impliedType(fields) : contentType;
  if (!isManifestMediaType(mediaType)) {
    throw new ShapeError(
      `its media type ${mediaType} is none of ${MANIFEST_MEDIA_TYPES.join(', ')}`,
    );
  }
  return mediaType;
}

function impliedType(fields: Fields): ManifestMediaType {
  return fields.manifests === undefined ? OCI_MANIFEST : OCI_INDEX;
}

function imageParts(fields: Fields): Pick<Manifest, 'config' | 'layers' | 'manifests'> {
  if (fields.manifests !== undefined) throw new ShapeError(BOTH);
  const config = parseDescriptor(fields, 'config');
  if (config === undefined) throw new ShapeError('it has no config');
  return { config, layers: parseDescriptors(fields, 'layers'), manifests: [] };
}

function indexParts(fields: Fields): Pick<Manifest, 'config' | 'layers' | 'manifests'> {
  if (fields.layers !== undefined || fields.config !== undefined) throw new ShapeError(BOTH);
  if (fields.manifests === undefined) throw new ShapeError('it has no manifests');
  return { layers: [], manifests: parseDescriptors(fields, 'manifests') };
}

/** CVE-2021-41190: a document that is an image to one reader and an index to another. */
const BOTH =
  'it mixes the fields of an image (config, layers) with those of an index (manifests), so readers would disagree about what it is';

const KNOWN = [
  'schemaVersion',
  'mediaType',
  'config',
  'layers',
  'manifests',
  'subject',
  'artifactType',
  'annotations',
];
