export {
  cleanPath,
  componentsOf,
  joined,
  nameOf,
  parentOf,
  PATH_LIMIT,
  shown,
} from './archive-path.ts';
export { decompressed, type Unpack } from './decompress.ts';
export { LayerError, layerError } from './errors.ts';
export { followLinks } from './follow-links.ts';
export { Kept } from './kept.ts';
export { padding } from './tar-block.ts';
export type { TarEntry } from './tar-entry.ts';
export { TarReader } from './tar-reader.ts';
export { endOfArchive, writeEntry } from './tar-writer.ts';
export { behind, insideOf, keyOf, type LayerEntry, pathOf } from './layer-entry.ts';
export { DamagedIndexError, LayerIndex, type ReadRange } from './layer-index.ts';
export { MergedFiles, type SeenEntry } from './merged-files.ts';
export { readFileOf } from './read-file.ts';
export { sortEntries } from './sort-entries.ts';
export { walkLayer } from './walk-layer.ts';
export { INDEX_FORMAT, type IndexFacts, writeIndex } from './write-index.ts';
