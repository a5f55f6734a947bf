/** One regular file or, when its path ends in a slash, one folder. */
export interface TarEntry {
  readonly path: string;
  readonly content?: string | Buffer;
  readonly executable?: boolean;
}

/** A POSIX tar whose bytes depend on its entries alone. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const pieces = entries.flatMap(({ path, content = '', executable = false }) => {
    const body = Buffer.from(content);
    return [tarHeader(path, body.length, executable), body, tarPadding(body.length)];
  });
  return Buffer.concat([...pieces, tarEnd]);
}

/** Two empty blocks end an archive. */
export const tarEnd = Buffer.alloc(1024);

export const tarPadding = (size: number): Buffer => Buffer.alloc((512 - (size % 512)) % 512);

export function tarHeader(path: string, size: number, executable = false): Buffer {
  const isFolder = path.endsWith('/');
  const header = Buffer.alloc(512);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(path, 0, 100, 'utf8');
  header.write(octal(isFolder || executable ? 0o755 : 0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write('        ', 148);
  header.write(isFolder ? '5' : '0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
