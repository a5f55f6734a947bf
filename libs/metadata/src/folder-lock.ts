import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

/** Keeps a folder to one process. The kernel ends the lock with the process, however that ends. */
export class FolderLock {
  readonly #file: number;

  private constructor(file: number) {
    this.#file = file;
  }

  /** Locks the file at `path`, which is made when it is not there. Answers undefined when it is locked. */
  static take(path: string): FolderLock | undefined {
    const file = openSync(path, 'a+', 0o600);
    // flock(1) locks the open file that it inherits, and this process goes on holding it.
    const { error, status } = spawnSync('flock', ['--exclusive', '--nonblock', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', file],
    });
    if (status === 0) {
      ftruncateSync(file);
      writeSync(file, `${process.pid}\n`);
      return new FolderLock(file);
    }
    closeSync(file);
    if (error)
      throw new Error('flock, of util-linux, is needed and cannot be run', { cause: error });
    return undefined;
  }

  /** Who wrote the lock file last. */
  static holder(path: string): string {
    return readFileSync(path, 'utf8').trim();
  }

  release(): void {
    closeSync(this.#file);
  }
}
