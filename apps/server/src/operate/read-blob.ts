import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import type { StoredBlob } from '@slipway/metadata';
import { algorithmOf, type Digest, digestOf } from '@slipway/oci';
import { type BlobStore, parseStorageKey } from '@slipway/storage';

/** What is wrong with a blob's bytes. */
export interface BlobFault {
  readonly digest: Digest;
  readonly storageKey: string;
  readonly fault: 'missing' | 'corrupt' | 'unreadable';
  /** One sentence, without a full stop. */
  readonly finding: string;
}

/**
 * Reads a blob to its end and compares it with its digest; answers what is wrong. Each chunk is shown to `see`
 * first, whose memory it is until that returns. Throws when the whole store cannot be read.
 */
export async function readBlob(
  store: BlobStore,
  blob: StoredBlob,
  see: (chunk: Buffer) => Promise<void> = async () => undefined,
): Promise<BlobFault | undefined> {
  const { digest, storageKey, size } = blob;
  const ill = (fault: BlobFault['fault'], finding: string) => ({
    ...{ digest, storageKey, fault, finding },
  });
  const seen = await hashOf(store, blob, see);
  switch (seen.kind) {
    case 'missing':
      return ill('missing', 'the store has no bytes of it');
    case 'unreadable':
      await store.check();
      return ill('unreadable', seen.reason);
    case 'read':
      if (seen.size !== size) return ill('corrupt', `it has ${seen.size} bytes, not ${size}`);
      if (seen.digest !== digest) return ill('corrupt', `its bytes are ${seen.digest}`);
      return undefined;
  }
}

type Seen =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'read'; readonly digest: Digest; readonly size: number };

async function hashOf(
  store: BlobStore,
  { digest, storageKey }: StoredBlob,
  see: (chunk: Buffer) => Promise<void>,
): Promise<Seen> {
  const algorithm = algorithmOf(digest);
  const hash = createHash(algorithm);
  let size = 0;
  let refused: { readonly reason: unknown } | undefined;
  const sink = new Writable({
    write: (chunk: Buffer, _, done) => {
      hash.update(chunk);
      size += chunk.length;
      see(chunk).then(
        () => done(),
        (reason: unknown) => {
          refused = { reason };
          done(reason as Error);
        },
      );
    },
  });
  try {
    const reader = await store.open(parseStorageKey(storageKey));
    if (reader === undefined) return { kind: 'missing' };
    try {
      await reader.send(sink);
    } finally {
      await reader.close();
    }
    return { kind: 'read', digest: digestOf(algorithm, hash.digest('hex')), size };
  } catch (error) {
    if (refused !== undefined) throw refused.reason;
    return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    sink.destroy();
  }
}
