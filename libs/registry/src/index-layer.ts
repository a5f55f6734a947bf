import {
  INDEX_FORMAT,
  type IndexFacts,
  LayerError,
  sortEntries,
  walkLayer,
  writeIndex,
} from '@slipway/layers';
import type { Metadata, TakenLayer } from '@slipway/metadata';
import type { Digest } from '@slipway/oci';
import { type BlobStore, parseStorageKey, readableOf } from '@slipway/storage';

/** In seconds: so long after its last word who indexes a layer is taken for dead. */
const LEASE = 60;
const RENEW_EVERY = 15_000;

/** In milliseconds; no layer of good faith takes nearly as long. */
const LONGEST = 3_600_000;

/** After each attempt that failed, in seconds. A layer that ends five processes is not tried again. */
const PAUSES = [5, 30, 120, 600];

export interface IndexedLayer {
  readonly digest: Digest;
  readonly outcome: 'indexed' | 'refused' | 'failed' | 'left';
  /** Why it was not indexed. */
  readonly error: unknown;
}

/**
 * Indexes the layer that waits longest; `undefined` when none does. Any number of replicas may do so at once: each
 * takes another. The key of an index has its row before its first byte, so what a crash leaves is known.
 */
export async function indexLayer(
  metadata: Metadata,
  store: BlobStore,
  freshKey: () => string,
  stop: AbortSignal,
): Promise<IndexedLayer | undefined> {
  const key = freshKey();
  const { layerIndexes } = metadata.tables;
  const taken = await layerIndexes.take(key, LEASE, INDEX_FORMAT);
  if (taken === undefined) return undefined;
  const { digest, attempts } = taken;
  const refuse = async (reason: string, error: unknown): Promise<IndexedLayer> => {
    await layerIndexes.refused(digest, key, reason);
    return { digest, outcome: 'refused', error };
  };
  if (attempts > PAUSES.length + 1) {
    return refuse(`indexing it came to no end in ${attempts - 1} attempts`, undefined);
  }
  const lost = new AbortController();
  const late = AbortSignal.timeout(LONGEST);
  const renewing = setInterval(() => {
    layerIndexes.renew(digest, key, LEASE).then(
      (isOurs) => {
        if (!isOurs) lost.abort(new Error(`another indexes ${digest}, or nobody has it any more`));
      },
      (error: unknown) => {
        lost.abort(error);
      },
    );
  }, RENEW_EVERY);
  try {
    const signal = AbortSignal.any([stop, lost.signal, late]);
    const facts = await writeIndexOf(store, taken, key, signal);
    const isOurs = await layerIndexes.indexed(digest, key, facts);
    return { digest, outcome: isOurs ? 'indexed' : 'left', error: undefined };
  } catch (error) {
    if (error instanceof LayerError) return await refuse(error.message, error);
    if (late.aborted) return await refuse('it takes longer than an hour to unpack', error);
    const leaves = stop.aborted;
    const after = leaves ? 0 : (PAUSES[attempts - 1] ?? 0);
    const reason = leaves ? undefined : 'it could not be read; it is tried again';
    await layerIndexes.putBack(digest, key, { reason, after, counts: !leaves });
    return { digest, outcome: leaves ? 'left' : 'failed', error };
  } finally {
    clearInterval(renewing);
  }
}

async function writeIndexOf(
  store: BlobStore,
  { digest, blobKey }: TakenLayer,
  key: string,
  signal: AbortSignal,
): Promise<IndexFacts> {
  const reader = await store.open(parseStorageKey(blobKey));
  if (reader === undefined) throw new Error(`the bytes of ${digest} are missing from the store`);
  const layer = readableOf(reader);
  const ingest = await store.ingest(parseStorageKey(key));
  try {
    let facts: IndexFacts | undefined;
    const index = async function* () {
      facts = yield* writeIndex(sortEntries(walkLayer(layer, undefined, signal)));
    };
    await ingest.append(index(), signal);
    if (facts === undefined) throw new Error(`the index of ${digest} has no end`);
    await ingest.commit();
    return facts;
  } finally {
    layer.destroy();
    await ingest.close();
  }
}
