import { FieldWriter } from './byte-fields.ts';
import { BlockWriter, packed, sharedLength } from './entry-block.ts';
import type { LayerEntry } from './layer-entry.ts';

/** Numbers the layout and all that is told by it: what was written in another is not read, but made anew. */
export const INDEX_FORMAT = 1;

/**
 * The end of every index: eight bytes of the length of its table, then these.
 *
 *     block, block, …       entries in the order of keys, about 64 KiB of them each, compressed
 *     table                 of each block its first key and its length, compressed
 *     length of the table   8 bytes
 *     INDEX_END             16 bytes
 */
export const INDEX_END = Buffer.from(`slipway files ${INDEX_FORMAT}\n`);
export const TAIL_BYTES = 8 + INDEX_END.length;

/** What an index says of a whole layer. */
export interface IndexFacts {
  readonly entries: number;
  /** Of all files, in bytes. */
  readonly size: number;
}

/** The index of sorted entries, as it comes. The generator returns what it says of all. */
export async function* writeIndex(
  entries: AsyncIterable<LayerEntry>,
): AsyncGenerator<Buffer, IndexFacts, void> {
  const writer = new BlockWriter();
  const table = new FieldWriter();
  const facts = { entries: 0, size: 0 };
  let first: string | undefined;
  let before = '';
  const close = async (key: string) => {
    const block = await writer.take();
    const shared = sharedLength(before, key);
    table.number(shared);
    table.text(key.slice(shared));
    table.number(block.length);
    before = key;
    first = undefined;
    return block;
  };
  for await (const entry of entries) {
    first ??= entry.key;
    writer.add(entry);
    facts.entries++;
    facts.size = Math.min(facts.size + entry.size, Number.MAX_SAFE_INTEGER);
    if (writer.isFull) yield await close(first);
  }
  if (first !== undefined) yield await close(first);
  const listed = await packed(table.take());
  const tail = Buffer.alloc(8);
  tail.writeBigUInt64BE(BigInt(listed.length));
  yield Buffer.concat([listed, tail, INDEX_END]);
  return facts;
}
