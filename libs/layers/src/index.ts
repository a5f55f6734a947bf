export { decompressed, type Unpack } from './decompress.ts';
export { LayerError, layerError } from './errors.ts';
export { padding } from './tar-block.ts';
export type { TarEntry } from './tar-entry.ts';
export { TarReader } from './tar-reader.ts';
export { endOfArchive, writeEntry } from './tar-writer.ts';
