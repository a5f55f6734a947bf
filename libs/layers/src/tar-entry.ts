/** What an archive's entry says, whichever of its dialects it was written in. Names are bytes as Latin-1 text. */
export interface TarEntry {
  readonly type: TarType;
  readonly path: string;
  /** Of a symbolic or hard link. */
  readonly link: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970, with as many decimals as the archive has. */
  readonly mtime: string;
  /** Bytes of content that follow; of a sparse file, without its holes. */
  readonly size: number;
  readonly sparse?: SparseMap;
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

export type TarType = 'file' | 'hard-link' | 'symbolic-link' | 'device' | 'folder' | 'fifo';

export interface SparseMap {
  readonly realSize: number;
  /** Where each run of content lies in the file, in ascending order and apart. */
  readonly runs: readonly { readonly offset: number; readonly length: number }[];
}
