import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Mounts under a temporary folder; they end with it at the latest. Only root may do this. */
export interface Disk {
  readonly path: string;
  remount(mode: 'ro' | 'rw'): void;
  unmount(): void;
}

/** A disk of that many MiB, in memory. */
export function smallDisk(path: string, megabytes: number): Disk {
  mkdirSync(path, { recursive: true });
  mount('-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', path);
  return diskAt(path);
}

/** What lies in `source`, mounted at `path`: it is still there when it is unmounted, and can be mounted again. */
export function boundDisk(source: string, path: string): Disk {
  mkdirSync(source, { recursive: true });
  mkdirSync(path, { recursive: true });
  mount('--bind', source, path);
  return diskAt(path);
}

const diskAt = (path: string): Disk => ({
  path,
  remount: (mode) => {
    mount('-o', `remount,bind,${mode}`, path);
  },
  unmount: () => {
    execFileSync('umount', ['--lazy', path], { stdio: 'pipe' });
  },
});

function mount(...args: string[]): void {
  execFileSync('mount', args, { stdio: 'pipe' });
}
