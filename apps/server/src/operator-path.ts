import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

const LONGEST_SOCKET_PATH = 107;

/** The folder of the operator's socket. */
export function operatorFolder(dataDir: string): string {
  return join(dataDir, 'run');
}

export const SOCKET = 'admin.sock';

/**
 * A path to the file that is short enough for a socket: the kernel takes 107 bytes. A folder that lies deeper is
 * held open and named by its descriptor, until `close`.
 */
export function socketPath(folder: string, file: string): { path: string; close: () => void } {
  const path = join(folder, file);
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { path, close: () => undefined };
  const descriptor = openSync(folder, 'r');
  return {
    path: `/proc/self/fd/${descriptor}/${file}`,
    close: () => {
      closeSync(descriptor);
    },
  };
}
