import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A tree, a line for each thing in it: path, kind, mode, owner and what is in it, with its extended attributes. */
export function listing(root: string, options: { readonly times?: boolean } = {}): string[] {
  const lines: string[] = [];
  const visit = (path: string) => {
    const full = join(root, path);
    const stat = lstatSync(full);
    const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
    const what = stat.isDirectory()
      ? 'folder'
      : stat.isSymbolicLink()
        ? `-> ${readlinkSync(full)}`
        : stat.isFile()
          ? JSON.stringify(readFileSync(full, 'latin1').slice(0, 60))
          : stat.isFIFO()
            ? 'fifo'
            : `device ${stat.rdev >> 8}:${stat.rdev & 0xff}`;
    const links = stat.isFile() && stat.nlink > 1 ? ` links=${stat.nlink}` : '';
    const time = options.times && !stat.isDirectory() ? ` ${stat.mtimeMs}` : '';
    const owner = `${stat.uid}:${stat.gid}`;
    lines.push(`/${path} ${mode} ${owner} ${what}${links}${time}`);
    if (stat.isDirectory()) for (const name of readdirSync(full).sort()) visit(join(path, name));
  };
  visit('');
  return lines;
}

/** The extended attributes of every file below `root`, `path name=hex`. */
export function xattrs(root: string): string[] {
  const printed = execFileSync('getfattr', ['-R', '-h', '-d', '-m', '-', '-e', 'hex', '.'], {
    cwd: root,
    encoding: 'utf8',
  });
  return printed
    .split('\n\n')
    .flatMap((part) => {
      const [first = '', ...rest] = part.trim().split('\n');
      return rest.map((line) => `${first.replace('# file: ', '')} ${line}`);
    })
    .sort();
}
