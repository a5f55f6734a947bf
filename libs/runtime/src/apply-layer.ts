import { createHash } from 'node:crypto';
import { decompressed, LayerError, layerError, type Unpack } from '@slipway/layers';
import { algorithmOf, type Digest, digestOf } from '@slipway/oci';
import { RuntimeError } from './errors.ts';
import { feedProgram, throughProgram } from './host-programs.ts';
import {
  type LayerFacts,
  type LayerLimits,
  ordinaryLimits,
  rewriteLayer,
} from './rewrite-layer.ts';

/** A program of the host that unpacks gzip faster than Node does. */
export type Gunzip = 'igzip' | 'pigz';

export interface ApplyOptions {
  readonly gunzip?: Gunzip | undefined;
  readonly limits?: LayerLimits;
  /** Most bytes of the archive inside. */
  readonly largest?: number;
  readonly signal?: AbortSignal | undefined;
}

const LARGEST = 256 * 1024 ** 3;

const TAR = [
  '--extract',
  '--file=-',
  '--preserve-permissions',
  '--numeric-owner',
  '--same-owner',
  '--xattrs',
  '--xattrs-include=*',
  '--delay-directory-restore',
  '--warning=no-timestamp',
];

/**
 * Unpacks a layer as it comes from a registry into `folder`, which is empty and nobody else's. What lies there is
 * the layer only when this resolves: then the archive had the digest `diffId`.
 */
export async function applyLayer(
  source: AsyncIterable<Uint8Array>,
  diffId: Digest,
  folder: string,
  options: ApplyOptions = {},
): Promise<LayerFacts> {
  const { gunzip, limits = ordinaryLimits, largest = LARGEST, signal } = options;
  const hash = createHash(algorithmOf(diffId));
  const hashed = async function* () {
    let size = 0;
    for await (const piece of decompressed(source, gunzip && unpackBy(gunzip))) {
      size += piece.length;
      if (size > largest) throw layerError(`it is larger than ${largest} bytes`);
      hash.update(piece);
      yield piece;
    }
  };
  let facts: LayerFacts | undefined;
  const rewritten = async function* () {
    facts = yield* rewriteLayer(hashed(), limits);
  };
  try {
    await feedProgram('tar', [...TAR, '--directory', folder], rewritten(), { signal });
  } catch (error) {
    if (!(error instanceof LayerError)) throw error;
    throw new RuntimeError('layer-invalid', error.message, { cause: error });
  }
  const found = digestOf(algorithmOf(diffId), hash.digest('hex'));
  if (found !== diffId || facts === undefined) {
    throw new RuntimeError(
      'layer-mismatch',
      `the layer has the diff ID ${found} instead of ${diffId}`,
    );
  }
  return facts;
}

const unpackBy =
  (program: Gunzip): Unpack =>
  (source) =>
    throughProgram(program, ['-d', '-c'], source);
